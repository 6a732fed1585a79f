"""A build in parts has the rows of the build as a whole, and needs less memory at once."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from data_platform.engine.duckdb_engine import BuiltFiles, build_files, build_in_parts
from data_platform.engine.split import split_by_key, split_days

GROUPED = "SELECT k, count(*) AS n, sum(v) AS total, min(word) AS word FROM sales GROUP BY k"
WINDOWED = "SELECT k, v, lag(v) OVER (PARTITION BY k ORDER BY v) AS before FROM sales"
NESTED = f"SELECT k, max(v - before) AS longest FROM ({WINDOWED}) GROUP BY k"
JOINED = "SELECT sales.k, names.name, count(*) AS n FROM sales LEFT JOIN names ON names.k = sales.k GROUP BY ALL"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE sales AS SELECT CASE WHEN range % 7 > 0 THEN range * 31 % 101 END AS k, range AS v, "
            "'word ' || range % 13 AS word FROM range(5000)"
        )
        connection.execute("CREATE TABLE names AS SELECT range AS k, 'name ' || range AS name FROM range(50)")
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, built: BuiltFiles) -> list[tuple[object, ...]]:
    return connection.execute(f"SELECT * FROM {built.relation} ORDER BY ALL").fetchall()


@pytest.mark.parametrize("batches", [2, 4, 16])
@pytest.mark.parametrize("select", [GROUPED, WINDOWED, NESTED, JOINED])
def test_parts_together_are_the_whole_nulls_included(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, select: str, batches: int
) -> None:
    whole = build_files(connection, select, str(tmp_path), "whole")
    parts = build_in_parts(connection, split_by_key(select, ("k",), batches), str(tmp_path), "parts")
    assert len(parts.files) > 1
    assert parts.rows == whole.rows
    assert rows(connection, parts) == rows(connection, whole)


@pytest.mark.parametrize("select", [GROUPED, WINDOWED, NESTED, JOINED])
def test_a_parts_condition_is_moved_below_the_work(connection: duckdb.DuckDBPyConnection, select: str) -> None:
    part = split_by_key(select, ("k",), 4)[0]
    ((_, plan),) = connection.execute(f"EXPLAIN {part}").fetchall()
    assert "FILTER" not in plan.replace("Filters:", "")
    assert "hash(k)" in plan


def test_a_build_without_rows_has_files_to_read_its_columns_from(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    selects = split_by_key(f"SELECT * FROM ({GROUPED}) WHERE k < 0", ("k",), 4)
    assert rows(connection, build_in_parts(connection, selects, str(tmp_path), "parts")) == []


def test_what_has_no_key_stays_whole() -> None:
    assert split_by_key(GROUPED, (), 4) == (GROUPED,)


def test_what_exceeds_the_memory_limit_as_a_whole_passes_in_parts(tmp_path: Path) -> None:
    with duckdb.connect() as seeding:
        source = tmp_path / "source.parquet"
        seeding.execute(f"COPY (SELECT range * 7919 % 400000 AS k, range AS v FROM range(800000)) TO '{source}'")
    select = (
        f"SELECT k, count(*) AS n, string_agg(v::VARCHAR, ',' ORDER BY v) AS listed "
        f"FROM read_parquet('{source}') GROUP BY k"
    )
    limited = duckdb.connect(config={"memory_limit": "60MB", "threads": 1, "temp_directory": ""})
    with limited, pytest.raises(duckdb.OutOfMemoryException):
        build_files(limited, select, str(tmp_path), "whole")
    limited = duckdb.connect(config={"memory_limit": "60MB", "threads": 1, "temp_directory": ""})
    with limited:
        parts = build_in_parts(limited, split_by_key(select, ("k",), 16), str(tmp_path), "parts")
    assert parts.rows == 400_000


def test_days_are_split_into_spans_without_gaps() -> None:
    spans = list(split_days(date(2013, 1, 30), date(2013, 2, 4), 2))
    assert spans == [(date(2013, 1, 30), date(2013, 2, 1)), (date(2013, 2, 1), date(2013, 2, 4))]
    assert len(list(split_days(date(2013, 1, 1), date(2013, 1, 3), 16))) == 2
