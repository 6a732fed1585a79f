"""The ledger: the one owner of retries. Counts a case's attempts across step retries, run retries and repair runs.

Whether an attempt may start is `budget.py`'s; here it is decided and written in one transaction, so that no restart,
race or second process makes a third.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, or_, select, update

from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.budget import BUDGET_SECONDS, MayNotStart, Spent, may_start
from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.tuning import Tuning
from escalation_sensors.store.store import Store
from escalation_sensors.store.tables import MOST_ATTEMPTS, attempts, cases

Outcome = Literal["repaired", "failed", "lost"]
PROVED_BY_NEXT = frozenset({"improve_layout", "queue_behind"})
"""The remedies whose proof is the subject's next execution: until then their attempt runs, and nothing is run again."""


@dataclass(frozen=True)
class Subject:
    """What failed: `name` is `asset:core/flight`, `op:job.op` or another of the store's forms."""

    code_location: str
    name: str


@dataclass(frozen=True)
class Origin:
    """Which runs belong together: a backfill, or a run with its retries and repairs."""

    root_run_id: str
    backfill_id: str | None = None


@dataclass(frozen=True)
class Attempt:
    """One attempt as the ledger knows it."""

    id: int
    case_id: int
    number: int
    remedy: str
    tuning: Tuning
    deadline_at: datetime
    run_id: str | None = None
    begun_at: datetime | None = None
    change: str = ""
    has_ended: bool = False


@dataclass(frozen=True)
class Plan:
    """What an attempt would be: the remedy, how the step would be tuned, what is known of its time.

    `proposed` is what a person is asked to do besides, so that it does not come back.
    """

    remedy: str
    tuning: Tuning
    change: str
    wait_seconds: float = 0.0
    expected_seconds: float | None = None
    makes_work_smaller: bool = False
    proposed: Proposed | None = None


