"""What a profile knows exactly: nulls, minimum, maximum and mean of each column.

What Parquet files' statistics can answer is asked apart from what has to be read. The bounds of texts DuckDB would
read, though the files' footers mostly have them: they are taken from there where they are not cut short.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import duckdb

from data_platform.auditing.relation import parquet_files
from resources.lakehouse.names import quote_identifier, quote_literal

MAX_CHARACTERS = 100
Bounds = tuple[object, object]
Key = TypeVar("Key")


@dataclass(frozen=True)
class ExactFigures:
    """The figures of one column; minimum and maximum as text, cut to `MAX_CHARACTERS`."""

    count: int
    minimum: str | None
    maximum: str | None
    mean: float | None


def is_number(duckdb_type: str) -> bool:
    """Whether a column of this type has a mean and quantiles."""
    return duckdb_type.startswith("DECIMAL") or duckdb_type.endswith(("INT", "INTEGER")) or is_float(duckdb_type)


def is_float(duckdb_type: str) -> bool:
    """Whether a column of this type can hold NaN and infinities."""
    return duckdb_type in {"DOUBLE", "FLOAT"}


def is_scalar(duckdb_type: str) -> bool:
    """Whether values of this type have an order that means something, and can be counted apart."""
    return not duckdb_type.startswith("STRUCT") and duckdb_type not in {"BLOB", "INTERVAL"} and "[" not in duckdb_type


def means_sql(types: Mapping[str, str]) -> dict[str, str]:
    """The aggregate of each column that has a mean, to be computed where its column is read in any case."""
    return {name: _mean(name, kind) for name, kind in types.items() if is_number(kind)}


def exact_figures(
    connection: duckdb.DuckDBPyConnection, relation: str, types: Mapping[str, str], means: Mapping[str, object]
) -> dict[str, ExactFigures]:
    """The figures of the columns (name to DuckDB type) of a relation; `means` are those that are known already.

    Raises:
        duckdb.Error: the relation cannot be read.
    """
    scalars = [name for name, kind in types.items() if is_scalar(kind)]
    texts = [name for name in scalars if types[name] == "VARCHAR"]
    others = [name for name in scalars if types[name] != "VARCHAR"]
    counts = _values(connection, relation, {name: f"count({quote_identifier(name)})" for name in types})
    bounds = _bounds_in_footers(connection, relation, texts) | _bounds(connection, relation, others)
    bounds |= _bounds(connection, relation, [name for name in texts if name not in bounds])
    means = {**means, **_values(connection, relation, {k: v for k, v in means_sql(types).items() if k not in means})}
    return {
        name: ExactFigures(
            count=int(str(counts[name])),
            minimum=_text(bounds.get(name, (None, None))[0]),
            maximum=_text(bounds.get(name, (None, None))[1]),
            mean=None if means.get(name) is None else float(str(means[name])),
        )
        for name in types
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)[:MAX_CHARACTERS]


def _mean(name: str, duckdb_type: str) -> str:
    column = quote_identifier(name)
    return f"avg({column})" + (f" FILTER (WHERE isfinite({column}))" if is_float(duckdb_type) else "")


def _bounds(connection: duckdb.DuckDBPyConnection, relation: str, columns: Collection[str]) -> dict[str, Bounds]:
    aggregates = {
        (name, which): f"{which}({quote_identifier(name)})::VARCHAR" for name in columns for which in ("min", "max")
    }
    values = _values(connection, relation, aggregates)
    return {name: (values[name, "min"], values[name, "max"]) for name in columns}


def _bounds_in_footers(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str]
) -> dict[str, Bounds]:
    files = parquet_files(relation)
    if not files or not columns:
        return {}
    found = connection.execute(
        "SELECT path_in_schema, min(stats_min_value), max(stats_max_value) "
        f"FROM parquet_metadata([{', '.join(map(quote_literal, files))}]) "
        f"WHERE path_in_schema IN ({', '.join(map(quote_literal, columns))}) GROUP BY path_in_schema "
        "HAVING bool_and(coalesce(min_is_exact AND max_is_exact, stats_null_count = num_values, FALSE))"
    ).fetchall()
    return {name: (lowest, highest) for name, lowest, highest in found}


def _values(connection: duckdb.DuckDBPyConnection, relation: str, aggregates: Mapping[Key, str]) -> dict[Key, object]:
    if not aggregates:
        return {}
    row = connection.execute(f"SELECT {', '.join(aggregates.values())} FROM {relation}").fetchall()[0]
    return dict(zip(aggregates, row, strict=True))
