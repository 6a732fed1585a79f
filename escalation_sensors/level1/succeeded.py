"""A step that succeeded, and the failure that it is all the same where it was slow or overlapped another.

Which of the two it was is judged in `slow_steps/judge.py` and `overlaps.py`.
"""

from dataclasses import dataclass
from datetime import datetime

from escalation_sensors.dagster_internals import StepInFlight
from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.failure import Failure, FailureKind, Link
from escalation_sensors.level1.failed import Failed, Settings
from escalation_sensors.level1.ledger import Subject
from escalation_sensors.level1.receipt import Proof
from escalation_sensors.level1.seen import Seen
from escalation_sensors.level1.subjects import origin_of


@dataclass(frozen=True)
class Succeeded:
    """A step that succeeded, and how long it took."""

    step: StepInFlight
    subject: Subject
    settings: Settings
    seen: Seen
    seconds: float

    @property
    def proof(self) -> Proof:
        """What it proves of a repair that was made before it."""
        return Proof(
            checks_passed=tuple(self.seen.passed),
            checks_warned=tuple(self.seen.warned),
            checks_failed=tuple(self.seen.failed),
            not_yielded=self.step.owes(),
            rows_after=self.seen.rows,
        )

    @property
    def is_all(self) -> bool:
        """Whether nothing more of its asset is to come in this run: no check, and no other step."""
        return not self.step.later_checks and self.step.completes and not self.step.is_one_of_many

    def as_failed(self, kind: FailureKind, category: Category, said: str, now: datetime) -> Failed:
        """What level 1 decides on: a failure of that kind and category, of which `said` tells in one line."""
        link = Link((), said, frozenset({f"stated:{category.value}"}))
        step, subject = self.step, self.subject
        return Failed(
            event_key=f"{step.run_id}:{step.step_key}:{kind.value}",
            subject=subject,
            origin=origin_of(step),
            run_id=step.run_id,
            failure=Failure(kind, (link,), code_location=subject.code_location, subject=subject.name),
            said=said,
            at=now,
            settings=self.settings,
            partition=step.partition,
            has_succeeded=True,
            is_in_flight=False,
        )
