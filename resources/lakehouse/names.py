"""Names and literals in SQL: which names a table or column may have, and how each is quoted. Nothing here runs SQL."""

import re
from dataclasses import dataclass
from typing import Self

from resources.lakehouse.errors import InvalidName

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def verify_name(name: str, what: str) -> str:
    """Returns `name` if a `what` (schema, table, column) may be called so.

    Raises:
        InvalidName: it holds anything but small ASCII letters, digits and underscores, or is too long.
    """
    if not _NAME.fullmatch(name):
        shown = name if len(name) <= 80 else f"{name[:77]}..."  # noqa: PLR2004 - bounds the line
        raise InvalidName(
            f"{shown!r} is not a valid {what} name: use 1 to 63 small letters, digits and underscores, "
            "and no digit at its beginning"
        )
    return name


def quote_identifier(name: str) -> str:
    """The name as an SQL identifier, whatever characters it holds."""
    return f'"{_without_nul(name).replace(chr(34), chr(34) * 2)}"'


def quote_literal(text: str) -> str:
    """The text as an SQL string literal, whatever characters it holds."""
    return f"'{_without_nul(text).replace(chr(39), chr(39) * 2)}'"


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise InvalidName(f"{text[:80]!r} holds a NUL character, which SQL text cannot")
    return text


@dataclass(frozen=True, order=True)
class TableName:
    """A table of the lakehouse: its schema and its own name, both verified."""

    schema: str
    table: str

    def __post_init__(self) -> None:
        verify_name(self.schema, "schema")
        verify_name(self.table, "table")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `schema.table`.

        Raises:
            InvalidName: it is not two valid names with one dot between them.
        """
        schema, dot, table = text.partition(".")
        if not dot:
            raise InvalidName(f"{text[:80]!r} is not a table name: write it as schema.table")
        try:
            return cls(schema, table)
        except InvalidName as error:
            raise InvalidName(f"{text[:80]!r} is not a table name: {error}") from error

    @property
    def sql(self) -> str:
        """The name for use in SQL: `"core"."flight"`."""
        return f"{quote_identifier(self.schema)}.{quote_identifier(self.table)}"

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}"
