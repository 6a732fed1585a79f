"""What the ledger keeps, as values: what failed, in which runs, what is planned, and an attempt. Counts nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.tuning import Tuning

LATE_SECONDS = 1.0
"""An attempt that has ended counts as one within its deadline if that came so little before."""
Outcome = Literal["repaired", "failed", "lost", "canceled"]


@dataclass(frozen=True)
class Subject:
    """What failed: `name` is `asset:core/flight`, `op:job.op` or another of the store's forms."""

    code_location: str
    name: str


@dataclass(frozen=True)
class Origin:
    """Which runs belong together: a backfill, or a run with its retries and repairs."""

    root_run_id: str
    backfill_id: str | None = None


@dataclass(frozen=True)
class Attempt:
    """One attempt as the ledger knows it; before `not_before` its execution waits.

    `steps` are those that it runs again, each with whether it has ended; empty where that is every step of its subject.
    The versions are of data that it changed itself, where that is known before it is proved.
    """

    id: int
    case_id: int
    number: int
    remedy: str
    tuning: Tuning
    deadline_at: datetime
    run_id: str | None = None
    begun_at: datetime | None = None
    change: str = ""
    has_ended: bool = False
    not_before: datetime | None = None
    steps: Mapping[str, bool] = field(default_factory=dict)
    version_before: str | None = None
    version_after: str | None = None

    def is_of(self, step_key: str) -> bool:
        """Whether a step is run again by it."""
        return not self.steps or step_key in self.steps

    def over_budget(self, ended_at: datetime) -> str:
        """Why it is no repair, if it ended after its deadline; empty if it did not. A late timer is forgiven."""
        seconds = (ended_at - self.deadline_at).total_seconds()
        return f"it ended {seconds:.0f} s after its budget" if seconds > LATE_SECONDS else ""

    @property
    def is_unfinished(self) -> bool:
        """Whether a step that it runs again has not ended."""
        return not all(self.steps.values()) or not self.steps


@dataclass(frozen=True)
class Plan:
    """What an attempt would be: the remedy, how the step would be tuned, what is known of its time.

    `proposed` is what a person is asked to do besides, so that it does not come back.
    """

    remedy: str
    tuning: Tuning
    change: str
    wait_seconds: float = 0.0
    expected_seconds: float | None = None
    makes_work_smaller: bool = False
    proposed: Proposed | None = None
