"""Python values as SQL literals, for the values that checks compare with. Names are quoted elsewhere."""

import re
from datetime import date, datetime, time
from decimal import Decimal

from resources.lakehouse.names import quote_literal


class NotExpressible(Exception):
    """A value or check that SQL cannot express exactly as pandera means it: pandera judges it itself."""


_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "exact"),
    (Decimal, "exact"),
    (float, "float"),
    (str, "text"),
    (datetime, "timestamp"),
    (date, "date"),
    (time, "time"),
)
"""Of Python types, each before those that it is a subtype of."""


def literal(value: object) -> str:
    """The value as an SQL literal of the type that polars compares it as.

    Raises:
        NotExpressible: DuckDB would compare it in another way, or has no text for it.
    """
    kind = kind_of(value)
    if kind == "text" and "\0" not in str(value):
        return quote_literal(str(value))
    if kind == "float":
        return f"'{value!r}'::DOUBLE"
    if isinstance(value, Decimal) and value.is_finite():
        return f"{value.normalize():f}"
    if kind in {"boolean", "exact"} and isinstance(value, int):
        return str(value)
    # Polars refuses to compare instants that are told in another zone than the column's.
    if isinstance(value, datetime | date | time) and str(getattr(value, "tzinfo", None)) in {"None", "UTC"}:
        types = {"instant": "TIMESTAMPTZ", "timestamp": "TIMESTAMP", "date": "DATE", "time": "TIME"}
        return f"{types[kind]} '{value.isoformat()}'"
    raise NotExpressible(f"{value!r} is compared by pandera")


def require_fitting(value: object, duckdb_type: str) -> None:
    """Lets a number pass that the column itself could hold: DuckDB then compares without casting the column.

    Raises:
        NotExpressible: it could not.
    """
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return
    if isinstance(value, int) and not -(2**127) <= value < 2**127:
        raise NotExpressible("a number that no integer type holds is pandera's to refuse")
    decimal = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", duckdb_type)
    if decimal is None and isinstance(value, int):
        return
    if decimal is None or not Decimal(value).is_finite():
        raise NotExpressible(f"{value!r} against a column of {duckdb_type} is compared by pandera")
    precision, scale = int(decimal[1]), int(decimal[2])
    _, digits, exponent = Decimal(value).normalize().as_tuple()
    if -int(exponent) > scale or len(digits) + int(exponent) > precision - scale:
        raise NotExpressible(f"{value!r} does not fit {duckdb_type}, so pandera compares it")


def kind_of(value: object) -> str:
    """The kind of a value, in the words of `kind_of_type`."""
    kind = next((kind for type_, kind in _KINDS if isinstance(value, type_)), "other")
    if isinstance(value, datetime | time) and value.tzinfo:
        return "instant" if kind == "timestamp" else "other"
    return kind


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
