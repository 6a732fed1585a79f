"""Profiles of columns: what is exact is exact, what is estimated is near."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_platform.auditing import ColumnProfile, Contract, audit
from data_platform.auditing.profile import profile_columns
from data_platform.auditing.profile_figures import means_sql
from data_platform.auditing.profile_sample import SAMPLE_ROWS

ROWS = 400_000
TYPES = {
    "sorted_key": "BIGINT",
    "scattered_key": "INTEGER",
    "day": "DATE",
    "price": "DECIMAL(15,2)",
    "share": "DOUBLE",
    "word": "VARCHAR",
    "long_text": "VARCHAR",
    "unknown": "VARCHAR",
    "flag": "BOOLEAN",
    "instant": "TIMESTAMP WITH TIME ZONE",
    "words": "VARCHAR[]",
}
SELECT = (
    "SELECT (i // 4)::BIGINT AS sorted_key, (hash(i) % 50000)::INTEGER AS scattered_key, "
    "DATE '2013-01-01' + (i % 365)::INTEGER AS day, (i % 1000 / 100)::DECIMAL(15,2) AS price, "
    "CASE WHEN i % 10 = 0 THEN NULL WHEN i % 1001 = 1 THEN 'nan'::DOUBLE WHEN i % 1001 = 2 THEN 'inf'::DOUBLE "
    "ELSE i % 100 END AS share, "
    "['b', 'a', 'ü'][1 + i % 3] AS word, repeat('x', 300) || i AS long_text, NULL::VARCHAR AS unknown, "
    "i % 2 = 0 AS flag, "
    "TIMESTAMPTZ '2013-01-01 00:00:00Z' + to_hours(i % 24) AS instant, [i::VARCHAR] AS words FROM range({rows}) r(i)"
)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 2}) as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


def relation_of(kind: str, connection: duckdb.DuckDBPyConnection, folder: Path, rows: int) -> str:
    """The same rows as a table, as one file, and as several."""
    select = SELECT.format(rows=rows)
    if kind == "table":
        connection.execute(f"CREATE TABLE built AS {select}")
        return "built"
    files = []
    for number in range(1 if kind == "file" else 3):
        files.append(str(folder / f"{number}.parquet"))
        part = f"SELECT * FROM ({select}) WHERE {kind == 'file'} OR sorted_key % 3 = {number}"
        connection.execute(f"COPY ({part}) TO '{files[-1]}' (FORMAT parquet, ROW_GROUP_SIZE 20480)")
    return f"read_parquet({files})"


def profiled(
    connection: duckdb.DuckDBPyConnection, relation: str, types: dict[str, str], rows: int
) -> tuple[ColumnProfile, ...]:
    """The profile, with the means that an audit's scan computes."""
    aggregates = means_sql(types)
    means = connection.execute(f"SELECT {', '.join(aggregates.values()) or '1'} FROM {relation}").fetchall()[0]
    return profile_columns(connection, relation, types, rows, dict(zip(aggregates, means, strict=False)))


@pytest.mark.parametrize("kind", ["table", "file", "files"])
def test_figures_are_exact_and_estimates_near(connection: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str) -> None:
    profiles = {
        each.name: each for each in profiled(connection, relation_of(kind, connection, tmp_path, ROWS), TYPES, ROWS)
    }
    assert list(profiles) == list(TYPES)
    assert {each.rows for each in profiles.values()} == {ROWS}
    bounds = {name: (each.nulls, each.minimum, each.maximum, each.mean) for name, each in profiles.items()}
    assert bounds["sorted_key"] == (0, "0", "99999", 49999.5)
    assert bounds["day"] == (0, "2013-01-01", "2013-12-31", None)
    assert bounds["price"] == (0, "0.00", "9.99", pytest.approx(4.995))
    assert bounds["word"] == (0, "a", "ü", None)
    assert bounds["unknown"] == (ROWS, None, None, None)
    assert bounds["flag"] == (0, "false", "true", None)
    assert bounds["instant"] == (0, "2013-01-01 00:00:00+00", "2013-01-01 23:00:00+00", None)
    assert bounds["words"] == (0, None, None, None)
    assert profiles["share"].nulls == 40_000
    assert profiles["share"].mean == pytest.approx(50.0, abs=0.5)
    assert profiles["long_text"].minimum == "x" * 100
    distinct = {name: each.approx_distinct for name, each in profiles.items()}
    assert distinct["sorted_key"] == pytest.approx(100_000, rel=0.25)
    assert distinct["scattered_key"] == pytest.approx(50_000, rel=0.25)
    assert (distinct["day"], distinct["word"], distinct["flag"], distinct["unknown"]) == (365, 3, 2, 0)
    assert distinct["long_text"] == pytest.approx(ROWS, rel=0.01)
    assert distinct["words"] is None
    assert profiles["price"].approx_quantiles == pytest.approx((0.5, 2.5, 5.0, 7.5, 9.5), abs=0.5)
    assert profiles["sorted_key"].approx_quantiles == pytest.approx((5e3, 25e3, 5e4, 75e3, 95e3), abs=12_500)
    assert profiles["day"].approx_quantiles == ()


@pytest.mark.parametrize("kind", ["table", "file"])
def test_a_load_within_the_samples_size_is_counted_exactly(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, kind: str
) -> None:
    profiles = profiled(connection, relation_of(kind, connection, tmp_path, SAMPLE_ROWS), TYPES, SAMPLE_ROWS)
    (key,) = [each.approx_distinct for each in profiles if each.name == "sorted_key"]
    assert key == SAMPLE_ROWS // 4


def test_an_empty_load_has_a_profile(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    profiles = profiled(connection, relation_of("file", connection, tmp_path, 0), TYPES, 0)
    assert profiles[0] == ColumnProfile("sorted_key", 0, 0, 0, None, None, None, ())


def test_the_profile_of_the_same_rows_is_the_same(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    relation = relation_of("table", connection, tmp_path, ROWS)
    assert profiled(connection, relation, TYPES, ROWS) == profiled(connection, relation, TYPES, ROWS)


def test_bounds_that_a_files_footer_lacks_are_read(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    file = tmp_path / "no_statistics.parquet"
    pq.write_table(pa.table({"word": ["b" * 5_000, "a" * 5_000, None]}), file, write_statistics=False)
    (profile,) = profiled(connection, f"read_parquet(['{file}'])", {"word": "VARCHAR"}, 3)
    assert (profile.nulls, profile.minimum, profile.maximum) == (1, "a" * 100, "b" * 100)


class Pairs(Contract):
    """Two whole numbers that are unique together, and one that no check reads."""

    first: int
    second: int
    beside: int

    class Config:
        """The table and its key."""

        name = "tests.pairs"
        unique: ClassVar = ["first", "second"]


@pytest.mark.parametrize("step", [1, 10**12])
@pytest.mark.parametrize("twice", [0, 1])
def test_means_of_a_keys_columns_are_exact_whether_the_key_is_dense_or_not(
    connection: duckdb.DuckDBPyConnection, step: int, twice: int
) -> None:
    rows = f"SELECT i // 10 * {step} AS first, i % 10 + 1 AS second, i AS beside FROM range(100) r(i)"
    connection.execute(f"CREATE TABLE built AS {rows} UNION ALL SELECT * FROM ({rows}) WHERE {twice} = 1")
    audited = audit(connection, "built", Pairs)
    means = {each.name: each.mean for each in audited.profile}
    assert means == pytest.approx({"first": 4.5 * step, "second": 5.5, "beside": 49.5})
    assert {each.name: each.failing_rows for each in audited.outcomes}["unique__first_second"] == 200 * twice
