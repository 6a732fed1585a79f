"""`data-platform query`: reads, in three forms, and never writes."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data_platform.cli.conftest import CHECKOUT, Command, SmallLakehouse

ROWS = "SELECT i AS id, 'x[bold]' || i AS name, NULL AS nothing FROM range(250) t(i)"


def test_people_get_a_table_of_a_hundred_rows_and_a_note(small_lakehouse: SmallLakehouse, command: Command) -> None:
    small_lakehouse.publish("core.thing", ROWS)
    done = command("query", "from core.thing order by id")
    assert done.returncode == 0
    assert "x[bold]99" in done.stdout
    assert "x[bold]100" not in done.stdout
    assert "the first 100 rows" in done.stderr


def test_programs_get_all_rows_as_csv_or_json(small_lakehouse: SmallLakehouse, command: Command) -> None:
    small_lakehouse.publish("core.thing", ROWS)
    written = command("query", "from core.thing order by id", "--csv").stdout
    rows = list(csv.DictReader(io.StringIO(written)))
    assert len(rows) == 250
    assert rows[-1] == {"id": "249", "name": "x[bold]249", "nothing": ""}
    lines = command("query", "from core.thing order by id", "--json", "--limit", "2")
    assert [json.loads(line) for line in lines.stdout.splitlines()][1] == {"id": 1, "name": "x[bold]1", "nothing": None}
    assert "the first 2 rows" in lines.stderr


KINDS = """
    SELECT 'nan'::DOUBLE AS n, '-infinity'::DOUBLE AS i, 'NaN "x' AS t, 'x\\xFF'::BLOB AS b, INTERVAL 1 DAY AS d,
    true AS y, 12345678901234567890.10::DECIMAL(30, 2) AS m, NULL AS z, '' AS e,
    [1.5, 'nan'::DOUBLE] AS l, {'a': 1} AS s
