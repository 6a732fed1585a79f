"""The profile of a load: one row a column. Distinct values and quantiles are approximations, and named so.

Rows, nulls, minimum, maximum and mean are exact (`profile_figures.py`); the rest is estimated (`profile_sample.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from data_platform.auditing.profile_figures import ExactFigures, exact_figures, is_number, is_scalar
from data_platform.auditing.profile_sample import Estimates, estimate


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


def profile_columns(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    types: Mapping[str, str],
    rows: int,
    means: Mapping[str, object],
) -> tuple[ColumnProfile, ...]:
    """Profiles the columns (name to DuckDB type) of a relation of so many rows; `means` are those of `means_sql`.

    Raises:
        duckdb.Error: the relation cannot be read.
    """
    sampled = {name: is_number(kind) for name, kind in types.items() if is_scalar(kind)}
    estimates = estimate(connection, relation, rows, sampled)
    return tuple(
        _profile(name, rows, exact, estimates.get(name, Estimates(None, ())))
        for name, exact in exact_figures(connection, relation, types, means).items()
    )


def _profile(name: str, rows: int, exact: ExactFigures, estimates: Estimates) -> ColumnProfile:
    return ColumnProfile(
        name=name,
        rows=rows,
        nulls=rows - exact.count,
        approx_distinct=None if estimates.distinct is None else min(estimates.distinct, exact.count),
        minimum=exact.minimum,
        maximum=exact.maximum,
        mean=exact.mean,
        approx_quantiles=estimates.quantiles,
    )
