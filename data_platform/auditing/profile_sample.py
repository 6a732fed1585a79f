"""What a profile estimates from a sample: distinct values, quantiles. A load within the sample's size is taken whole.

Of Parquet files a few stretches of adjacent rows are read, which skips all other row groups; of anything else, rows at
random. Distinct values are estimated as by PostgreSQL's ANALYZE (Haas and Stokes, 1998), with a stretch of rows in
place of a row: values that lie side by side, as in sorted files, would otherwise seem far rarer than they are. Where a
few values make up most repeats, as in prose, the estimate is several times too low.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from data_platform.auditing.relation import parquet_files
from resources.lakehouse.names import quote_identifier, quote_literal

SAMPLE_ROWS = 20_000
STRETCHES = 5
"""Each costs the decompression of a row group; but of n, values at random seem up to n / (n - 1) times too many."""
ROW_GROUP_ROWS = 122_880
"""Of the row groups that DuckDB writes; of others only the time to read them differs."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_STRETCH_BITS = np.uint64(3)
"""Of a value's hash give way to its stretch. 61 remain: two of 20,000 values share them once in 10 billion columns."""
Hashes = NDArray[np.uint64]


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
    samples = _read(connection, _sample_sql(connection, relation, rows, columns))
    sampled = sum(len(sample[_hash(0)]) for sample in samples)
    share = min(sampled / rows, 1.0) if rows else 1.0
    return {
        name: Estimates(
            _distinct([_known(sample[_hash(position)]) for sample in samples], share),
            _quantiles([_known(sample[_number(position)]) for sample in samples]) if is_number else (),
        )
        for position, (name, is_number) in enumerate(columns.items())
    }


def _read(connection: duckdb.DuckDBPyConnection, queries: list[str]) -> list[dict[str, Any]]:
    """The columns of each query, two of which run at a time: so few rows are read by one of DuckDB's threads."""
    if len(queries) == 1:
        return [connection.execute(queries[0]).fetchnumpy()]

    def read(query: str) -> dict[str, Any]:
        with connection.cursor() as cursor:
            return cursor.execute(query).fetchnumpy()

    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(read, queries))


def _sample_sql(
    connection: duckdb.DuckDBPyConnection, relation: str, rows: int, columns: Mapping[str, bool]
) -> list[str]:
    """One query for each stretch; one query in all where the rows are taken singly."""
    figures = ", ".join(
        figure
        for position, (name, is_number) in enumerate(columns.items())
        for figure in _figures(position, name, is_number=is_number)
    )
    if rows <= SAMPLE_ROWS:
        return [f"SELECT {figures} FROM {relation}"]
    longest = _rows_of_longest_file(connection, relation)
    if longest is None:
        percent = 100 * SAMPLE_ROWS / rows
        return [f"SELECT {figures} FROM {relation} TABLESAMPLE bernoulli({percent:.6f} PERCENT) REPEATABLE (1)"]
    length = max(SAMPLE_ROWS * longest // rows // STRETCHES, 1)
    return [
        f"SELECT {figures} FROM {relation} WHERE file_row_number BETWEEN {start} AND {start + length - 1}"
        for start in _starts(longest, length)
    ]


def _figures(position: int, name: str, *, is_number: bool) -> Sequence[str]:
    """What is taken of a value: its hash, so that long ones need not leave DuckDB, and itself where it is a number."""
    column = quote_identifier(name)
    hashed = f"CASE WHEN {column} IS NOT NULL THEN hash({column}) END AS {_hash(position)}"
    return (hashed, f"{column}::DOUBLE AS {_number(position)}") if is_number else (hashed,)


def _hash(position: int) -> str:
    return f"hash_{position}"


def _number(position: int) -> str:
    return f"number_{position}"


def _known(values: NDArray[Any]) -> NDArray[Any]:
    """The values but null."""
    return np.ma.compressed(values) if np.ma.isMaskedArray(values) else values


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


def _distinct(stretches: Sequence[Hashes], share: float) -> int:
    """The estimate for one column, of the hashes in each stretch; of one stretch, each row counts as a stretch."""
    if len(stretches) == 1:
        hashes = np.sort(stretches[0])
    else:
        marked = np.concatenate(
            [each >> _STRETCH_BITS << _STRETCH_BITS | np.uint64(i) for i, each in enumerate(stretches)]
        )
        marked.sort()
        hashes = marked[_begins_anew(marked)] >> _STRETCH_BITS
    if not hashes.size:
        return 0
    stretches_of_a_value = np.diff(np.flatnonzero(_begins_anew(hashes)), append=hashes.size)
    seen, once = stretches_of_a_value.size, int(np.count_nonzero(stretches_of_a_value == 1))
    return round(hashes.size * seen / (hashes.size - once + once * share))


def _begins_anew(ordered: Hashes) -> NDArray[np.bool_]:
    """Where a value differs from the one before it."""
    anew = np.ones(ordered.size, dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=anew[1:])
    return anew


def _quantiles(stretches: Sequence[NDArray[np.float64]]) -> tuple[float, ...]:
    numbers = np.concatenate(stretches)
    finite = numbers[np.isfinite(numbers)]
    if not finite.size:
        return ()
    ranks = [int(each * (finite.size - 1) + 0.5) for each in QUANTILES]
    return tuple(float(each) for each in np.partition(finite, ranks)[ranks])
