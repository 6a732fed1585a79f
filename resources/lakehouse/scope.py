"""What a publication does to the rows that are there: replace the table, replace a range of days, or append.

Also which two scopes of one table overlap, that is, which later publication would destroy what it has not seen.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from resources.lakehouse.errors import InvalidBuild
from resources.lakehouse.names import quote_identifier, verify_name


@dataclass(frozen=True)
class ReplaceTable:
    """All rows of the table are replaced; its columns may change."""


@dataclass(frozen=True)
class ReplaceRange:
    """The rows whose `column` lies from `start` up to but not including `end` are replaced."""

    column: str
    start: date
    end: date

    def __post_init__(self) -> None:
        verify_name(self.column, "column")
        if not self.start < self.end:
            raise InvalidBuild(f"an empty range of {self.column}: {self.start} is not before {self.end}")

    @property
    def sql(self) -> str:
        """The condition that selects the range."""
        column = quote_identifier(self.column)
        return f"{column} >= DATE '{self.start.isoformat()}' AND {column} < DATE '{self.end.isoformat()}'"


@dataclass(frozen=True)
class Append:
    """Rows are added; what is there stays."""


Scope = ReplaceTable | ReplaceRange | Append


def destroys(newer: Scope, older: Scope) -> bool:
    """Whether publishing `newer` removes rows that `older` published meanwhile and `newer` has not seen."""
    if isinstance(newer, Append):
        return False
    if isinstance(newer, ReplaceRange) and isinstance(older, ReplaceRange) and newer.column == older.column:
        return newer.start < older.end and older.start < newer.end
    return True


def scope_to_json(scope: Scope) -> dict[str, str]:
    """The scope as it is written into a commit."""
    if isinstance(scope, ReplaceRange):
        return {
            "kind": "replace_range",
            "column": scope.column,
            "start": scope.start.isoformat(),
            "end": scope.end.isoformat(),
        }
    return {"kind": "replace_table" if isinstance(scope, ReplaceTable) else "append"}


def scope_from_json(value: dict[str, Any]) -> Scope:
    """Reads what `scope_to_json` wrote."""
    match value.get("kind"):
        case "append":
            return Append()
        case "replace_range":
            return ReplaceRange(value["column"], date.fromisoformat(value["start"]), date.fromisoformat(value["end"]))
        case _:
            return ReplaceTable()  # unknown: the widest, so that an overlap is rather seen than missed
