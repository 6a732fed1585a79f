"""How the files of one build are read together."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandera.polars as pa
import polars as pl
import pytest

from data_platform.auditing import audit
from data_platform.engine.duckdb_engine import BuiltFiles, build_in_parts
from tests.data_platform.auditing.judged import outcome
from tests.data_platform.auditing.verdicts import contract_of


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def built(connection: duckdb.DuckDBPyConnection, folder: Path, *selects: str) -> BuiltFiles:
    return build_in_parts(connection, selects, str(folder), "built")


def test_nulls_in_one_of_several_files_are_counted_by_column(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    whole = "SELECT range AS row_id, range AS a, range AS b, range AS c FROM range(500)"
    holes = (
        "SELECT range AS row_id, nullif(range % 100, 7) AS a, range AS b, nullif(range % 250, 9) AS c FROM range(500)"
    )
    contract = contract_of(dict.fromkeys("abc", pl.Int64), {name: pa.Field(nullable=False) for name in "abc"})
    files = built(connection, tmp_path, whole, holes)
    assert len(files.files) > 1
    found = outcome(audit(connection, files.relation, contract), "not_null")
    assert (found.failing_rows, found.rows) == (7, 1_000)
    assert "a: 5, c: 2" in found.message


def test_where_no_file_has_a_null_the_statistics_say_so_and_no_row_is_read(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    parts = [f"SELECT range + {first} AS a, 'word ' || range AS b FROM range(1000)" for first in (0, 1_000)]
    files = built(connection, tmp_path, *parts)
    asked = f"SELECT count(*) FROM {files.relation} WHERE a IS NULL OR b IS NULL"
    ((_, plan),) = connection.execute(f"EXPLAIN {asked}").fetchall()
    assert "EMPTY_RESULT" in plan
