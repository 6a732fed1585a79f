"""At the end of a step that succeeded: whether it was slow, and whether an improvement has helped."""

from datetime import datetime

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.failure import FailureKind
from escalation_sensors.level1.decide import LevelOne
from escalation_sensors.level1.duration_history import Usual, is_far_over, usual_duration
from escalation_sensors.level1.ledger import Attempt, Ledger, Subject
from escalation_sensors.level1.pending_proof import pending_proof, prove_by
from escalation_sensors.level1.proposals import propose_for_case
from escalation_sensors.level1.remedies import slow_performance
from escalation_sensors.level1.setup import Setup
from escalation_sensors.level1.succeeded import Succeeded


def judge_duration(ended: Succeeded, ledger: Ledger, setup: Setup, now: datetime) -> None:
    """Compare with the step's history: a slow one is a failure of its own kind, a quick one may prove a repair.

    Raises:
        StoreError: the store cannot be reached.
    """
    usual = usual_duration(ledger.store, ended.subject, ended.step.partitions)
    if usual is None:
        return
    improvement = improvement_of(ledger, ended.subject)
    is_slow = is_far_over(ended.seconds, usual, setup.policy.slow_over_seconds)
    if improvement is not None:
        if improvement.run_id is not None:
            _settle(ended, ledger, improvement, now, is_slow=is_slow)
        return
    if is_slow:
        _decide(ended, ledger, setup, usual, now)


def improvement_of(ledger: Ledger, subject: Subject) -> Attempt | None:
    """The improvement of a subject's layout that is under way; its run is known once it was made.

    Raises:
        StoreError: the store cannot be reached.
    """
    return pending_proof(ledger, subject, slow_performance.NAME)


def _settle(ended: Succeeded, ledger: Ledger, improvement: Attempt, now: datetime, *, is_slow: bool) -> None:
    if is_slow:
        ledger.end_attempt(improvement.id, "failed", now)
        ledger.end_case(improvement.case_id, f"it still took {ended.seconds:.0f} s after {improvement.change}", now)
        proposed = slow_performance.did_not_help(improvement.change, ended.seconds)
        propose_for_case(ledger.store, improvement.case_id, ended.subject, proposed, now)
        ended.step.log.warning(
            f"Result: {improvement.remedy} did not help: it took {ended.seconds:.0f} s; handed on to level 2"
        )
        return
    prove_by(ended, ledger, improvement, f"now completes in {ended.seconds:.1f} s", now)


def _decide(ended: Succeeded, ledger: Ledger, setup: Setup, usual: Usual, now: datetime) -> None:
    said = f"it took {ended.seconds:.0f} s, usually {usual.seconds:.0f} s (median of {usual.executions} executions)"
    failed = ended.as_failed(FailureKind.SLOW, Category.SLOW_PERFORMANCE, said, now)
    improves = setup.pipeline.layouts is not None
    level_one = LevelOne(ledger, setup.classifier, setup.policy, setup.allowed, can_improve_layout=improves)
    level_one.decide(failed, now, ended.step.log.warning)
