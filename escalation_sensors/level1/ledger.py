"""The ledger: the one owner of retries. Counts a case's attempts across step retries, run retries and repair runs.

Whether an attempt may start is `budget.py`'s; here it is decided and written in one transaction, so that no restart,
race or second process makes a third.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.budget import BUDGET_SECONDS, MayNotStart, Spent, may_start
from escalation_sensors.level1.tuning import Tuning
from escalation_sensors.store.store import Store
from escalation_sensors.store.tables import MOST_ATTEMPTS, attempts, cases, tunings

Outcome = Literal["repaired", "failed", "lost"]


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


@dataclass(frozen=True)
class Plan:
    """What an attempt would be: the remedy, how the step would be tuned, and what is known of its time."""

    remedy: str
    tuning: Tuning
    change: str
    wait_seconds: float = 0.0
    expected_seconds: float | None = None
    makes_work_smaller: bool = False


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
            case = self._case(connection, subject, origin, failed_at, budget_seconds)
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
        return Attempt(attempt_id, case["id"], row["number"], plan.remedy, plan.tuning, verdict.deadline_at)

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

    def pass_on(self, subject: Subject, origin: Origin, reason: str, *, failed_at: datetime, now: datetime) -> None:
        """End a case without a repair: it is level 2's."""
        with self.store.transaction() as connection:
            case = self._case(connection, subject, origin, failed_at, BUDGET_SECONDS)
            connection.execute(
                update(cases)
                .where(cases.c.id == case["id"], cases.c.state == "open")
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
        tuning = Tuning.from_json(row["tuning"])
        return Attempt(row["id"], row["case_id"], row["number"], row["remedy"], tuning, row["deadline_at"])

    def tuning_in_force(self, subject: Subject) -> Tuning | None:
        """The tuning that an earlier repair left behind, if one did."""
        with self.store.reading() as connection:
            found = connection.execute(
                select(tunings.c.tuning).where(
                    tunings.c.code_location == subject.code_location, tunings.c.subject == subject.name
                )
            ).scalar()
        return None if found is None else Tuning.from_json(found)

    def attempts_of(self, subject: Subject) -> list[Mapping[str, Any]]:
        """All attempts ever made for a subject, oldest first, as the store's rows."""
        with self.store.reading() as connection:
            query = select(attempts).join(cases, cases.c.id == attempts.c.case_id).where(_is_of(subject))
            return [dict(row) for row in connection.execute(query.order_by(attempts.c.id)).mappings()]

    def _case(
        self, connection: Connection, subject: Subject, origin: Origin, failed_at: datetime, budget_seconds: float
    ) -> Mapping[str, Any]:
        """The case of a failure: that of its runs; else one that is open and within its budget; else a new one."""
        if connection.dialect.name == "postgresql":
            # SQLite's transactions exclude one another as they are; here two first failures would open two cases.
            key = func.hashtext(f"{subject.code_location}\x1f{subject.name}")
            connection.execute(select(func.pg_advisory_xact_lock(key)))
        newest = select(cases).where(_is_of(subject)).order_by(cases.c.id.desc())
        same_runs = connection.execute(newest.where(_belongs_to(origin))).mappings().first()
        if same_runs is not None:
            return dict(same_runs)
        last = connection.execute(newest.where(cases.c.state == "open")).mappings().first()
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


def _is_of(subject: Subject) -> ColumnElement[bool]:
    return and_(cases.c.code_location == subject.code_location, cases.c.subject == subject.name)


def _belongs_to(origin: Origin) -> ColumnElement[bool]:
    same_run = cases.c.root_run_id == origin.root_run_id
    return or_(same_run, cases.c.backfill_id == origin.backfill_id) if origin.backfill_id else same_run
