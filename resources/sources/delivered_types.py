"""The type that a source says a column has, in DuckDB's words, and when it is another kind than the contract's.

Only databases and JSON say it. A CSV file holds text, whose values are judged one by one.
"""

from typing import Any

from sqlalchemy import types

_KINDS: tuple[tuple[type[types.TypeEngine[Any]], str], ...] = (
    (types.Boolean, "BOOLEAN"),
    (types.SmallInteger, "SMALLINT"),
    (types.BigInteger, "BIGINT"),
    (types.Integer, "INTEGER"),
    (types.Float, "DOUBLE"),
    (types.Date, "DATE"),
    (types.DateTime, "TIMESTAMP"),
    (types.Time, "TIME"),
    (types.String, "VARCHAR"),
)
_NUMBERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE"})


def delivered_type(declared: object) -> str:
    """The DuckDB type like SQLAlchemy's; empty where there is none, or it depends on more than the type."""
    return next((kind for like, kind in _KINDS if isinstance(declared, like)), "")


def is_of_another_kind(delivered: str, wanted: str) -> bool:
    """Whether the values of a type are written so that the other's cannot be read from them, whatever they are.

    A truth value is `true`, which is no number. Numbers are judged one by one: 3.0 is an integer, 3.5 is none.
    """
    return delivered == "BOOLEAN" and wanted.upper() in _NUMBERS
