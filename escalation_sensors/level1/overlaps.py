"""Two executions of one subject and partition at the same time: seen at the end of one; the next one stands behind.

An overlap of two that succeeded is repaired when the next execution does not overlap.
"""

from dataclasses import dataclass
from datetime import datetime

from escalation_sensors.dagster_internals import StepInFlight
from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.failure import Failure, FailureKind, Link
from escalation_sensors.level1.decide import Again, LevelOne
from escalation_sensors.level1.failed import Failed, Settings
from escalation_sensors.level1.heartbeat import FIRST_BEAT_SECONDS
from escalation_sensors.level1.holders import Execution, others
from escalation_sensors.level1.ledger import Ledger
from escalation_sensors.level1.pending_proof import pending_proof
from escalation_sensors.level1.proposals import propose_for_case
from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.receipt import Proof
from escalation_sensors.level1.receipt_book import write_repair
from escalation_sensors.level1.remedies import scheduling_conflict
from escalation_sensors.level1.remedies.better_cron import better_cron
from escalation_sensors.level1.seen import Seen
from escalation_sensors.level1.setup import Setup
from escalation_sensors.level1.subjects import origin_of
from escalation_sensors.level1.tuning_memory import remember

SCHEDULE_TAG = "dagster/schedule_name"


@dataclass(frozen=True)
class Ended:
    """An execution that has just succeeded."""

    step: StepInFlight
    execution: Execution
    settings: Settings
    seen: Seen
    seconds: float


def judge_overlap(ended: Ended, ledger: Ledger, setup: Setup, now: datetime) -> None:
    """Look for another execution of the same, and whether one that stood behind has proved the repair.

    Raises:
        StoreError: the store cannot be reached.
    """
    if ended.seconds < FIRST_BEAT_SECONDS:
        return  # too short to beat, and to be seen
    beside = others(ledger.store, ended.execution, now, setup.policy.stale_heartbeat_seconds)
    subject = ended.execution.subject
    pending = pending_proof(ledger, subject, scheduling_conflict.QUEUE)
    if pending is not None:
        if pending.begun_at is not None and ended.execution.started_at < pending.begun_at:
            return  # one of the two that overlapped
        if beside and beside[0].started_at > ended.execution.started_at:
            return  # another that has just begun, and stands behind this one
        if beside:
            ledger.end_attempt(pending.id, "failed", now)
            ledger.end_case(pending.case_id, f"run {beside[0].run_id} overlapped it again", now)
            return
        proof = Proof(tuple(ended.seen.passed), tuple(ended.seen.warned), rows_after=ended.seen.rows)
        written = write_repair(ledger, pending, proof, run_id=ended.step.run_id, now=now)
        if written is not None:
            ended.step.log.info(f"Result: {pending.remedy} helped: nothing overlapped it; receipt {written.id}")
    elif beside:
        _decide(ended, beside[0], ledger, setup, now)


def _decide(ended: Ended, other: Execution, ledger: Ledger, setup: Setup, now: datetime) -> None:
    step, subject = ended.step, ended.execution.subject
    said = f"run {other.run_id} is working on the same since {other.started_at:%H:%M:%S} UTC"
    link = Link((), said, frozenset({f"stated:{Category.SCHEDULING_CONFLICT.value}"}))
    failed = Failed(
        event_key=f"{step.run_id}:{step.step_key}:overlap",
        subject=subject,
        origin=origin_of(step),
        run_id=step.run_id,
        failure=Failure(FailureKind.OVERLAP, (link,), code_location=subject.code_location, subject=subject.name),
        said=said,
        at=now,
        settings=ended.settings,
        partition=ended.execution.partition,
        has_succeeded=True,
        is_in_flight=False,
    )
    decision = LevelOne(ledger, setup.classifier, setup.policy, setup.allowed).decide(failed, now, step.log.warning)
    if not isinstance(decision, Again):
        return
    with ledger.store.transaction() as connection:
        remember(connection, subject, decision.attempt.tuning, decision.attempt.id, now)
    ledger.set_run(decision.attempt.id, step.run_id)
    schedule = step.tags.get(SCHEDULE_TAG, "")
    cron = setup.schedules.get(schedule)
    better = better_cron(cron, ended.seconds) if cron else None
    if better is not None:
        effect = f"schedule {schedule}: {better} instead of {cron}, since a run takes {ended.seconds:.0f} s"
        proposed = Proposed("better_schedule", effect, f"write {cron} again", seconds=ended.seconds)
        propose_for_case(ledger.store, decision.attempt.case_id, subject, proposed, now)
