"""At the end of a step that succeeded: whether it was slow, and whether an improvement has helped."""

from dataclasses import dataclass
from datetime import datetime

from escalation_sensors.dagster_internals import StepInFlight
from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.failure import Failure, FailureKind, Link
from escalation_sensors.level1.decide import LevelOne
from escalation_sensors.level1.duration_history import Usual, is_far_over, usual_duration
from escalation_sensors.level1.failed import Failed, Settings
from escalation_sensors.level1.ledger import Attempt, Ledger, Subject
from escalation_sensors.level1.pending_proof import pending_proof
from escalation_sensors.level1.receipt import Proof
from escalation_sensors.level1.receipt_book import write_repair
from escalation_sensors.level1.remedies import slow_performance
from escalation_sensors.level1.seen import Seen
from escalation_sensors.level1.setup import Setup
from escalation_sensors.level1.subjects import origin_of


@dataclass(frozen=True)
class SlowStep:
    """A step that succeeded, and how long it took."""

    step: StepInFlight
    subject: Subject
    settings: Settings
    seen: Seen
    seconds: float


def judge_duration(slow: SlowStep, ledger: Ledger, setup: Setup, now: datetime) -> None:
    """Compare with the step's history: a slow one is a failure of its own kind, a quick one may prove a repair.

    Raises:
        StoreError: the store cannot be reached.
    """
    usual = usual_duration(ledger.store, slow.subject, slow.step.partitions)
    if usual is None:
        return
    improvement = improvement_of(ledger, slow.subject)
    is_slow = is_far_over(slow.seconds, usual, setup.policy.slow_over_seconds)
    if improvement is not None:
        if improvement.run_id is not None:
            _settle(slow, ledger, improvement, now, is_slow=is_slow)
        return
    if is_slow:
        _decide(slow, ledger, setup, usual, now)


def improvement_of(ledger: Ledger, subject: Subject) -> Attempt | None:
    """The improvement of a subject's layout that is under way; its run is known once it was made.

    Raises:
        StoreError: the store cannot be reached.
    """
    return pending_proof(ledger, subject, slow_performance.NAME)


def _settle(slow: SlowStep, ledger: Ledger, improvement: Attempt, now: datetime, *, is_slow: bool) -> None:
    if is_slow or slow.seen.failed:
        ledger.end_attempt(improvement.id, "failed", now)
        ledger.end_case(improvement.case_id, f"it still took {slow.seconds:.0f} s after {improvement.change}", now)
        slow.step.log.warning(f"Result: {improvement.remedy} did not help: it took {slow.seconds:.0f} s")
        return
    proof = Proof(tuple(slow.seen.passed), tuple(slow.seen.warned), rows_after=slow.seen.rows)
    written = write_repair(ledger, improvement, proof, run_id=slow.step.run_id, now=now)
    if written is not None:
        helped = f"{improvement.remedy} helped: now completes in {slow.seconds:.1f} s"
        slow.step.log.info(f"Result: {helped}; receipt {written.id}")


def _decide(slow: SlowStep, ledger: Ledger, setup: Setup, usual: Usual, now: datetime) -> None:
    step, subject = slow.step, slow.subject
    said = f"it took {slow.seconds:.0f} s, usually {usual.seconds:.0f} s (median of {usual.executions} executions)"
    link = Link((), said, frozenset({f"stated:{Category.SLOW_PERFORMANCE.value}"}))
    failed = Failed(
        event_key=f"{step.run_id}:{step.step_key}:slow",
        subject=subject,
        origin=origin_of(step),
        run_id=step.run_id,
        failure=Failure(FailureKind.SLOW, (link,), code_location=subject.code_location, subject=subject.name),
        said=said,
        at=now,
        settings=slow.settings,
        partition=step.partition,
        has_succeeded=True,
        is_in_flight=False,
    )
    improves = setup.pipeline.layouts is not None
    level_one = LevelOne(ledger, setup.classifier, setup.policy, setup.allowed, can_improve_layout=improves)
    level_one.decide(failed, now, step.log.warning)
