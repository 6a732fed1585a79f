"""The attempts of a code location that have not ended, as the store knows them.

What is proved by the step's next execution (`pending_proof.py`) is told apart: it is no run of the step again.
Nor is what is carried over to the partitions of a backfill: that is many runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, select

from escalation_sensors.level1.case_lookup import PROVED_BY_NEXT, attempt_of_row, is_running, steps_of
from escalation_sensors.level1.ledger import Attempt, Ledger, Origin, Subject
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
    return _found(ledger, location, _is_under_way(location))


def to_be_proved(ledger: Ledger, location: str) -> list[UnderWay]:
    """Those that acted, and that the next execution of their subject proves; oldest first.

    Raises:
        StoreError: the store cannot be reached.
    """
    is_pending = (attempts.c.outcome == "running") & attempts.c.remedy.in_(PROVED_BY_NEXT)
    return _found(ledger, location, is_pending & (cases.c.code_location == location))


def _found(ledger: Ledger, location: str, condition: ColumnElement[bool]) -> list[UnderWay]:
    last = (
        select(failures.c.run_id)
        .where(failures.c.case_id == cases.c.id)
        .order_by(failures.c.id.desc())
        .limit(1)
        .correlate(cases)
        .scalar_subquery()
    )
    columns = (cases.c.subject, cases.c.root_run_id, cases.c.backfill_id, last.label("failed_run_id"))
    query = select(attempts, *columns).join(cases, cases.c.id == attempts.c.case_id).where(condition)
    # All in one query: after a storm they are a thousand.
    with ledger.store.reading() as connection:
        rows = [dict(row) for row in connection.execute(query.order_by(attempts.c.id)).mappings()]
        steps = steps_of(connection, [row["id"] for row in rows])
    return [
        UnderWay(
            attempt_of_row(row, steps[row["id"]]),
            Subject(location, row["subject"]),
            Origin(row["root_run_id"], row["backfill_id"]),
            row["failed_run_id"],
        )
        for row in rows
    ]


def case_under_way(ledger: Ledger, subject: Subject) -> int | None:
    """The case in which an attempt for a subject is under way, if one is.

    Raises:
        StoreError: the store cannot be reached.
    """
    query = (
        select(cases.c.id)
        .join(attempts, cases.c.id == attempts.c.case_id)
        .where(_is_under_way(subject.code_location), cases.c.subject == subject.name)
        .limit(1)
    )
    with ledger.store.reading() as connection:
        return connection.execute(query).scalar()


def _is_under_way(location: str) -> ColumnElement[bool]:
    return and_(is_running(), ~is_carried_over(), cases.c.code_location == location)


def told_in_step(ledger: Ledger, run_ids: Sequence[str]) -> dict[str, set[str]]:
    """By run, the steps whose failure level 1 saw inside them. What was only slow did not fail.

    Raises:
        StoreError: the store cannot be reached.
    """
    found: dict[str, set[str]] = {}
    for run_id, event_key in _told(ledger, run_ids, in_step=True):
        step_key, _, attempt = event_key.removeprefix(f"{run_id}:").rpartition(":")
        if attempt.isdigit():
            found.setdefault(run_id, set()).add(step_key)
    return found


def told_by_sensor(ledger: Ledger, run_ids: Sequence[str]) -> set[str]:
    """Those of the runs whose failure the sensor wrote down before.

    Raises:
        StoreError: the store cannot be reached.
    """
    return {run_id for run_id, _ in _told(ledger, run_ids, in_step=False)}


def _told(ledger: Ledger, run_ids: Sequence[str], *, in_step: bool) -> list[tuple[str, str]]:
    by_sensor = failures.c.event_key.like("run:%")
    query = select(failures.c.run_id, failures.c.event_key).where(by_sensor != in_step)
    found: list[tuple[str, str]] = []
    with ledger.store.reading() as connection:
        for first in range(0, len(run_ids), 500):
            some = failures.c.run_id.in_(run_ids[first : first + 500])
            found += [(row.run_id, row.event_key) for row in connection.execute(query.where(some))]
    return found
