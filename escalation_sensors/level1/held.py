"""What was found of who holds what a failed execution wanted: plain values. Who looks is `who_holds.py`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.tuning import Tuning


@dataclass(frozen=True)
class Slot:
    """A slot of a pool of Dagster's that somebody holds.

    Attributes:
        step_key: empty where a run holds it as a whole.
        run_has_ended: whether nobody will give it back, because its run is over.
    """

    pool: str
    run_id: str
    step_key: str
    run_has_ended: bool = False

    @property
    def holder(self) -> str:
        """Who holds it, in words."""
        return f"run {self.run_id} step {self.step_key}" if self.step_key else f"run {self.run_id}"

    def as_text(self) -> str:
        """The slot as a tuning keeps it; whether its run has ended is of the moment."""
        return f"{self.pool} {self.run_id} {self.step_key}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The slot that a tuning keeps; a pool's name, a run's id and a step's key have no spaces."""
        pool, run_id, step_key = text.split(" ", 2)
        return cls(pool, run_id, step_key)


@dataclass(frozen=True)
class PoolInUse:
    """A pool, and who else holds its slots now; `limit` is how many it has."""

    name: str
    limit: int
    slots: tuple[Slot, ...] = ()

    @property
    def is_full(self) -> bool:
        """Whether the others leave no slot."""
        return len(self.slots) >= self.limit


@dataclass(frozen=True)
class RunLimit:
    """A limit of the run queue that applies to a run.

    Attributes:
        of: what it counts, in words (`tag team=lake`).
        runs: the other runs in progress that it counts.
    """

    of: str
    limit: int
    runs: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProcessHolder:
    """A process of this machine that holds a file; `path` is empty where only the process is known."""

    process: int
    command: str
    path: str = ""

    @property
    def named(self) -> str:
        """The process, in words."""
        return f"process {self.process} ({self.command})" if self.command else f"process {self.process}"


@dataclass(frozen=True)
class BusyRun:
    """Another run that is working on the same subject and partition."""

    run_id: str
    since: datetime


@dataclass(frozen=True)
class Earlier:
    """An earlier conflict of the same subject, and what was tuned for it; nothing where there was no attempt."""

    fingerprint: str
    tuning: Tuning


@dataclass(frozen=True)
class Held:
    """What was found; empty where nothing was.

    Attributes:
        pools: those of the failed step, and those that the failure names.
        run_limits: of the run queue, as far as they apply to the run.
        processes: that hold a file which the failed step wanted, the likeliest first.
        runs: that work on the same, oldest first.
        earlier: conflicts of the same subject before this one, and what was waited for then.
        better_schedule: the better time of the schedule that launched the run, if one did and one is known.
    """

    pools: tuple[PoolInUse, ...] = ()
    run_limits: tuple[RunLimit, ...] = ()
    processes: tuple[ProcessHolder, ...] = ()
    runs: tuple[BusyRun, ...] = ()
    earlier: tuple[Earlier, ...] = ()
    better_schedule: Proposed | None = None


SlotIsHeld = Callable[[Slot], bool]
"""Whether a slot is still held by a run that has not ended."""
