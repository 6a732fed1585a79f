"""What a repair leaves behind: the tuning that the next runs of the subject begin with, until it relaxes again.

Remembered is what the cause will ask for again: resources, the mapping of columns, packages, queueing. Reading a source
anew, setting rows aside and deadlines are of one attempt.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from escalation_sensors.level1.ledger import Plan, Subject
from escalation_sensors.level1.tuning import PLAIN, Tuning
from escalation_sensors.store.store import Store
from escalation_sensors.store.tables import attempts, cases, receipts, tunings


@dataclass(frozen=True)
class Worked:
    """A remedy that repaired a fingerprint before."""

    remedy: str
    tuning: Tuning
    change: str


def undone_receipt(store: Store, subject: Subject, fingerprint: str, remedy: str) -> int | None:
    """The newest receipt of the same remedy against the same cause that a person took back; None if nobody did.

    Raises:
        StoreError: the store cannot be reached.
    """
    query = (
        select(receipts.c.id)
        .join(attempts, attempts.c.id == receipts.c.attempt_id)
        .join(cases, cases.c.id == attempts.c.case_id)
        .where(cases.c.code_location == subject.code_location, cases.c.subject == subject.name)
        .where(attempts.c.fingerprint == fingerprint, attempts.c.remedy == remedy, receipts.c.undone_at.is_not(None))
        .order_by(receipts.c.id.desc())
    )
    with store.reading() as connection:
        return connection.execute(query).scalars().first()


def lasting(tuning: Tuning) -> Tuning:
    """What of a tuning is remembered."""
    return tuning.behind_nobody().changed(reextract=False, quarantine=False, deadline_seconds=0.0)


def relaxed(tuning: Tuning) -> Tuning:
    """The tuning half the way back: fewer batches, then none, then the engine's own settings.

    What was mapped, taken in or installed stays: without it the next run would fail for certain.
    """
    if tuning.batches > 1:
        return replace(tuning, batches=tuning.batches // 2)
    return replace(
        PLAIN,
        columns=tuning.columns,
        casts=tuning.casts,
        added_columns=tuning.added_columns,
        packages=tuning.packages,
        extensions=tuning.extensions,
    )


def tuning_in_force(store: Store, subject: Subject) -> Tuning | None:
    """The tuning that earlier repairs left behind, if one did.

    Raises:
        StoreError: the store cannot be reached.
    """
    with store.reading() as connection:
        return in_force(connection, subject)


def in_force(connection: Connection, subject: Subject) -> Tuning | None:
    """The same, within a transaction."""
    found = connection.execute(select(tunings.c.tuning).where(_of(subject))).scalar()
    return None if found is None else Tuning.from_json(found)


def behind(connection: Connection, subject: Subject) -> int | None:
    """The attempt that left the tuning in force behind."""
    return connection.execute(select(tunings.c.attempt_id).where(_of(subject))).scalar()


def remember(connection: Connection, subject: Subject, tuning: Tuning, attempt_id: int | None, now: datetime) -> None:
    """Have the subject's next runs begin with a tuning; `PLAIN` forgets what was remembered."""
    connection.execute(delete(tunings).where(_of(subject)))
    if tuning != PLAIN:
        connection.execute(
            insert(tunings).values(
                code_location=subject.code_location,
                subject=subject.name,
                tuning=tuning.as_json(),
                set_at=now,
                attempt_id=attempt_id,
            )
        )


def count_good_run(store: Store, subject: Subject, relax_after: int, now: datetime) -> Tuning | None:
    """Count a run that went well with the remembered tuning; after enough of them it relaxes. Returns it if it did.

    Raises:
        StoreError: the store cannot be reached.
    """
    with store.transaction() as connection:
        row = connection.execute(select(tunings).where(_of(subject))).mappings().first()
        if row is None:
            return None
        if row["good_runs"] + 1 < relax_after:
            connection.execute(update(tunings).where(_of(subject)).values(good_runs=row["good_runs"] + 1))
            return None
        before = Tuning.from_json(row["tuning"])
        after = relaxed(before)
        if after == before:
            return None
        remember(connection, subject, after, row["attempt_id"], now)
        return after


def what_worked(store: Store, fingerprint: str) -> Worked | None:
    """The remedy that repaired this fingerprint last, unless the last attempt at it failed or was undone.

    Raises:
        StoreError: the store cannot be reached.
    """
    with store.reading() as connection:
        last = (
            connection.execute(
                select(attempts, receipts.c.undone_at)
                .outerjoin(receipts, receipts.c.attempt_id == attempts.c.id)
                .where(attempts.c.fingerprint == fingerprint, attempts.c.outcome.not_in(["running", "canceled"]))
                .order_by(attempts.c.id.desc())
                .limit(1)
            )
            .mappings()
            .first()
        )
    if last is None or last["outcome"] != "repaired" or last["undone_at"] is not None:
        return None
    return Worked(
        last["remedy"], Tuning.from_json(last["tuning"]), last["change"].removesuffix(", as it worked before")
    )


def as_small_as_worked(plan: Plan, worked: Worked, before: Tuning) -> Plan:
    """The plan, with as many parts as repaired the same cause before. All else is of now: columns, packages, holder."""
    batches = worked.tuning.batches
    if batches <= plan.tuning.batches:
        return plan
    change = f"{batches} parts instead of {before.batches}, as it worked before"
    return replace(plan, tuning=plan.tuning.changed(batches=batches), change=change)


def _of(subject: Subject) -> ColumnElement[bool]:
    return (tunings.c.code_location == subject.code_location) & (tunings.c.subject == subject.name)
