"""The attempts of a code location that have not ended, as the store knows them.

What is proved by the step's next execution (`pending_proof.py`) is none of them: it is no run of the step again.
Nor is what is carried over to the partitions of a backfill: that is many runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, select

from escalation_sensors.level1.ledger import PROVED_BY_NEXT, Attempt, Ledger, Origin, Subject
from escalation_sensors.store.tables import attempts, cases, failures


@dataclass(frozen=True)
class UnderWay:
    """An attempt that runs, or is to run, in one run; `failed_run_id` is of the failure that it answers, if known."""

    attempt: Attempt
    subject: Subject
    origin: Origin
    failed_run_id: str | None


def is_carried_over() -> ColumnElement[bool]:
    """Whether an attempt carries over what repaired one partition: it is many runs, and `carry_over.py` ends it."""
    first = attempts.alias()
    return exists().where(
        first.c.case_id == attempts.c.case_id, first.c.id < attempts.c.id, first.c.outcome == "repaired"
    )


def under_way(ledger: Ledger, location: str) -> list[UnderWay]:
    """All of them, oldest first.

    Raises:
        StoreError: the store cannot be reached.
    """
    with ledger.store.reading() as connection:
        rows = connection.execute(
            select(attempts.c.id, cases.c.subject, cases.c.root_run_id, cases.c.backfill_id, cases.c.id.label("case"))
            .join(cases, cases.c.id == attempts.c.case_id)
            .where(
                attempts.c.outcome == "running",
                attempts.c.remedy.not_in(PROVED_BY_NEXT),
                ~is_carried_over(),
                cases.c.code_location == location,
            )
            .order_by(attempts.c.id)
        ).all()
        last = {
            row.case: connection.execute(
                select(failures.c.run_id).where(failures.c.case_id == row.case).order_by(failures.c.id.desc()).limit(1)
            ).scalar()
            for row in rows
        }
    found = []
    for row in rows:
        attempt = ledger.attempt(row.id)
        if attempt is not None and not attempt.has_ended:
            origin = Origin(row.root_run_id, row.backfill_id)
            found.append(UnderWay(attempt, Subject(location, row.subject), origin, last[row.case]))
    return found


def told_in_step(ledger: Ledger, run_ids: Sequence[str]) -> set[str]:
    """Those of the runs whose failure level 1 saw inside the step.

    Raises:
        StoreError: the store cannot be reached.
    """
    return _run_ids(ledger, run_ids, in_step=True)


def told_by_sensor(ledger: Ledger, run_ids: Sequence[str]) -> set[str]:
    """Those of the runs whose failure the sensor wrote down before.

    Raises:
        StoreError: the store cannot be reached.
    """
    return _run_ids(ledger, run_ids, in_step=False)


def _run_ids(ledger: Ledger, run_ids: Sequence[str], *, in_step: bool) -> set[str]:
    by_sensor = failures.c.event_key.like("run:%")
    found: set[str] = set()
    with ledger.store.reading() as connection:
        for first in range(0, len(run_ids), 500):
            some = failures.c.run_id.in_(run_ids[first : first + 500])
            found |= set(connection.execute(select(failures.c.run_id).where(some, by_sensor != in_step)).scalars())
    return found
