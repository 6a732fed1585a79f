"""What an audit found. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data_platform.auditing.policy import Action
from data_platform.auditing.profile import ColumnProfile


@dataclass(frozen=True)
class CheckOutcome:
    """What one check found.

    Attributes:
        blocks: whether the table may not be published because of it.
        failing_rows: of `rows`; 0 where the check could not be made.
        ceiling: what would have been tolerated, in words; empty without a ceiling.
        sample: a bounded number of failing rows, long values cut.
        sql: a query that finds the failing rows, ready to paste; empty where none failed.
        error: why the check could not be made, which is not to say that the data are bad; else None.
    """

    name: str
    passed: bool
    action: Action
    blocks: bool
    failing_rows: int
    rows: int
    ceiling: str
    sample: tuple[Mapping[str, Any], ...]
    sql: str
    message: str
    error: str | None = None

    @property
    def rate(self) -> float:
        """Failing rows as a fraction of all."""
        return self.failing_rows / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class BadRows:
    """What tells the failing rows of one quarantining check: an SQL expression over the audited relation's rows."""

    check: str
    reason: str
    flag: str
    needs_row_number: bool


@dataclass(frozen=True)
class Audit:
    """What an audit of one relation found.

    Attributes:
        relation: the relation that was audited, usable in FROM.
        quarantined_rows: rows to be set aside, each counted once; 0 where the audit blocked.
        bad_rows: how to tell them.
    """

    relation: str
    columns: tuple[str, ...]
    rows: int
    outcomes: tuple[CheckOutcome, ...]
    quarantined_rows: int
    bad_rows: tuple[BadRows, ...]
    profile: tuple[ColumnProfile, ...]

    @property
    def blocked(self) -> bool:
        """Whether nothing may be published."""
        return any(outcome.blocks for outcome in self.outcomes)