class Ledger:
    """Cases and attempts in a store. Every method is one transaction and may raise `StoreError`."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def begin_attempt(  # noqa: PLR0913 - what happened, and what is planned, each with its place and time
        self,
        subject: Subject,
        origin: Origin,
        diagnosis: Diagnosis,
        plan: Plan,
        *,
        failed_at: datetime,
        now: datetime,
        budget_seconds: float = BUDGET_SECONDS,
        run_id: str | None = None,
    ) -> Attempt | MayNotStart:
        """Count a new attempt, if one may start; the case it belongs to is found, or opened at `failed_at`.

        The budget is that of the case: what is given for a case that is open already changes nothing.
        """
        with self.store.transaction() as connection:
            case = self.case_of(connection, subject, origin, failed_at, budget_seconds)
            if case["state"] != "open":
                return MayNotStart(f"the case was ended: {case['reason'] or case['state']}")
            made = connection.execute(
                select(attempts.c.number, attempts.c.outcome).where(attempts.c.case_id == case["id"])
            ).all()
            spent = Spent(
                case["first_failure_at"],
                case["budget_seconds"],
                attempts=len(made),
                is_running=any(outcome == "running" for _, outcome in made),
            )
            verdict = may_start(
                spent,
                now,
                most_attempts=MOST_ATTEMPTS,
                wait_seconds=plan.wait_seconds,
                expected_seconds=plan.expected_seconds,
                makes_work_smaller=plan.makes_work_smaller,
            )
            if isinstance(verdict, MayNotStart):
                return verdict
            row = {
                "case_id": case["id"],
                "number": len(made) + 1,
                "category": diagnosis.category.value,
                "fingerprint": diagnosis.fingerprint,
                "remedy": plan.remedy,
                "tuning": plan.tuning.as_json(),
                "change": plan.change,
                "run_id": run_id,
                "begun_at": now,
                "deadline_at": verdict.deadline_at,
            }
            (attempt_id,) = connection.execute(insert(attempts).values(row).returning(attempts.c.id)).one()
        return _attempt({"id": attempt_id, **row})

    def end_attempt(self, attempt_id: int, outcome: Outcome, now: datetime) -> None:
        """Write how an attempt ended; the first word stands. A repair ends its case."""
        with self.store.transaction() as connection:
            ended = connection.execute(
                update(attempts)
                .where(attempts.c.id == attempt_id, attempts.c.outcome == "running")
                .values(outcome=outcome, ended_at=now)
                .returning(attempts.c.case_id)
            ).first()
            if ended is not None and outcome == "repaired":
                connection.execute(
                    update(cases).where(cases.c.id == ended.case_id).values(state="repaired", ended_at=now)
                )

    def pass_on(
        self,
        subject: Subject,
        origin: Origin,
        reason: str,
        *,
        failed_at: datetime,
        now: datetime,
        run_id: str | None = None,
    ) -> None:
        """End a case without a repair: it is level 2's. What this run had repaired before it failed is no repair."""
        with self.store.transaction() as connection:
            case = self.case_of(connection, subject, origin, failed_at, BUDGET_SECONDS)
            of_run = (attempts.c.case_id == case["id"]) & (attempts.c.run_id == run_id)
            contradicted = connection.execute(
                update(attempts)
                .where(of_run, attempts.c.outcome == "repaired")
                .values(outcome="failed", ended_at=now)
                .returning(attempts.c.id)
            ).first()
            ending = {"open"} if contradicted is None else {"open", "repaired"}
            connection.execute(
                update(cases)
                .where(cases.c.id == case["id"], cases.c.state.in_(ending))
                .values(state="passed_on", reason=reason, ended_at=now)
            )

    def end_case(self, case_id: int, reason: str, now: datetime) -> None:
        """End a case without a repair, by its id: it is level 2's."""
        with self.store.transaction() as connection:
            connection.execute(
                update(cases)
                .where(cases.c.id == case_id, cases.c.state == "open")
                .values(state="passed_on", reason=reason, ended_at=now)
            )

    def running_attempt(self, subject: Subject, origin: Origin) -> Attempt | None:
        """The attempt that is under way for a subject in these runs, if one is."""
        with self.store.reading() as connection:
            row = (
                connection.execute(
                    select(attempts)
                    .join(cases, cases.c.id == attempts.c.case_id)
                    .where(attempts.c.outcome == "running", _is_of(subject), _belongs_to(origin))
                    .order_by(attempts.c.id.desc())
                )
                .mappings()
                .first()
            )
        if row is None:
            return None
        return _attempt(dict(row))

    def attempt(self, attempt_id: int) -> Attempt | None:
        """One attempt, if there is such."""
        with self.store.reading() as connection:
            row = connection.execute(select(attempts).where(attempts.c.id == attempt_id)).mappings().first()
        return None if row is None else _attempt(dict(row))

    def subject_of(self, attempt: Attempt) -> Subject:
        """What an attempt is to repair."""
        with self.store.reading() as connection:
            row = connection.execute(
                select(cases.c.code_location, cases.c.subject).where(cases.c.id == attempt.case_id)
            ).one()
        return Subject(row.code_location, row.subject)

    def rename(self, attempt: Attempt) -> None:
        """Write down an attempt's remedy, tuning and change as they turned out to be."""
        with self.store.transaction() as connection:
            connection.execute(
                update(attempts)
                .where(attempts.c.id == attempt.id)
                .values(remedy=attempt.remedy, tuning=attempt.tuning.as_json(), change=attempt.change)
            )

    def improved(self, attempt: Attempt, change: str, run_id: str) -> None:
        """Write down what an attempt changed, and in which run, where its proof is still to come."""
        with self.store.transaction() as connection:
            connection.execute(update(attempts).where(attempts.c.id == attempt.id).values(change=change, run_id=run_id))

    def set_run(self, attempt_id: int, run_id: str) -> None:
        """Write down which run is the attempt, once it is known."""
        with self.store.transaction() as connection:
            connection.execute(update(attempts).where(attempts.c.id == attempt_id).values(run_id=run_id))

    def attempts_in_case(self, subject: Subject, origin: Origin) -> int:
        """How many attempts the case of these runs has had; 0 if there is no case yet."""
        with self.store.reading() as connection:
            case = newest_case(connection, subject, origin)
            if case is None:
                return 0
            made = select(func.count()).select_from(attempts).where(attempts.c.case_id == case["id"])
            return int(connection.execute(made).scalar_one())

    def state_of_case(self, subject: Subject, origin: Origin) -> str | None:
        """`open`, `repaired` or `passed_on`; None if these runs have no case."""
        with self.store.reading() as connection:
            case = newest_case(connection, subject, origin)
            return None if case is None else str(case["state"])

    def attempts_of(self, subject: Subject) -> list[Mapping[str, Any]]:
        """All attempts ever made for a subject, oldest first, as the store's rows."""
        with self.store.reading() as connection:
            query = select(attempts).join(cases, cases.c.id == attempts.c.case_id).where(_is_of(subject))
            return [dict(row) for row in connection.execute(query.order_by(attempts.c.id)).mappings()]

    def case_of(
        self, connection: Connection, subject: Subject, origin: Origin, failed_at: datetime, budget_seconds: float
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
        newest = select(cases).where(_is_of(subject)).order_by(cases.c.id.desc())
        last = connection.execute(newest.where(cases.c.state == "open", ~waits)).mappings().first()
        if last is not None and failed_at <= last["first_failure_at"] + timedelta(seconds=last["budget_seconds"]):
            return dict(last)
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


def newest_case(connection: Connection, subject: Subject, origin: Origin) -> Mapping[str, Any] | None:
    """The case of a subject in these runs, as the store's row; None if there is none."""
    query = select(cases).where(_is_of(subject), _belongs_to(origin)).order_by(cases.c.id.desc())
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def _attempt(row: Mapping[str, Any]) -> Attempt:
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
    )


def _is_of(subject: Subject) -> ColumnElement[bool]:
    return and_(cases.c.code_location == subject.code_location, cases.c.subject == subject.name)


def _belongs_to(origin: Origin) -> ColumnElement[bool]:
    same_run = cases.c.root_run_id == origin.root_run_id
    return or_(same_run, cases.c.backfill_id == origin.backfill_id) if origin.backfill_id else same_run
