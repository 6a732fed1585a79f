"""What a publication does to the rows that are there: replace the table, replace ranges of days, or append.

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

    @property
    def ranges(self) -> "tuple[ReplaceRange, ...]":
        """Itself alone."""
        return (self,)

    def __str__(self) -> str:
        """The column with the first day and the one after the last."""
        return f"{self.column} from {self.start} to before {self.end}"


@dataclass(frozen=True)
class ReplaceRanges:
    """The rows of several ranges of one column are replaced; what lies between them stays."""

    ranges: tuple[ReplaceRange, ...]

    def __post_init__(self) -> None:
        if not self.ranges or len({each.column for each in self.ranges}) > 1:
            raise InvalidBuild("ranges to replace are one or more, all of one column")

    @property
    def column(self) -> str:
        """The column that all of them are of."""
        return self.ranges[0].column

    @property
    def sql(self) -> str:
        """The condition that selects the ranges."""
        return " OR ".join(f"({each.sql})" for each in self.ranges)

    def __str__(self) -> str:
        """Each of the ranges."""
        return ", ".join(map(str, self.ranges))


@dataclass(frozen=True)
class Append:
    """Rows are added; what is there stays."""


Scope = ReplaceTable | ReplaceRange | ReplaceRanges | Append


def destroys(newer: Scope, older: Scope) -> bool:
    """Whether publishing `newer` removes rows that `older` published meanwhile and `newer` has not seen."""
    if isinstance(newer, Append):
        return False
    if isinstance(newer, ReplaceTable) or isinstance(older, ReplaceTable | Append) or newer.column != older.column:
        return True
    return any(mine.start < theirs.end and theirs.start < mine.end for mine in newer.ranges for theirs in older.ranges)


def scope_to_json(scope: Scope) -> dict[str, Any]:
    """The scope as it is written into a commit."""
    if isinstance(scope, ReplaceRanges):
        return {"kind": "replace_ranges", "ranges": [scope_to_json(each) for each in scope.ranges]}
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
            return _range_from_json(value)
        case "replace_ranges":
            return ReplaceRanges(tuple(map(_range_from_json, value["ranges"])))
        case _:
            return ReplaceTable()  # unknown: the widest, so that an overlap is rather seen than missed


def _range_from_json(value: dict[str, Any]) -> ReplaceRange:
    return ReplaceRange(value["column"], date.fromisoformat(value["start"]), date.fromisoformat(value["end"]))