"""


def test_values_of_every_kind_are_json(small_lakehouse: SmallLakehouse, command: Command) -> None:
    small_lakehouse.publish("core.thing", ROWS)
    line = command("query", KINDS, "--json").stdout
    refuse = pytest.fail
    assert json.loads(line, parse_float=str, parse_constant=refuse) == {
        "n": "NaN",
        "i": "-Infinity",
        "t": 'NaN "x',
        "b": "x\\xFF",
        "d": "1 day",
        "y": True,
        "m": "12345678901234567890.10",
        "z": None,
        "e": "",
        "l": ["1.5", "NaN"],
        "s": {"a": 1},
    }


def test_csv_tells_null_from_an_empty_text(small_lakehouse: SmallLakehouse, command: Command) -> None:
    small_lakehouse.publish("core.thing", ROWS)
    written = command("query", """SELECT NULL AS a, '' AS b, true AS c, 'x,"y' AS d, 1 AS a""", "--csv").stdout
    assert written == 'a,b,c,d,a\n,"",true,"x,""y",1\n'
    assert "NULL" in command("query", "SELECT NULL AS a, '' AS b").stdout


def test_a_column_that_json_would_lose_is_refused(small_lakehouse: SmallLakehouse, command: Command) -> None:
    small_lakehouse.publish("core.thing", ROWS)
    for sql in ("SELECT 1 AS a, 2 AS a", "SELECT 1 AS a, 2 AS A"):
        done = command("query", sql, "--json")
        assert (done.returncode, done.stdout) == (1, ""), sql
        assert "two columns are called a" in done.stderr, sql


def test_a_column_may_be_called_anything(small_lakehouse: SmallLakehouse, command: Command) -> None:
    small_lakehouse.publish("core.thing", ROWS)
    line = command("query", """SELECT 1 AS found, 2 AS "a ""b", 3 AS "#1" """, "--json").stdout
    assert json.loads(line) == {"found": 1, 'a "b': 2, "#1": 3}


def test_a_comment_may_follow_the_select(small_lakehouse: SmallLakehouse, command: Command) -> None:
    small_lakehouse.publish("core.thing", ROWS)
    assert command("query", "SELECT 1 AS a; -- one", "--csv").stdout == "a\n1\n"


def test_show_tables_lists_the_tables_of_all_schemas(small_lakehouse: SmallLakehouse, command: Command) -> None:
    small_lakehouse.publish("core.thing", ROWS)
    small_lakehouse.publish("marts.other", ROWS)
    assert command("query", "Show  tables;", "--csv").stdout == "schema,table,rows\ncore,thing,250\nmarts,other,250\n"


WRITING = [
    "DROP TABLE core.thing",
    "INSERT INTO core.thing VALUES (1, 'a', NULL)",
    "DELETE FROM core.thing",
    "UPDATE core.thing SET id = 0",
    "SELECT 1; DROP TABLE core.thing",
    "COPY core.thing TO '{folder}/out.csv'",
    "EXPLAIN ANALYZE COPY core.thing TO '{folder}/out.csv'",
    "ATTACH '{folder}/out.db'",
    "CALL ducklake_expire_snapshots('lake', older_than => now())",
    "SELECT * FROM ducklake_expire_snapshots('lake', older_than => now())",
    "FROM lake.delete_orphaned_files(cleanup_all => true)",
    "SELECT (SELECT count(*) FROM ducklake_cleanup_old_files('lake', cleanup_all => true))",
    "",
]


def test_what_writes_is_refused_in_one_line(small_lakehouse: SmallLakehouse, command: Command, tmp_path: Path) -> None:
    small_lakehouse.publish("core.thing", "SELECT 1 AS id, 'a' AS name, NULL::INT AS nothing")
    refused = re.compile("error: .*: the lakehouse is written by runs alone\n")
    for sql in WRITING:
        done = command("query", sql.format(folder=tmp_path))
        assert (done.returncode, done.stdout) == (1, ""), sql
        assert refused.fullmatch(done.stderr), (sql, done.stderr)
    assert not list(tmp_path.glob("out.*"))
    assert command("query", "select count(*) as n from core.thing", "--csv").stdout == "n\n1\n"


def test_wrong_sql_is_one_line(small_lakehouse: SmallLakehouse, command: Command) -> None:
    small_lakehouse.publish("core.thing", "SELECT 1 AS id")
    for sql in ("selec 1", "select * from core.nowhere", "select 1/'x'"):
        done = command("query", sql)
        assert done.returncode == 1, sql
        assert done.stderr.startswith("error: "), sql
        assert len(done.stderr.splitlines()) == 1, sql


def test_before_the_first_run_it_says_how_to_begin(command: Command, home: Path) -> None:
    done = command("query", "select 1")
    assert done.stderr == "error: there is no lakehouse yet: `data-platform run` makes it\n"
    assert not home.exists()


def test_quick_commands_do_not_wait_for_dagster(small_lakehouse: SmallLakehouse) -> None:
    small_lakehouse.publish("core.thing", "SELECT 1 AS id")
    code = (
        "import sys; from data_platform.cli.app import main\n"
        "for line in ('--help', 'settings', 'query VALUES(1)', 'snapshots', 'quarantine list'):\n"
        "    sys.argv = ['data-platform', *line.split()]\n"
        "    try: main()\n"
        "    except SystemExit as end: assert not end.code, line\n"
        "    assert not {'dagster', 'pandera', 'sqlalchemy'} & set(sys.modules), line\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, check=True, timeout=60, capture_output=True)


def test_a_query_loop_has_no_error_while_tables_are_published(
    small_lakehouse: SmallLakehouse, command: Command
) -> None:
    small_lakehouse.publish("core.thing", "SELECT 0 AS n")
    process = subprocess.Popen(
        [sys.executable, "-c", _LOOP],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    for number in range(6):
        small_lakehouse.publish("core.thing", f"SELECT {number} AS n FROM range(1000)")
    small_lakehouse.publish("core.thing", "SELECT -1 AS n")
    assert process.wait(60) == 0


_LOOP = """
from data_platform.cli.read_only import read_only_connection
from data_platform.settings import load_settings
n = 0
while n >= 0:
    with read_only_connection(load_settings()) as connection:
        n, distinct = connection.execute("SELECT min(n), count(DISTINCT n) FROM core.thing").fetchone()
        assert distinct == 1
    print("read", flush=True)
"""
