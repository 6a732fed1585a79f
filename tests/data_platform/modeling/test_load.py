from datetime import date
from pathlib import Path

import pytest

from data_platform.modeling import ModelError, load_models

HEAD = "/*\ndescription: A table.\nowners: [team:data]\n*/\n"


def write(folder: Path, text: str, name: str = "core/flight.sql") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(ModelError) as refused:
        load_models(folder)
    return str(refused.value)


def test_a_model_knows_what_its_sql_reads(tmp_path: Path) -> None:
    write(tmp_path, HEAD + "WITH a AS (SELECT x FROM raw.a) SELECT a.x, b.y FROM a JOIN raw.b AS b ON a.x = b.x")
    (model,) = load_models(tmp_path)
    assert str(model.name) == "core.flight"
    assert [str(table) for table in model.depends_on] == ["raw.a", "raw.b"]
    assert model.owners == ("team:data",)


def test_a_partitioned_model_is_selected_for_its_days_only(tmp_path: Path) -> None:
    head = HEAD.replace("owners", "partition_column: day\nowners")
    write(tmp_path, head + "SELECT day FROM raw.a WHERE day >= $start_date AND day < $end_date")
    (model,) = load_models(tmp_path)
    assert "CAST('2013-01-01' AS DATE)" in model.select(date(2013, 1, 1), date(2013, 1, 2))
    with pytest.raises(ModelError, match="needs a start and an end"):
        model.select()


@pytest.mark.parametrize(
    ("sql", "line", "reason"),
    [
        ("SELECT\n  *\nFROM raw.a", 6, "*: write the columns out"),
        ("SELECT COLUMNS('x.*')\nFROM raw.a", 5, "COLUMNS"),
        ("SELECT sum(x) OVER w AS s\nFROM raw.a\nWINDOW w AS (PARTITION BY y)", 5, "named window"),
        ("SELECT x\nFROM read_csv('a.csv')", 6, "table function"),
        ("FROM (PIVOT raw.a ON x USING sum(y))\nSELECT y", 5, "PIVOT"),
    ],
)
def test_sql_whose_lineage_cannot_be_derived_is_refused_with_its_line(
    tmp_path: Path, sql: str, line: int, reason: str
) -> None:
    message = refusal(write(tmp_path, HEAD + sql))
    assert message.startswith(f"core/flight.sql:{line}: ")
    assert reason in message


def test_counting_all_rows_is_no_star(tmp_path: Path) -> None:
    assert load_models(write(tmp_path, HEAD + "SELECT count(*) AS n FROM raw.a"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SELECT 1 AS x", "core/flight.sql:1: begin the file with /*"),
        (HEAD + "SELECT 1 AS x; SELECT 2 AS x", "exactly one SELECT"),
        (HEAD + "DROP TABLE raw.a", "exactly one SELECT"),
        (HEAD + "SELECT x FROM a", "write 'a' as schema.table"),
        (HEAD + "SELECT x\nFROM\nWHERE", "core/flight.sql:"),
        (HEAD + "SELECT x FROM raw.a WHERE d = $other", "unknown parameter $other"),
        (HEAD + "SELECT x FROM raw.a WHERE d = $start_date", "names no partition_column"),
        (
            HEAD.replace("owners", "partition_column: d\nowners") + "SELECT x FROM raw.a",
            "both $start_date and $end_date",
        ),
        (HEAD.replace("owners: [team:data]", "owners: ["), "the front matter is not YAML"),
        (
            HEAD.replace("owners: [team:data]", "freshness_hours: -1\nowners: [a]") + "SELECT 1 AS x",
            "core/flight.sql:3: freshness_hours",
        ),
        (
            HEAD.replace("[team:data]", "team:data") + "SELECT 1 AS x",
            "owners: Input should be a list, as in [one, two]",
        ),
        (HEAD.replace("owners", "owner") + "SELECT 1 AS x", "owners: Field required"),
        (HEAD + 'SELECT x FROM raw."a; DROP TABLE b"', "a; DROP TABLE b"),
    ],
)
def test_a_wrong_file_gives_one_line_that_names_it(tmp_path: Path, text: str, reason: str) -> None:
    message = refusal(write(tmp_path, text))
    assert reason in message
    assert "\n" not in message


def test_a_file_name_with_sql_in_it_is_refused(tmp_path: Path) -> None:
    message = refusal(write(tmp_path, HEAD + "SELECT 1 AS x", 'core/a"; DROP TABLE b.sql'))
    assert "DROP TABLE b" in message


def test_models_that_need_each_other_are_refused(tmp_path: Path) -> None:
    write(tmp_path, HEAD + "SELECT x FROM core.b", "core/a.sql")
    write(tmp_path, HEAD + "SELECT x FROM core.a", "core/b.sql")
    assert refusal(tmp_path) == "these models need each other: core.a, core.b"


def test_a_consumer_in_an_unknown_zone_is_refused(tmp_path: Path) -> None:
    consumers = "consumers:\n  - {name: Report, daily_by: '07:00', zone: Mars/Base, notices: finance}\nowners"
    message = refusal(write(tmp_path, HEAD.replace("owners", consumers) + "SELECT 1 AS x"))
    assert "core/flight.sql:3" in message
    assert "Mars/Base" in message
