"""What one tick of the sensor works with: where it runs, its ledger and settings, and the time it has."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import dagster as dg

from escalation_sensors.dagster_internals import PlannedStep, planned_steps
from escalation_sensors.level1.decide import LevelOne
from escalation_sensors.level1.execution import Clock, utc_now
from escalation_sensors.level1.ledger import Ledger
from escalation_sensors.level1.lookups import Lookups
from escalation_sensors.level1.setup import Setup, trouble
from escalation_sensors.level1.source_change import has_changed
from escalation_sensors.level1.subjects import asset_in, subjects_downstream
from escalation_sensors.level1.who_holds import who_holds
from escalation_sensors.level1.work_size import size_of
from escalation_sensors.redaction import redact

MOST_SECONDS = 12.0
"""How long a tick takes on new failures; what is left waits for the next."""
MORE_SECONDS = 6.0
"""How long it takes on what ended, and on what is carried over, each: a storm of new failures must not starve them."""
AT_ONCE = 500
"""So many ids go into one query."""


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

    def go_on_for(self, seconds: float) -> None:
        """Give the next part of the tick so much time."""
        self.ends_at = time.monotonic() + seconds

    def runs(self, ids: Iterable[str]) -> dict[str, dg.DagsterRun]:
        """Runs by their ids, read many at once; what Dagster does not know is left out."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, dg.DagsterRun] = {}
        for first in range(0, len(wanted), AT_ONCE):
            some = dg.RunsFilter(run_ids=wanted[first : first + AT_ONCE])
            found |= {run.run_id: run for run in self.instance.get_runs(filters=some)}
        return found

    def runs_with_tag(self, tag: str, values: Sequence[str]) -> list[dg.DagsterRun]:
        """The runs that have one of some values of a tag."""
        found: list[dg.DagsterRun] = []
        for first in range(0, len(values), AT_ONCE):
            some = dg.RunsFilter(tags={tag: list(values[first : first + AT_ONCE])})
            found += self.instance.get_runs(filters=some)
        return found

    def began_first(self, runs: Sequence[dg.DagsterRun]) -> dg.DagsterRun:
        """That one of some runs that began before the others."""
        began: dict[str, float] = {}
        for first in range(0, len(runs), AT_ONCE):
            some = dg.RunsFilter(run_ids=[run.run_id for run in runs[first : first + AT_ONCE]])
            for record in self.instance.get_run_records(filters=some):
                began[record.dagster_run.run_id] = record.start_time or record.create_timestamp.timestamp()
        return min(runs, key=lambda run: began.get(run.run_id, 0.0))

    def level_one(self, run: dg.DagsterRun) -> LevelOne:
        """Level 1 as it decides inside a step, for a failure of this run."""
        setup = self.setup
        return LevelOne(
            self.ledger,
            setup.classifier,
            setup.policy,
            setup.allowed,
            lookups=Lookups(
                size_of(setup),
                has_changed(setup),
                lambda subject: subjects_downstream(self.repository.asset_graph, asset_in(subject)),
                who_holds(self.instance, run.tags, self.ledger, setup),
            ),
        )

    def trouble(self, line: str) -> None:
        """Tell the ladder's own trouble, here and on stderr."""
        trouble(line)
        self.tell(redact(line))

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
