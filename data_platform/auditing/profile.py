"""The profile of a load: one row a column. Distinct values and quantiles are approximations, and named so.

Rows, nulls, minimum, maximum and mean are exact and come of the audit's own scan; the approximations are estimated
in `profile_sample.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data_platform.auditing.profile_sample import Estimates
from resources.lakehouse.names import quote_identifier

MAX_CHARACTERS = 100


@dataclass(frozen=True)
class ColumnProfile:
    """One column of one load.

    Attributes:
        approx_distinct: distinct values but null, estimated from a sample; exact for loads within the sample's size.
            None for lists, structs and the like.
        minimum, maximum: as text, cut to 100 characters; None where all are null.
        mean: of the finite numbers; None for other types.
        approx_quantiles: at `profile_sample.QUANTILES`, of the sample's finite numbers; empty for other types.
    """

    name: str
    rows: int
    nulls: int
    approx_distinct: int | None
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


@dataclass(frozen=True)
class ExactFigures:
    """The values of `exact_aggregates`, as DuckDB yields them."""

    count: object
    minimum: object
    maximum: object
    mean: object


def is_number(duckdb_type: str) -> bool:
    """Whether a column of this type has a mean and quantiles."""
    return duckdb_type.startswith("DECIMAL") or duckdb_type.endswith(("INT", "INTEGER")) or is_float(duckdb_type)


def is_float(duckdb_type: str) -> bool:
    """Whether a column of this type can hold NaN and infinities."""
    return duckdb_type in {"DOUBLE", "FLOAT"}


def is_scalar(duckdb_type: str) -> bool:
    """Whether values of this type have an order that means something, and can be counted apart."""
    return not duckdb_type.startswith("STRUCT") and duckdb_type not in {"BLOB", "INTERVAL"} and "[" not in duckdb_type


def exact_aggregates(name: str, duckdb_type: str) -> tuple[str, str, str, str]:
    """The SQL aggregates of one column, in the order of `ExactFigures`."""
    column = quote_identifier(name)
    lowest, highest, mean = "NULL", "NULL", "NULL"
    if is_scalar(duckdb_type):
        lowest, highest = (f"left({function}({column})::VARCHAR, {MAX_CHARACTERS})" for function in ("min", "max"))
    if is_number(duckdb_type):
        mean = f"avg({column})" + (f" FILTER (WHERE isfinite({column}))" if is_float(duckdb_type) else "")
    return f"count({column})", lowest, highest, mean


def column_profiles(
    rows: int, figures: Mapping[str, ExactFigures], estimates: Mapping[str, Estimates]
) -> tuple[ColumnProfile, ...]:
    """Puts the exact figures and the estimates of each column together."""
    return tuple(
        _profile(name, rows, exact, estimates.get(name, Estimates(None, ()))) for name, exact in figures.items()
    )


def _profile(name: str, rows: int, exact: ExactFigures, estimates: Estimates) -> ColumnProfile:
    count = int(str(exact.count))
    return ColumnProfile(
        name=name,
        rows=rows,
        nulls=rows - count,
        approx_distinct=None if estimates.distinct is None else min(estimates.distinct, count),
        minimum=None if exact.minimum is None else str(exact.minimum),
        maximum=None if exact.maximum is None else str(exact.maximum),
        mean=None if exact.mean is None else float(str(exact.mean)),
        approx_quantiles=estimates.quantiles,
    )
