"""Python values as SQL literals, for the values that checks compare with. Names are quoted elsewhere."""

import math
from datetime import date, datetime, time
from decimal import Decimal

from resources.lakehouse.names import quote_literal


class NotExpressible(Exception):  # noqa: N818 - no error: the check goes another way
    """A value or check that SQL cannot express exactly as pandera means it: pandera judges it itself."""


def literal(value: object) -> str:
    """The value as an SQL literal of the type that polars compares it as.

    Raises:
        NotExpressible: DuckDB would compare it in another way.
    """
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return str(value)
        case float() if math.isfinite(value):
            return f"{value!r}::DOUBLE"
        case float():
            return f"'{value}'::DOUBLE"
        case str():
            return quote_literal(value)
        case Decimal() if value.is_finite():
            return f"{value:f}"
        case datetime() if str(value.tzinfo) == "UTC":
            return f"TIMESTAMPTZ '{value.isoformat()}'"
        case datetime() if value.tzinfo:
            raise NotExpressible("polars refuses to compare instants that are told in another zone")
        case datetime():
            return f"TIMESTAMP '{value.isoformat()}'"
        case date():
            return f"DATE '{value.isoformat()}'"
        case time() if value.tzinfo is None:
            return f"TIME '{value.isoformat()}'"
        case _:
            raise NotExpressible(f"{type(value).__name__} values are compared by pandera")


def kind_of(value: object) -> str:
    """The kind of a value, in the words of `kind_of_type`."""
    match value:
        case bool():
            return "boolean"
        case int() | Decimal():
            return "exact"
        case float():
            return "float"
        case str():
            return "text"
        case datetime():
            return "instant" if value.tzinfo else "timestamp"
        case date():
            return "date"
        case time():
            return "time"
        case _:
            return "other"


def kind_of_type(duckdb_type: str) -> str:
    """The kind of a column: values of the same kind are compared alike by DuckDB and polars."""
    if duckdb_type.startswith("DECIMAL") or duckdb_type.endswith(("INT", "INTEGER")):
        return "exact"
    return {
        "BOOLEAN": "boolean",
        "DOUBLE": "float",
        "VARCHAR": "text",
        "TIMESTAMP WITH TIME ZONE": "instant",
        "TIMESTAMP": "timestamp",
        "DATE": "date",
        "TIME": "time",
    }.get(duckdb_type, "other")


def comparable(column_kind: str, value: object) -> bool:
    """Whether DuckDB compares a column of that kind with the value as polars does."""
    kind = kind_of(value)
    # An integer is a float to both; a float against an exact number is rounded in different ways.
    return kind == column_kind != "other" or (column_kind == "float" and isinstance(value, int))
