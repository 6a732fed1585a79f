"""What a profile estimates from a sample: distinct values, quantiles. A load within the sample's size is taken whole.

Of Parquet files a few stretches of adjacent rows are read, which skips all other row groups; of anything else, rows at
random. Distinct values are estimated as by PostgreSQL's ANALYZE (Haas and Stokes, 1998), with a stretch of rows in
place of a row: values that lie side by side, as in sorted files, would otherwise seem far rarer than they are. Where a
few values make up most repeats, as in prose, the estimate is several times too low.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import duckdb
import polars as pl

from data_platform.auditing.relation import parquet_files
from resources.lakehouse.names import quote_identifier, quote_literal

SAMPLE_ROWS = 20_000
STRETCHES = 5
ROW_GROUP_ROWS = 122_880
"""Of the row groups that DuckDB writes; of others only the time to read them differs."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_STRETCH = "_stretch"
_STRETCHES_OF_A_VALUE = "_stretches"


@dataclass(frozen=True)
class Estimates:
    """The estimates of one column."""

    distinct: int | None
    quantiles: tuple[float, ...]


def estimate(
    connection: duckdb.DuckDBPyConnection, relation: str, rows: int, columns: Mapping[str, bool]
) -> dict[str, Estimates]:
    """Estimates for the `columns` (name to whether it holds numbers) of a relation of so many rows.

    Raises:
        duckdb.Error: the relation cannot be read.
    """
    if not columns:
        return {}
    frame = _sample(connection, _sample_sql(connection, relation, rows, list(columns)))
    share = min(frame.height / rows, 1.0) if rows else 1.0
    distinct = _distinct(frame, list(columns), share)
    return {
        name: Estimates(distinct[name], _quantiles(frame[name]) if is_number else ())
        for name, is_number in columns.items()
    }


def _sample(connection: duckdb.DuckDBPyConnection, queries: list[str]) -> pl.DataFrame:
    """The rows of the queries, two of which run at a time: so few rows are read by one of DuckDB's threads."""
    if len(queries) == 1:
        return connection.execute(queries[0]).pl()

    def read(query: str) -> pl.DataFrame:
        with connection.cursor() as cursor:
            return cursor.execute(query).pl()

    with ThreadPoolExecutor(max_workers=2) as pool:
        return pl.concat(pool.map(read, queries))


def _sample_sql(connection: duckdb.DuckDBPyConnection, relation: str, rows: int, columns: list[str]) -> list[str]:
    listed = ", ".join(map(quote_identifier, columns))
    if rows <= SAMPLE_ROWS:
        return [f"SELECT {listed}, 0 AS {_STRETCH} FROM {relation}"]
    longest = _rows_of_longest_file(connection, relation)
    if longest is None:
        percent = 100 * SAMPLE_ROWS / rows
        sample = f"SELECT {listed} FROM {relation} TABLESAMPLE bernoulli({percent:.6f} PERCENT) REPEATABLE (1)"
        return [f"SELECT *, row_number() OVER () AS {_STRETCH} FROM ({sample})"]
    length = max(SAMPLE_ROWS * longest // rows // STRETCHES, 1)
    return [
        f"SELECT {listed}, {start} AS {_STRETCH} FROM {relation} "
        f"WHERE file_row_number BETWEEN {start} AND {start + length - 1}"
        for start in _starts(longest, length)
    ]


def _starts(rows: int, length: int) -> list[int]:
    """Where the stretches of a file begin, each in the middle of its share of the file.

    In large files they begin where DuckDB's row groups do, so that nothing has to be skipped.
    """
    grid = ROW_GROUP_ROWS if rows // STRETCHES >= ROW_GROUP_ROWS else 1
    middles = [(2 * stretch + 1) * rows // (2 * STRETCHES) for stretch in range(STRETCHES)]
    return [max(middle - length // 2, 0) // grid * grid for middle in middles]


def _rows_of_longest_file(connection: duckdb.DuckDBPyConnection, relation: str) -> int | None:
    """None where the relation is not Parquet files, whose rows have numbers."""
    if files := parquet_files(relation):
        listed = ", ".join(map(quote_literal, files))
        found = connection.execute(f"SELECT max(num_rows) FROM parquet_file_metadata([{listed}])").fetchone()
        return int(found[0]) if found and found[0] else None
    try:
        row = connection.execute(f"SELECT max(file_row_number) + 1 FROM {relation}").fetchone()
    except duckdb.BinderException:
        return None
    return int(row[0]) if row and row[0] is not None else None


def _distinct(frame: pl.DataFrame, names: Sequence[str], share: float) -> dict[str, int]:
    """The estimates of all columns, counted side by side: of each value, in how many stretches it is."""
    counted = frame.select(
        pl.struct(name, _STRETCH)
        .filter(pl.col(name).is_not_null())
        .unique()
        .struct.field(name)
        .value_counts(name=_STRETCHES_OF_A_VALUE)
        .struct.field(_STRETCHES_OF_A_VALUE)
        .implode()
        .alias(name)
        for name in names
    )
    found = {}
    for name in names:
        stretches_of = counted[name].item()
        seen, once = stretches_of.len(), int((stretches_of == 1).sum())
        stretches = int(stretches_of.sum())
        found[name] = round(stretches * seen / (stretches - once + once * share)) if seen else 0
    return found


def _quantiles(values: pl.Series) -> tuple[float, ...]:
    numbers = values.cast(pl.Float64)
    finite = numbers.filter(numbers.is_finite())
    found = (finite.quantile(each, "nearest") for each in QUANTILES)
    return tuple(each for each in found if each is not None)
