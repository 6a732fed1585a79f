"""The decision of level 1 on one failure: whether there is another attempt, and how it is to run.

Joins diagnosis, policy, remedies and ledger; what it does is told in four plain lines. Knows no Dagster.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.classifier import Classifier
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1 import proposing
from escalation_sensors.level1.allow_list import AllowList
from escalation_sensors.level1.budget import MayNotStart
from escalation_sensors.level1.duration_history import expected_seconds
from escalation_sensors.level1.failed import Failed
from escalation_sensors.level1.failure_log import record_failure
from escalation_sensors.level1.held import Held
from escalation_sensors.level1.ledger import Attempt, Ledger, Plan
from escalation_sensors.level1.lookups import Lookups
from escalation_sensors.level1.pipeline import WorkSize
from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.remedies import plain
from escalation_sensors.level1.remedies.by_category import NEEDS_READING, REMEDIES
from escalation_sensors.level1.setup import trouble
from escalation_sensors.level1.situation import MayNotAct, Situation
from escalation_sensors.level1.tuning import PLAIN, Tuning
from escalation_sensors.level1.tuning_memory import as_small_as_worked, tuning_in_force, undone_receipt, what_worked
from escalation_sensors.policy.policy import Cap, Policy

Tell = Callable[[str], None]
_STATED = "stated"
"""The rule of an exception that says its category itself."""
UNSURE = 0.6
"""Below this confidence a defect of the code is a guess: of known messages 9 of 14 are one, of those above it up to 0.7
52 of 56. A guess is no reason to try nothing."""


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
        lookups: Lookups | None = None,
    ) -> None:
        self.ledger = ledger
        self.policy = policy or Policy()
        self._classifier = classifier
        self._allowed = allowed or AllowList()
        self._can_improve_layout = can_improve_layout
        self._lookups = lookups or Lookups()

    def decide(self, failed: Failed, now: datetime, tell: Tell) -> Decision:
        """Decide on a failure, count the attempt, and tell it.

        Raises:
            StoreError: the ledger cannot be reached; nothing was counted.
        """
        diagnosis = self._classifier.diagnose(failed.failure)
        under_way = self.ledger.running_attempts(failed.subject, failed.origin)
        elsewhere = next((each for each in under_way if not _is_in_its_run(each, failed)), None)
        if elsewhere is not None:
            record_failure(self.ledger.store, failed, diagnosis)
            return LeaveIt(f"attempt {elsewhere.number} of 2 is under way in run {elsewhere.run_id or 'to come'}")
        for each in under_way:
            if _has_failed(each, failed):
                self.ledger.end_attempt(each.id, "lost" if failed.was_killed else "failed", now)
        before = next((each for each in reversed(under_way) if _has_failed(each, failed)), None)
        if before is None and failed.is_in_flight:  # another step of it may have failed, and ended it
            before = self.ledger.attempt_of_step(failed.run_id, failed.step_key)
        tell(f"Error: {diagnosis.category} ({_by(failed, diagnosis)}): {failed.said}")
        tell(f"Attempted: {_attempted(before)}")
        decision = self._decide(failed, diagnosis, before, now)
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
            tell("Result: that attempt decides")
            return decision
        attempt, plan = decision
        also = f", also for step {failed.step_key}" if len(attempt.steps) > 1 else ""
        tell(f"Action: attempt {attempt.number} of 2{also}, {plan.remedy}: {plan.change}")
        then = f"it runs again, and has until {attempt.deadline_at:%H:%M:%S} UTC"
        tell(f"Result: {then if not failed.has_succeeded else 'its next run shows whether that helped'}")
        wait = (attempt.not_before - now).total_seconds() if attempt.not_before is not None else 0.0
        return Again(attempt, max(wait, 0.0))

    def _decide(
        self, failed: Failed, diagnosis: Diagnosis, before: Attempt | None, now: datetime
    ) -> tuple[Attempt, Plan] | HandOn | LeaveIt:
        acted_on = _unless_unsure(diagnosis, self.policy)
        plan = self._may_act(failed, acted_on, before, now)
        if isinstance(plan, Plan):
            begun = self._begin(failed, acted_on, plan, now)
            if not isinstance(begun, MayNotAct):
                return begun
            plan = begun
        if plan.proposed is not None:
            self._propose(failed, acted_on, replace(plan.proposed, why=plan.reason), now)
        return HandOn(plan.reason, acted_on)

    def _may_act(self, failed: Failed, diagnosis: Diagnosis, before: Attempt | None, now: datetime) -> Plan | MayNotAct:
        """What is planned, where diagnosis, asset and policy let level 1 do it; else why not, and what it would be."""
        cap = self.policy.cap(diagnosis.category)
        if failed.settings.has_side_effects:
            reason = "it has side effects, and is never run again without a person"
            is_silent = not diagnosis.recoverable or self.policy.unreadable or cap is Cap.WATCH
            return MayNotAct(reason, None if is_silent else self._despite_effects(failed, diagnosis, before, now))
        if not diagnosis.recoverable:
            why = (
                "a fix by the owner is needed" if diagnosis.category is Category.CODE_DEFECT else "it would fail again"
            )
            return MayNotAct(f"{why} ({diagnosis.category})", proposing.credentials(failed, diagnosis))
        if self.policy.unreadable:
            way_out = "correct it, and reload the definitions"
            return MayNotAct(f"the policy cannot be read, which allows nothing: {self.policy.unreadable}; {way_out}")
        if cap is Cap.WATCH:
            return MayNotAct(f"the policy says to watch {diagnosis.category}")
        plan = self._plan(failed, diagnosis, before, now)
        if isinstance(plan, Plan) and cap is Cap.PROPOSE:
            return MayNotAct(f"the policy says to propose for {diagnosis.category}", proposing.by_policy(plan))
        return plan

    def _despite_effects(
        self, failed: Failed, diagnosis: Diagnosis, before: Attempt | None, now: datetime
    ) -> Proposed | None:
        """What would be done. Whatever goes wrong here, it is not run again: not by its own policy either."""
        try:
            plan = self._plan(failed, diagnosis, before, now)
        except Exception as bug:  # noqa: BLE001 - a remedy's fault must not become a second payment
            trouble(f"{failed.subject.name}: nothing is proposed: {type(bug).__name__}: {bug}")
            return None
        return proposing.despite_effects(plan) if isinstance(plan, Plan) else None

    def _propose(self, failed: Failed, diagnosis: Diagnosis, proposed: Proposed, now: datetime) -> None:
        proposing.keep_proposal(self.ledger, failed, diagnosis, proposed, self._lookups, now=now)

    def _begin(
        self, failed: Failed, diagnosis: Diagnosis, plan: Plan, now: datetime
    ) -> tuple[Attempt, Plan] | MayNotAct | LeaveIt:
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
            step_key=failed.step_key,
        )
        if isinstance(begun, MayNotStart) and begun.is_running:
            return LeaveIt(begun.reason)
        # Of a conflict that stays, what is proposed does not depend on whether there is time for another attempt.
        is_apart = diagnosis.category is Category.SCHEDULING_CONFLICT
        if plan.proposed is not None and (is_apart or not isinstance(begun, MayNotStart)):
            self._propose(failed, diagnosis, plan.proposed, now)
        if isinstance(begun, MayNotStart):
            return MayNotAct(
                begun.reason, None if begun.has_ended else proposing.beyond_the_budget(plan, failed, diagnosis)
            )
        return begun, plan

    def _plan(self, failed: Failed, diagnosis: Diagnosis, before: Attempt | None, now: datetime) -> Plan | MayNotAct:
        if before is not None and not failed.has_begun and diagnosis.category is Category.PIPELINE_TIMEOUT:
            return MayNotAct(f"its time was up before it began: {before.change}", proposing.when_that_is_over(before))
        remedy = REMEDIES.get(diagnosis.category, plain.plan)
        situation = Situation(
            diagnosis,
            now,
            tuning=before.tuning if before else tuning_in_force(self.ledger.store, failed.subject) or PLAIN,
            attempts=self._attempts_before(failed, before),
            failed_after_seconds=failed.seconds,
            retry_after_seconds=failed.retry_after_seconds,
            metadata=failed.settings.metadata,
            columns=failed.columns,
            said=failed.said,
            missing_module=failed.missing_module,
            failing_rows=failed.failing_rows,
            failing_checks=failed.failing_checks,
            budget_seconds=failed.settings.budget_seconds,
            allowed=self._allowed,
            has_succeeded=failed.has_succeeded,
            can_improve_layout=self._can_improve_layout,
            was_killed=failed.was_killed,
            size=self._size(failed, diagnosis),
            run_id=failed.run_id,
            is_in_flight=failed.is_in_flight,
            held=self._held(failed, diagnosis),
        )
        if not situation.attempts:
            situation = replace(situation, worked=what_worked(self.ledger.store, diagnosis.fingerprint))
        if diagnosis.category is Category.DATA_QUALITY and self._lookups.has_changed is not None:
            changed = self._lookups.has_changed(failed.subject.name, failed.partition)
            situation = replace(situation, source_changed=changed)
        plan = remedy(situation)
        worked = situation.worked
        if isinstance(plan, Plan) and plan.remedy in NEEDS_READING and failed.reads_tuning is False:
            plan = plain.plan(situation)  # nobody would hear of the remedy
        elif isinstance(plan, Plan) and plan.remedy in NEEDS_READING and worked and worked.remedy == plain.NAME:
            plan = plain.that_worked(situation)
        if isinstance(plan, Plan):
            expected = expected_seconds(self.ledger.store, failed.subject, plan)
            plan = replace(plan, expected_seconds=expected)
        if isinstance(plan, Plan) and (undone := self._undone(failed, diagnosis, plan, situation.tuning)):
            return undone
        if isinstance(plan, Plan) and worked is not None and worked.remedy == plan.remedy and plan.makes_work_smaller:
            return as_small_as_worked(plan, worked, situation.tuning)
        return plan

    def _size(self, failed: Failed, diagnosis: Diagnosis) -> WorkSize | None:
        """How much work it is, where a remedy goes by that: the pipeline has to look it up."""
        if self._lookups.size_of is None or diagnosis.category is not Category.PIPELINE_TIMEOUT:
            return None
        return self._lookups.size_of(failed.subject.name, failed.partition)

    def _held(self, failed: Failed, diagnosis: Diagnosis) -> Held:
        """Who holds what was wanted, where it is about that: it has to be looked for."""
        if self._lookups.who_holds is None or diagnosis.category is not Category.SCHEDULING_CONFLICT:
            return Held()
        return self._lookups.who_holds(failed)

    def _attempts_before(self, failed: Failed, before: Attempt | None) -> int:
        """How many attempts were made before this failure; those of other steps of its run are none of this step's."""
        if before is not None:
            return before.number
        made = self.ledger.attempts_in_case(failed.subject, failed.origin)
        others = self.ledger.attempts_beside(failed.subject, failed.run_id, failed.step_key)
        return max(0, made - others)

    def _undone(self, failed: Failed, diagnosis: Diagnosis, plan: Plan, before: Tuning) -> MayNotAct | None:
        """What a person took back is not done again unasked; waiting and reading again change nothing to take back."""
        if plan.tuning.only_waits(before):
            return None
        receipt = undone_receipt(self.ledger.store, failed.subject, diagnosis.fingerprint, plan.remedy)
        if receipt is None:
            return None
        proposed = Proposed(plan.remedy, plan.change, tuning=plan.tuning)
        return MayNotAct(f"a person undid the same repair before (receipt {receipt})", proposed)


