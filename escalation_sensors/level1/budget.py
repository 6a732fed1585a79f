"""The budget of level 1, pure: whether one more attempt may start, and until when it may run. `ledger.py` counts.

It runs from the first failure to the end of the last attempt, waits included (the protocol).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

BUDGET_SECONDS = 300.0
"""Unless the asset states another (tag `escalation/budget_seconds`)."""
LEAST_SECONDS_FOR_LESS_WORK = 60.0
"""What must be left for a remedy that makes the work smaller, where nothing is known of how long it takes."""


@dataclass(frozen=True)
class Spent:
    """What a case has used up so far."""

    first_failure_at: datetime
    budget_seconds: float
    attempts: int
    is_running: bool


@dataclass(frozen=True)
class MayStart:
    """An attempt may start now, and has until then."""

    deadline_at: datetime


@dataclass(frozen=True)
class MayNotStart:
    """No attempt may start; `reason` is told to level 2.

    `is_running`: because another one has not ended; `has_ended`: because the case has.
    """

    reason: str
    is_running: bool = False
    has_ended: bool = False


def may_start(
    spent: Spent,
    now: datetime,
    *,
    most_attempts: int,
    wait_seconds: float = 0.0,
    expected_seconds: float | None = None,
    makes_work_smaller: bool = False,
) -> MayStart | MayNotStart:
    """Whether an attempt may start after `wait_seconds`.

    `expected_seconds` is how long it is likely to take: the remedy's history on the step, else the step's, else the
    failed attempt's time; None where nothing is known. `makes_work_smaller` says that history is no guide.
    """
    if spent.is_running:
        return MayNotStart("another attempt is running", is_running=True)
    if spent.attempts >= most_attempts:
        return MayNotStart(f"{spent.attempts} attempts were made")
    deadline = spent.first_failure_at + timedelta(seconds=spent.budget_seconds)
    left = (deadline - now).total_seconds() - wait_seconds
    if left <= 0 < left + wait_seconds:
        left += wait_seconds
        return MayNotStart(f"does not fit: a wait of {wait_seconds:.0f} s, {left:.0f} s of the budget are left")
    if left <= 0:
        return MayNotStart(f"the budget of {spent.budget_seconds:g} s is used up")
    needed = expected_seconds if expected_seconds is not None else 0.0
    if makes_work_smaller:
        needed = LEAST_SECONDS_FOR_LESS_WORK if expected_seconds is None else expected_seconds
    if needed > left:
        return MayNotStart(f"does not fit: {needed:.0f} s are expected, {left:.0f} s of the budget are left")
    return MayStart(deadline)
