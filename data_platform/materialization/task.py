"""What is to be materialized, and what came of it. Values only; the doing is in `build_audit_publish.py`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from data_platform.auditing import Audit, CheckOutcome, Contract
from resources.lakehouse import Publication, ReplaceRange, ReplaceTable, Scope, TableBuild, TableName

Split = Callable[[int], Sequence[str]]
"""The SELECT in so many parts, or fewer where there are no more."""

Beside = Callable[[duckdb.DuckDBPyConnection, str], Sequence[TableBuild]]


def _nothing_beside(_connection: duckdb.DuckDBPyConnection, _folder: str) -> Sequence[TableBuild]:
    return ()


@dataclass(frozen=True)
class Days:
    """The days a partitioned table is built for: from `start` up to but not including `end`."""

    column: str
    start: date
    end: date

    @property
    def count(self) -> int:
        """How many daily partitions that is."""
        return (self.end - self.start).days

    @property
    def range(self) -> ReplaceRange:
        """The rows of these days, as the scope of a publication."""
        return ReplaceRange(self.column, self.start, self.end)


@dataclass(frozen=True)
class TableTask:
    """One table to build, audit and publish.

    `beside` writes what must be published with the table in the same transaction (the record of a load): it is given
    a connection and the folder to write to. `split` is None where the build is only ever made as a whole.
    """

    table: TableName
    contract: type[Contract]
    select: str
    source: str
    days: Days | None = None
    beside: Beside = _nothing_beside
    split: Split | None = None

    @property
    def partitions(self) -> int:
        """How many partitions the build covers; 1 where the table has none."""
        return self.days.count if self.days else 1

    @property
    def scope(self) -> Scope:
        """What the publication replaces: the days, or the whole table."""
        return self.days.range if self.days else ReplaceTable()


@dataclass(frozen=True)
class Materialized:
    """What came of one task. `publication` is None when a check blocked: then nothing was published.

    `rows_by_day` are the published rows of each day that has any; None where the table has no partitions.
    """

    table: TableName
    rows_built: int
    rows_published: int
    rows_quarantined: int
    rows_by_day: Mapping[date, int] | None
    audit: Audit
    outcomes: tuple[CheckOutcome, ...]
    publication: Publication | None
    read_snapshot: int
    started_at: datetime

    @property
    def blocking(self) -> tuple[CheckOutcome, ...]:
        """The outcomes for which nothing was published."""
        return tuple(outcome for outcome in self.outcomes if outcome.blocks)
