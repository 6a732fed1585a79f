"""Two executions of one subject and partition at the same time: seen at the end of one; the next one stands behind.

An overlap of two that succeeded is repaired when the next execution does not overlap, and its contract passes.
"""

from datetime import datetime

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.failure import FailureKind
from escalation_sensors.level1.better_schedule import better_schedule
from escalation_sensors.level1.decide import Again, LevelOne
from escalation_sensors.level1.heartbeat import FIRST_BEAT_SECONDS
from escalation_sensors.level1.holders import Execution, others
from escalation_sensors.level1.ledger import Ledger
from escalation_sensors.level1.pending_proof import pending_proof, prove_by
from escalation_sensors.level1.proposals import propose_for_case
from escalation_sensors.level1.remedies import scheduling_conflict
from escalation_sensors.level1.setup import Setup
from escalation_sensors.level1.succeeded import Succeeded
from escalation_sensors.level1.tuning_memory import remember


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
        prove_by(ended, ledger, pending, "nothing overlapped it", now)
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
    proposed = better_schedule(
        step.instance,
        step.tags,
        ledger.store,
        setup,
        subject,
        partitions=step.partitions,
        just_took_seconds=ended.seconds,
    )
    if proposed is not None:
        propose_for_case(ledger.store, decision.attempt.case_id, subject, proposed, now)
