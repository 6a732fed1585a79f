"""Cases and attempts as rows: which case a failure belongs to, and which steps an attempt runs again. Decides nothing.

A case is a subject's; a run belongs to it by its root or its backfill, or because it joined while the case was open.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, or_, select

from escalation_sensors.level1.attempt import Attempt, Origin, Subject
from escalation_sensors.level1.tuning import Tuning
from escalation_sensors.store.tables import attempt_steps, attempts, cases, failures

PROVED_BY_NEXT = frozenset({"improve_layout", "queue_behind"})
"""The remedies whose proof is the subject's next execution: until then their attempt runs, and nothing is run again."""


def is_of(subject: Subject) -> ColumnElement[bool]:
    """Whether a case is a subject's."""
    return and_(cases.c.code_location == subject.code_location, cases.c.subject == subject.name)


def belongs_to(origin: Origin) -> ColumnElement[bool]:
    """Whether a case is that of these runs: one of them opened it, had an attempt of it, or was handed on with it."""
    of_case = attempts.alias()
    joined = exists().where(of_case.c.case_id == cases.c.id, of_case.c.root_run_id == origin.root_run_id)
    handed_on = exists().where(
        failures.c.code_location == cases.c.code_location,
        failures.c.subject == cases.c.subject,
        failures.c.root_run_id == origin.root_run_id,
        failures.c.case_id == cases.c.id,
    )
    of_runs = or_(cases.c.root_run_id == origin.root_run_id, joined, handed_on)
    return or_(of_runs, cases.c.backfill_id == origin.backfill_id) if origin.backfill_id else of_runs


def is_running() -> ColumnElement[bool]:
    """Whether an attempt is under way that runs something again."""
    return (attempts.c.outcome == "running") & attempts.c.remedy.not_in(PROVED_BY_NEXT)


def newest_case(connection: Connection, subject: Subject, origin: Origin) -> Mapping[str, Any] | None:
    """The case of a subject in these runs, as the store's row; None if there is none.

    One that a person's Terminate has ended is over: who runs the rest of the run anew has a new case.
    """
    query = select(cases).where(is_of(subject), belongs_to(origin), cases.c.state != "canceled")
    query = query.order_by(cases.c.id.desc())
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def steps_of(connection: Connection, attempt_ids: Collection[int]) -> dict[int, dict[str, bool]]:
    """By attempt, the steps that it runs again, each with whether it has ended."""
    found: dict[int, dict[str, bool]] = {identity: {} for identity in attempt_ids}
    for row in connection.execute(select(attempt_steps).where(attempt_steps.c.attempt_id.in_(list(attempt_ids)))):
        found[row.attempt_id][row.step_key] = row.has_ended
    return found


def case_of(
    connection: Connection, subject: Subject, origin: Origin, failed_at: datetime, budget_seconds: float
) -> Mapping[str, Any]:
    """The case of a failure: that of its runs; else one that is open and within its budget; else a new one."""
    if connection.dialect.name == "postgresql":
        # SQLite's transactions exclude one another as they are; here two first failures would open two cases.
        key = func.hashtext(f"{subject.code_location}\x1f{subject.name}")
        connection.execute(select(func.pg_advisory_xact_lock(key)))
    same_runs = newest_case(connection, subject, origin)
    if same_runs is not None:
        return same_runs
    waits = exists().where(attempts.c.case_id == cases.c.id, attempts.c.remedy.in_(PROVED_BY_NEXT))
    newest = select(cases).where(is_of(subject)).order_by(cases.c.id.desc())
    last = connection.execute(newest.where(cases.c.state == "open", ~waits)).mappings().first()
    if last is not None and failed_at <= last["first_failure_at"] + timedelta(seconds=last["budget_seconds"]):
        return dict(last)
    return open_case(connection, subject, origin, failed_at, budget_seconds)


def open_case(
    connection: Connection, subject: Subject, origin: Origin, failed_at: datetime, budget_seconds: float
) -> Mapping[str, Any]:
    """A new case, as the store's row."""
    row = {
        "code_location": subject.code_location,
        "subject": subject.name,
        "root_run_id": origin.root_run_id,
        "backfill_id": origin.backfill_id,
        "first_failure_at": failed_at,
        "budget_seconds": budget_seconds,
        "state": "open",
        "reason": "",
    }
    (case_id,) = connection.execute(insert(cases).values(row).returning(cases.c.id)).one()
    return {"id": case_id, **row}


def attempts_where(connection: Connection, *conditions: ColumnElement[bool]) -> list[Attempt]:
    """The attempts, with their cases at hand to ask about, oldest first."""
    query = select(attempts).join(cases, cases.c.id == attempts.c.case_id).where(*conditions).order_by(attempts.c.id)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    steps = steps_of(connection, [row["id"] for row in rows])
    return [attempt_of_row(row, steps[row["id"]]) for row in rows]


def attempt_of_row(row: Mapping[str, Any], steps: Mapping[str, bool]) -> Attempt:
    """The attempt in a row of the store, with the steps that it runs again."""
    return Attempt(
        row["id"],
        row["case_id"],
        row["number"],
        row["remedy"],
        Tuning.from_json(row["tuning"]),
        row["deadline_at"],
        row["run_id"],
        row["begun_at"],
        row["change"],
        row.get("outcome", "running") != "running",
        row["not_before"],
        steps,
        row.get("version_before"),
        row.get("version_after"),
    )
