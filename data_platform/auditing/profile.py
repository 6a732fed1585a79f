"""The profile of a relation: one row a column. Distinct values and quantiles are approximations, and named so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from data_platform.auditing.literals import kind_of_type
from resources.lakehouse.names import quote_identifier

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_NUMBERS = frozenset({"exact", "float"})


@dataclass(frozen=True)
class ColumnProfile:
    """One column of one load.

    Attributes:
        approx_distinct: distinct values by HyperLogLog, off by some percent.
        minimum, maximum: as text, cut to 100 characters; None where all are null.
        mean: of numbers only.
        approx_quantiles: those of `QUANTILES` by t-digest, of numbers only.
    """

    name: str
    rows: int
    nulls: int
    approx_distinct: int
    minimum: str | None
    maximum: str | None
    mean: float | None
    approx_quantiles: tuple[float, ...]


@dataclass(frozen=True)
class LoadProfile:
    """One load of a table: its rows, over how many partitions, and its columns."""

    rows: int
    partitions: int
    columns: Sequence[ColumnProfile]


def profile_columns(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Mapping[str, str]
) -> tuple[ColumnProfile, ...]:
    """Profiles the columns (name to DuckDB type) of a relation in one scan.

    Raises:
        duckdb.Error: the relation cannot be read, or lacks a column.
    """
    aggregates = ", ".join(_aggregates(quote_identifier(name), kind_of_type(kind)) for name, kind in columns.items())
    row = connection.execute(f"SELECT count(*), {aggregates} FROM {relation}").fetchone()
    if row is None:
        return ()
    rows, *values = row
    return tuple(
        _profile(name, int(rows), values[index * 6 : index * 6 + 6]) for index, name in enumerate(columns)
    )


def _aggregates(column: str, kind: str) -> str:
    shown = "NULL, NULL" if kind == "other" else f"left(min({column})::VARCHAR, 100), left(max({column})::VARCHAR, 100)"
    finite = f"FILTER (WHERE isfinite({column}))" if kind == "float" else ""
    numbers = (
        f"avg({column}) {finite}, approx_quantile({column}, {list(QUANTILES)}) {finite}"
        if kind in _NUMBERS
        else "NULL, NULL"
    )
    return f"count({column}), approx_count_distinct({column}), {shown}, {numbers}"


def _profile(name: str, rows: int, values: Sequence[object]) -> ColumnProfile:
    count, distinct, minimum, maximum, mean, quantiles = values
    return ColumnProfile(
        name=name,
        rows=rows,
        nulls=rows - int(str(count)),
        approx_distinct=min(int(str(distinct)), rows),
        minimum=None if minimum is None else str(minimum),
        maximum=None if maximum is None else str(maximum),
        mean=None if mean is None else float(str(mean)),
        approx_quantiles=tuple(float(each) for each in quantiles) if isinstance(quantiles, list) else (),
    )
