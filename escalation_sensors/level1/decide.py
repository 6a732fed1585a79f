"""The decision of level 1 on one failure: whether there is another attempt, and how it is to run.

Joins diagnosis, policy, remedies and ledger; what it does is told in four plain lines. Knows no Dagster.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.classifier import Classifier
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.allow_list import AllowList
from escalation_sensors.level1.budget import MayNotStart
from escalation_sensors.level1.duration_history import remedy_duration, usual_duration
from escalation_sensors.level1.failed import Failed
from escalation_sensors.level1.failure_log import record_failure
from escalation_sensors.level1.ledger import Attempt, Ledger, Plan
from escalation_sensors.level1.proposals import propose
from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.remedies import plain
from escalation_sensors.level1.remedies.by_category import NEEDS_READING, REMEDIES
from escalation_sensors.level1.situation import MayNotAct, Situation
from escalation_sensors.level1.tuning import PLAIN, Tuning
from escalation_sensors.level1.tuning_memory import Worked, tuning_in_force, what_worked
from escalation_sensors.policy.policy import Cap, Policy

Tell = Callable[[str], None]


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


@dataclass(frozen=True)
class LeaveIt:
    """Nothing is decided here: another execution of the same case is being repaired, and its outcome counts."""

    reason: str


Decision = Again | HandOn | LeaveIt


class LevelOne:
    """Level 1 over one ledger."""

    def __init__(
        self,
        ledger: Ledger,
        classifier: Classifier,
        policy: Policy | None = None,
        allowed: AllowList | None = None,
        *,
        can_improve_layout: bool = False,
    ) -> None:
        self.ledger = ledger
        self.policy = policy or Policy()
        self._classifier = classifier
        self._allowed = allowed or AllowList()
        self._can_improve_layout = can_improve_layout

    def decide(self, failed: Failed, now: datetime, tell: Tell) -> Decision:
        """Decide on a failure, count the attempt, and tell it.

        Raises:
            StoreError: the ledger cannot be reached; nothing was counted.
        """
        diagnosis = self._classifier.diagnose(failed.failure)
        running = self.ledger.running_attempt(failed.subject, failed.origin)
        if running is not None and running.run_id not in {failed.run_id, None}:
            record_failure(self.ledger.store, failed, diagnosis)
            return LeaveIt(f"attempt {running.number} of 2 is under way in run {running.run_id}")
        if running is not None:
            self.ledger.end_attempt(running.id, "lost" if failed.was_killed else "failed", now)
        tell(f"Error: {diagnosis.category}, by rule {diagnosis.rule}: {failed.said}")
        tell(f"Attempted: {_attempted(running)}")
        decision = self._decide(failed, diagnosis, running, now)
        record_failure(self.ledger.store, failed, diagnosis)
        if isinstance(decision, HandOn):
            self.ledger.pass_on(
                failed.subject,
                failed.origin,
                decision.reason,
                failed_at=failed.at,
                now=now,
                run_id=failed.run_id,
            )
            tell(f"Action: none, because {decision.reason}")
            tell("Result: handed on to level 2")
            return decision
        if isinstance(decision, LeaveIt):
            tell(f"Action: none here, because {decision.reason}")
            return decision
        attempt, plan = decision
        tell(f"Action: attempt {attempt.number} of 2, {plan.remedy}: {plan.change}")
        then = f"it runs again, until {attempt.deadline_at:%H:%M:%S} UTC at the latest"
        tell(f"Result: {then if not failed.has_succeeded else 'its next run shows whether that helped'}")
        return Again(attempt, plan.wait_seconds)

    def _decide(
        self, failed: Failed, diagnosis: Diagnosis, running: Attempt | None, now: datetime
    ) -> tuple[Attempt, Plan] | HandOn | LeaveIt:
        if failed.settings.has_side_effects:
            return HandOn("it has side effects, and is never run again without a person", diagnosis)
        if not diagnosis.recoverable:
            why = (
                "a fix by the owner is needed" if diagnosis.category is Category.CODE_DEFECT else "it would fail again"
            )
            return HandOn(f"{why} ({diagnosis.category})", diagnosis)
        cap = self.policy.cap(diagnosis.category)
        if cap is Cap.WATCH:
            return HandOn(f"the policy says to watch {diagnosis.category}", diagnosis)
        plan = self._plan(failed, diagnosis, running, now)
        if isinstance(plan, Plan) and cap is Cap.PROPOSE:
            proposed = Proposed(plan.remedy, plan.change, "nothing is changed until it is approved", plan.tuning)
            plan = MayNotAct(f"the policy says to propose for {diagnosis.category}", proposed)
        if isinstance(plan, MayNotAct):
            if plan.proposed is not None:
                propose(self.ledger, failed, plan.proposed, now)
            return HandOn(plan.reason, diagnosis)
        return self._begin(failed, diagnosis, plan, now)

    def _begin(
        self, failed: Failed, diagnosis: Diagnosis, plan: Plan, now: datetime
    ) -> tuple[Attempt, Plan] | HandOn | LeaveIt:
        """Count the attempt, if it may start."""
        begun = self.ledger.begin_attempt(
            failed.subject,
            failed.origin,
            diagnosis,
            plan,
            failed_at=failed.at,
            now=now,
            budget_seconds=failed.settings.budget_seconds,
            run_id=failed.run_id if failed.is_in_flight else None,
        )
        if isinstance(begun, MayNotStart) and begun.is_running:
            return LeaveIt(begun.reason)
        if isinstance(begun, MayNotStart):
            return HandOn(begun.reason, diagnosis)
        if plan.proposed is not None:
            propose(self.ledger, failed, plan.proposed, now)
        return begun, plan

    def _plan(self, failed: Failed, diagnosis: Diagnosis, running: Attempt | None, now: datetime) -> Plan | MayNotAct:
        remedy = REMEDIES.get(diagnosis.category, plain.plan)
        situation = Situation(
            diagnosis,
            now,
            tuning=running.tuning if running else tuning_in_force(self.ledger.store, failed.subject) or PLAIN,
            attempts=running.number if running else self.ledger.attempts_in_case(failed.subject, failed.origin),
            failed_after_seconds=failed.seconds,
            retry_after_seconds=failed.retry_after_seconds,
            metadata=failed.settings.metadata,
            columns=failed.columns,
            said=failed.said,
            missing_module=failed.missing_module,
            allowed=self._allowed,
            has_succeeded=failed.has_succeeded,
            can_improve_layout=self._can_improve_layout,
            was_killed=failed.was_killed,
        )
        plan = remedy(situation)
        if isinstance(plan, Plan) and plan.remedy in NEEDS_READING and failed.reads_tuning is False:
            plan = plain.plan(situation)  # nobody would hear of the remedy
        if isinstance(plan, Plan):
            plan = replace(plan, expected_seconds=self._expected_seconds(failed, plan))
        worked = None if situation.attempts else what_worked(self.ledger.store, diagnosis.fingerprint)
        if isinstance(plan, Plan) and worked is not None and worked.remedy == plan.remedy and plan.makes_work_smaller:
            return _as_small_as_worked(plan, worked, situation.tuning)
        return plan

    def _expected_seconds(self, failed: Failed, plan: Plan) -> float | None:
        """How long the attempt is likely to take: the remedy's history, else the step's, else the failed execution's.

        Of a remedy that makes the work smaller only its own history says anything.
        """
        by_remedy = remedy_duration(self.ledger.store, failed.subject, plan.remedy)
        if by_remedy is not None:
            return max(0.0, by_remedy - plan.wait_seconds)
        if plan.makes_work_smaller:
            return None
        usual = usual_duration(self.ledger.store, failed.subject)
        return usual.seconds if usual is not None else plan.expected_seconds


def _as_small_as_worked(plan: Plan, worked: Worked, before: Tuning) -> Plan:
    """The plan, with as many parts as repaired the same cause before. All else is of now: columns, packages, holder."""
    batches = worked.tuning.batches
    if batches <= plan.tuning.batches:
        return plan
    change = f"{batches} parts instead of {before.batches}, as it worked before"
    return replace(plan, tuning=plan.tuning.changed(batches=batches), change=change)


def _attempted(running: Attempt | None) -> str:
    return f"attempt {running.number} of 2 ({running.remedy}), which failed" if running else "nothing yet"
