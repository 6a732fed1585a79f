"""The decision of level 1 on one failure: whether there is another attempt, and how it is to run.

Joins diagnosis, remedies and ledger; what it does is told in the run's log in four plain lines. Knows no Dagster.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.classifier import Classifier
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.diagnosis.exceptions import links_of
from escalation_sensors.diagnosis.failure import Failure
from escalation_sensors.level1.budget import BUDGET_SECONDS, MayNotStart
from escalation_sensors.level1.ledger import Attempt, Ledger, Origin, Plan, Subject
from escalation_sensors.level1.remedies import plain
from escalation_sensors.level1.remedies.by_category import REMEDIES
from escalation_sensors.level1.retry_after import retry_after_seconds
from escalation_sensors.level1.situation import MayNotAct, Situation
from escalation_sensors.level1.tuning import PLAIN
from escalation_sensors.redaction import redact

MOST_CHARACTERS = 300


@dataclass(frozen=True)
class Failed:
    """One failed execution of a step.

    Attributes:
        metadata: of what failed: `escalation/split_key` and the like.
        has_side_effects: whether it must never be run again by the ladder.
        seconds: how long it ran.
    """

    subject: Subject
    origin: Origin
    run_id: str
    error: BaseException
    at: datetime
    seconds: float | None = None
    metadata: Mapping[str, Any] | None = None
    has_side_effects: bool = False
    budget_seconds: float = BUDGET_SECONDS


@dataclass(frozen=True)
class Again:
    """The step runs again, after `wait_seconds`."""

    attempt: Attempt
    wait_seconds: float


@dataclass(frozen=True)
class HandOn:
    """Level 1 makes no further attempt; `reason` is told to level 2."""

    reason: str
    diagnosis: Diagnosis


class LevelOne:
    """Level 1 over one ledger."""

    def __init__(self, ledger: Ledger, classifier: Classifier) -> None:
        self.ledger = ledger
        self._classifier = classifier

    def decide(self, failed: Failed, now: datetime, tell: Callable[[str], None]) -> Again | HandOn:
        """Decide on a failure, count the attempt, and tell it.

        Raises:
            StoreError: the ledger cannot be reached; nothing was counted.
        """
        diagnosis = self._classifier.diagnose(
            Failure(
                links=links_of(failed.error),
                code_location=failed.subject.code_location,
                subject=failed.subject.name,
            )
        )
        running = self.ledger.running_attempt(failed.subject, failed.origin)
        if running is not None:
            self.ledger.end_attempt(running.id, "failed", now)
        tell(f"Error: {diagnosis.category}, by rule {diagnosis.rule}: {_one_line(failed.error)}")
        tell(f"Attempted: {_attempted(running)}")
        decision = self._decide(failed, diagnosis, running, now)
        if isinstance(decision, HandOn):
            self.ledger.pass_on(failed.subject, failed.origin, decision.reason, failed_at=failed.at, now=now)
            tell(f"Action: none, because {decision.reason}")
            tell("Result: handed on to level 2")
        return decision if isinstance(decision, HandOn) else self._told(decision, tell)

    def _decide(
        self, failed: Failed, diagnosis: Diagnosis, running: Attempt | None, now: datetime
    ) -> "tuple[Attempt, Plan] | HandOn":
        if failed.has_side_effects:
            return HandOn("it has side effects, and is never run again without a person", diagnosis)
        if not diagnosis.recoverable:
            why = (
                "a fix by the owner is needed" if diagnosis.category is Category.CODE_DEFECT else "it would fail again"
            )
            return HandOn(f"{why} ({diagnosis.category})", diagnosis)
        remedy = REMEDIES.get(diagnosis.category, plain.plan)
        situation = Situation(
            diagnosis,
            now,
            tuning=running.tuning if running else self.ledger.tuning_in_force(failed.subject) or PLAIN,
            attempts=running.number if running else 0,
            failed_after_seconds=failed.seconds,
            retry_after_seconds=retry_after_seconds(failed.error, now),
            metadata=failed.metadata or {},
        )
        plan = remedy(situation)
        if isinstance(plan, MayNotAct):
            return HandOn(plan.reason, diagnosis)
        begun = self.ledger.begin_attempt(
            failed.subject,
            failed.origin,
            diagnosis,
            plan,
            failed_at=failed.at,
            now=now,
            budget_seconds=failed.budget_seconds,
            run_id=failed.run_id,
        )
        return HandOn(begun.reason, diagnosis) if isinstance(begun, MayNotStart) else (begun, plan)

    @staticmethod
    def _told(decision: tuple[Attempt, Plan], tell: Callable[[str], None]) -> Again:
        attempt, plan = decision
        tell(f"Action: attempt {attempt.number} of 2, {plan.remedy}: {plan.change}")
        tell(f"Result: it runs again, until {attempt.deadline_at:%H:%M:%S} UTC at the latest")
        return Again(attempt, plan.wait_seconds)


def _attempted(running: Attempt | None) -> str:
    return f"attempt {running.number} of 2 ({running.remedy}), which failed" if running else "nothing yet"


def _one_line(error: BaseException) -> str:
    return redact(" ".join(f"{type(error).__name__}: {error}".split()))[:MOST_CHARACTERS]
