"""Attempts that acted and whose proof is the subject's next execution: an improved layout, queueing behind another.

What such an execution shows is for others to judge; here its contract is looked at, as that of any repair.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from escalation_sensors.level1.ledger import Attempt, Ledger, Subject
from escalation_sensors.level1.receipt import Proof
from escalation_sensors.level1.receipt_book import Receipt, write_repair
from escalation_sensors.level1.remedies import plain, slow_performance
from escalation_sensors.level1.subjects import PROVES_TAG
from escalation_sensors.level1.succeeded import Succeeded
from escalation_sensors.store.store import Store
from escalation_sensors.store.tables import attempts, cases


def pending_proof(ledger: Ledger, subject: Subject, remedy: str) -> Attempt | None:
    """The newest attempt of a subject by a remedy that has not ended, if there is one.

    Raises:
        StoreError: the store cannot be reached.
    """
    query = (
        select(attempts.c.id)
        .join(cases, cases.c.id == attempts.c.case_id)
        .where(
            attempts.c.outcome == "running",
            attempts.c.remedy == remedy,
            cases.c.code_location == subject.code_location,
            cases.c.subject == subject.name,
        )
        .order_by(attempts.c.id.desc())
    )
    with ledger.store.reading() as connection:
        found = connection.execute(query).scalar()
    return None if found is None else ledger.attempt(int(found))


def versions_to_be_proved(store: Store) -> list[str]:
    """The versions of data, before and after, of attempts that are still to be proved: a receipt will name them.

    Raises:
        StoreError: the store cannot be reached.
    """
    query = select(attempts.c.version_before, attempts.c.version_after).where(attempts.c.outcome == "running")
    with store.reading() as connection:
        return [version for row in connection.execute(query) for version in row if version]


def prove_by(ended: Succeeded, ledger: Ledger, pending: Attempt, helped: str, now: datetime) -> None:
    """End an attempt by an execution that shows that it `helped`: a repair only if the contract passed, too.

    Where checks, or other steps of the asset, are still to come, the sensor looks at the run's end.

    Raises:
        StoreError: the store cannot be reached.
    """
    log = ended.step.log
    if not ended.is_all:
        ended.step.instance.add_run_tags(ended.step.run_id, {proves_tag(pending): str(pending.id)})
        log.info(f"Result: {pending.remedy} helped: {helped}; it is a repair if the checks of this run pass")
        return
    proof = ended.proof
    if not proof.holds:
        ledger.end_attempt(pending.id, "failed", now)
        ledger.end_case(pending.case_id, f"{proof.what_is_wrong} after the attempt", now)
        log.warning(f"Result: {pending.remedy} is no repair: {proof.what_is_wrong}; handed on to level 2")
        return
    written = write_pending(ledger, pending, proof, run_id=ended.step.run_id, now=now)
    if written is not None:
        remedy = written.body["remedy"]
        log.info(f"Result: {remedy} helped: {helped}; `escalation receipt {written.id}` tells all of it")


def write_pending(ledger: Ledger, pending: Attempt, proof: Proof, *, run_id: str, now: datetime) -> Receipt | None:
    """End such an attempt as a repair: a plain one, where it found nothing to improve. None if it had ended before.

    Raises:
        StoreError: the store cannot be reached; nothing was written.
        ValueError: the proof does not hold.
    """
    proof = replace(proof, version_before=pending.version_before, version_after=pending.version_after)
    if not pending.change.startswith(slow_performance.NOTHING):
        return write_repair(ledger, pending, proof, run_id=run_id, now=now)
    turned_out = replace(pending, remedy=plain.NAME)
    written = write_repair(ledger, turned_out, proof, run_id=run_id, now=now)
    if written is not None:
        ledger.rename(turned_out)  # not before: a plain attempt that runs is looked for in its run
    return written


def proves_tag(attempt: Attempt) -> str:
    """The tag of a run whose end proves the attempt."""
    return f"{PROVES_TAG}{attempt.remedy}"
