"""What one tick of the sensor works with: where it runs, its ledger and settings, and the time it has."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import dagster as dg

from escalation_sensors.dagster_internals import PlannedStep, planned_steps
from escalation_sensors.level1.decide import LevelOne
from escalation_sensors.level1.execution import Clock, utc_now
from escalation_sensors.level1.ledger import Ledger
from escalation_sensors.level1.setup import Setup, trouble

MOST_SECONDS = 12.0
"""How long a tick takes on new work; what is left waits for the next."""


@dataclass
class Tick:
    """One tick. `tell` takes a line for its log; `location` is the code location whose runs it looks at."""

    instance: dg.DagsterInstance
    repository: dg.RepositoryDefinition
    location: str
    ledger: Ledger
    setup: Setup
    tell: Callable[[str], None]
    clock: Clock = utc_now
    ends_at: float = field(default_factory=lambda: time.monotonic() + MOST_SECONDS)
    planned: dict[object, dict[str, PlannedStep]] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """The time."""
        return self.clock()

    @property
    def has_time(self) -> bool:
        """Whether more work may begin in this tick."""
        return time.monotonic() < self.ends_at

    @property
    def level_one(self) -> LevelOne:
        """Level 1 as it decides inside a step."""
        return LevelOne(self.ledger, self.setup.classifier, self.setup.policy, self.setup.allowed)

    def trouble(self, line: str) -> None:
        """Tell the ladder's own trouble, here and on stderr."""
        trouble(line)
        self.tell(line)

    def steps_of(self, run: dg.DagsterRun) -> dict[str, PlannedStep]:
        """The steps that a run planned; none if the code does not know it any more."""
        key = (run.job_name, run.asset_selection, run.asset_check_selection, tuple(run.op_selection or ()))
        if key not in self.planned:
            try:
                self.planned[key] = planned_steps(self.repository, run)
            except Exception as error:  # noqa: BLE001 - the code may have changed in any way since the run
                self.trouble(f"run {run.run_id}: its steps are not known any more: {type(error).__name__}: {error}")
                self.planned[key] = {}
        return self.planned[key]
