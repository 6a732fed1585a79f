"""Two executions of one subject and partition at the same time: seen at the end of one; the next one stands behind.

An overlap of two that succeeded is repaired when the next execution does not overlap.
"""

from datetime import datetime

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.failure import FailureKind
from escalation_sensors.level1.decide import Again, LevelOne
from escalation_sensors.level1.heartbeat import FIRST_BEAT_SECONDS
from escalation_sensors.level1.holders import Execution, others
from escalation_sensors.level1.ledger import Ledger
from escalation_sensors.level1.pending_proof import pending_proof
from escalation_sensors.level1.proposals import propose_for_case
from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.receipt_book import write_repair
from escalation_sensors.level1.remedies import scheduling_conflict
from escalation_sensors.level1.remedies.better_cron import better_cron
from escalation_sensors.level1.setup import Setup
from escalation_sensors.level1.succeeded import Succeeded
from escalation_sensors.level1.tuning_memory import remember

SCHEDULE_TAG = "dagster/schedule_name"


def judge_overlap(ended: Succeeded, execution: Execution, ledger: Ledger, setup: Setup, now: datetime) -> None:
    """Look for another execution of the same, and whether one that stood behind has proved the repair.

    Raises:
        StoreError: the store cannot be reached.
    """
    if ended.seconds < FIRST_BEAT_SECONDS:
        return  # too short to beat, and to be seen
    beside = others(ledger.store, execution, now, setup.policy.stale_heartbeat_seconds)
    pending = pending_proof(ledger, ended.subject, scheduling_conflict.QUEUE)
    if pending is not None:
        if pending.begun_at is not None and execution.started_at < pending.begun_at:
            return  # one of the two that overlapped
        if beside and beside[0].started_at > execution.started_at:
            return  # another that has just begun, and stands behind this one
        if beside:
            ledger.end_attempt(pending.id, "failed", now)
            ledger.end_case(pending.case_id, f"run {beside[0].run_id} overlapped it again", now)
            return
        written = write_repair(ledger, pending, ended.proof, run_id=ended.step.run_id, now=now)
        if written is not None:
            helped = f"{pending.remedy} helped: nothing overlapped it"
            ended.step.log.info(f"Result: {helped}; `escalation receipt {written.id}` tells all of it")
    elif beside:
        _decide(ended, beside[0], ledger, setup, now)


def _decide(ended: Succeeded, other: Execution, ledger: Ledger, setup: Setup, now: datetime) -> None:
    step, subject = ended.step, ended.subject
    said = f"run {other.run_id} is working on the same since {other.started_at:%H:%M:%S} UTC"
    failed = ended.as_failed(FailureKind.OVERLAP, Category.SCHEDULING_CONFLICT, said, now)
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