def _unless_unsure(diagnosis: Diagnosis, policy: Policy) -> Diagnosis:
    """The diagnosis to act on: a guess that the code is wrong counts as unknown, which is tried once as it was.

    That changes nothing and repeats nothing that has effects outside; what the code does wrong fails again.
    """
    is_guess = diagnosis.category is Category.CODE_DEFECT and diagnosis.confidence < UNSURE
    is_allowed = policy.unreadable or policy.cap(Category.CODE_DEFECT) is Cap.REPAIR  # unreadable: that is told instead
    if not is_guess or not is_allowed:
        return diagnosis
    return replace(diagnosis, category=Category.UNKNOWN, recoverable=True)


def _by(failed: Failed, diagnosis: Diagnosis) -> str:
    if failed.has_succeeded:
        return "as observed"
    return "as the error itself says" if diagnosis.rule == _STATED else f"by rule {diagnosis.rule}"


def _is_in_its_run(attempt: Attempt, failed: Failed) -> bool:
    """Whether an attempt runs in the run that failed. One that no run is known of is that of a repair run to come."""
    return failed.attempt_id == attempt.id or (attempt.run_id is not None and attempt.run_id == failed.run_id)


def _has_failed(attempt: Attempt, failed: Failed) -> bool:
    """Whether a failure ends an attempt: its step failed, or the run that is the attempt, or all of the run is over."""
    is_over = not failed.is_in_flight and not failed.has_succeeded
    return failed.attempt_id == attempt.id or attempt.is_of(failed.step_key) or is_over


def _attempted(before: Attempt | None) -> str:
    return f"attempt {before.number} of 2 ({before.remedy}), which failed" if before else "nothing yet"
