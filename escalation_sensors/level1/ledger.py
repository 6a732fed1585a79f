"""The ledger: the one owner of retries. Counts a case's attempts across step retries, run retries and repair runs.

Whether an attempt may start is `budget.py`'s; here it is decided and written in one transaction, so that no restart,
race or second process makes a third.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, exists, func, insert, select, update

from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.attempt import Attempt, Origin, Outcome, Plan, Subject
from escalation_sensors.level1.budget import BUDGET_SECONDS, MayNotStart, Spent, may_start
from escalation_sensors.level1.case_lookup import (
    PROVED_BY_NEXT,
    attempt_of_row,
    attempts_where,
    belongs_to,
    case_of,
    is_of,
    is_running,
    newest_case,
    open_case,
    steps_of,
)
from escalation_sensors.store.store import Store
from escalation_sensors.store.tables import MOST_ATTEMPTS, attempt_steps, attempts, cases, failures

__all__ = ["Attempt", "Ledger", "Origin", "Outcome", "Plan", "Subject"]


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
        step_key: str = "",
    ) -> Attempt | MayNotStart:
        """Count a new attempt, if one may start; the case it belongs to is found, or opened at `failed_at`.

        The budget is that of the case: what is given for a case that is open already changes nothing. `step_key` is
        run again; in the run `run_id`, where that is known. A step joins the attempt that does the same for another
        step of its run: that is counted once.
        """
        with self.store.transaction() as connection:
            case = case_of(connection, subject, origin, failed_at, budget_seconds)
            made = attempts_where(connection, attempts.c.case_id == case["id"])
            if case["state"] == "repaired" and _is_another_step(made, run_id, step_key):
                reopened = update(cases).where(cases.c.id == case["id"])
                connection.execute(reopened.values(state="open", ended_at=None))
            elif case["state"] != "open":
                return MayNotStart(f"the case was ended: {case['reason'] or case['state']}", has_ended=True)
            running = [each for each in made if not each.has_ended and each.remedy not in PROVED_BY_NEXT]
            beside = [each for each in running if run_id and each.run_id == run_id and not each.is_of(step_key)]
            joined = next((each for each in beside if _does_the_same(each, plan)), None)
            spent = Spent(
                case["first_failure_at"],
                case["budget_seconds"],
                attempts=joined.number - 1 if joined else len(made),
                is_running=len(running) > len(beside),
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
            if joined is not None:
                _add_step(connection, joined.id, step_key)
                return replace(joined, steps={**joined.steps, step_key: False})
            row = {
                "case_id": case["id"],
                "number": len(made) + 1,
                "category": diagnosis.category.value,
                "fingerprint": diagnosis.fingerprint,
                "remedy": plan.remedy,
                "tuning": plan.tuning.as_json(),
                "change": plan.change,
                "run_id": run_id,
                "root_run_id": origin.root_run_id,
                "begun_at": now,
                "deadline_at": verdict.deadline_at,
                "not_before": now + timedelta(seconds=plan.wait_seconds) if plan.wait_seconds > 0 else None,
            }
            (attempt_id,) = connection.execute(insert(attempts).values(row).returning(attempts.c.id)).one()
            if step_key:
                _add_step(connection, attempt_id, step_key)
        return attempt_of_row({"id": attempt_id, **row}, {step_key: False} if step_key else {})

    def end_step(self, attempt: Attempt, step_key: str) -> bool:
        """Write down that a step of an attempt has succeeded; whether all of its steps have ended."""
        with self.store.transaction() as connection:
            connection.execute(
                update(attempt_steps)
                .where(attempt_steps.c.attempt_id == attempt.id, attempt_steps.c.step_key == step_key)
                .values(has_ended=True)
            )
            return all(steps_of(connection, [attempt.id])[attempt.id].values())

    def has_ended_steps(self, attempt: Attempt) -> bool:
        """Whether all steps of an attempt have succeeded."""
        with self.store.reading() as connection:
            return all(steps_of(connection, [attempt.id])[attempt.id].values())

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
                self.end_repaired_case(connection, ended.case_id, now)

    def end_repaired_case(self, connection: Connection, case_id: int, now: datetime) -> None:
        """End a case as repaired, unless another step of it is still to be repaired."""
        still = exists().where(attempts.c.case_id == case_id, is_running())
        connection.execute(update(cases).where(cases.c.id == case_id, ~still).values(state="repaired", ended_at=now))

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
        """End a case without a repair: it is level 2's.

        What this run had repaired before it failed is no repair, nor what it is still to prove.
        """
        with self.store.transaction() as connection:
            case = case_of(connection, subject, origin, failed_at, BUDGET_SECONDS)
            of_others = exists().where(
                attempts.c.case_id == case["id"], is_running(), attempts.c.run_id.is_distinct_from(run_id)
            )
            if newest_case(connection, subject, origin) is None and connection.execute(select(of_others)).scalar():
                # What another run is still to repair is not ended by this one.
                case = open_case(connection, subject, origin, failed_at, BUDGET_SECONDS)
            connection.execute(
                update(failures)
                .where(
                    failures.c.code_location == subject.code_location,
                    failures.c.subject == subject.name,
                    failures.c.root_run_id == origin.root_run_id,
                    failures.c.case_id.is_(None),
                )
                .values(case_id=case["id"])
            )
            of_run = (attempts.c.case_id == case["id"]) & (attempts.c.run_id == run_id)
            connection.execute(update(attempts).where(of_run, is_running()).values(outcome="failed", ended_at=now))
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

    def cancel(self, run_id: str, now: datetime) -> None:
        """End what is under way in a run that a person terminated: neither a failure, nor level 2's."""
        with self.store.transaction() as connection:
            ended = connection.execute(
                update(attempts)
                .where(attempts.c.run_id == run_id, is_running())
                .values(outcome="canceled", ended_at=now)
                .returning(attempts.c.case_id)
            ).scalars()
            connection.execute(
                update(cases)
                .where(cases.c.id.in_(list(ended)), cases.c.state == "open")
                .values(state="canceled", reason="a person terminated it", ended_at=now)
            )

    def end_case(self, case_id: int, reason: str, now: datetime) -> None:
        """End a case without a repair, by its id: it is level 2's."""
        with self.store.transaction() as connection:
            connection.execute(
                update(cases)
                .where(cases.c.id == case_id, cases.c.state == "open")
                .values(state="passed_on", reason=reason, ended_at=now)
            )

    def running_attempts(self, subject: Subject, origin: Origin) -> list[Attempt]:
        """The attempts that are under way for a subject in these runs, oldest first."""
        with self.store.reading() as connection:
            return attempts_where(connection, is_running(), is_of(subject), belongs_to(origin))

    def attempt_of_step(self, run_id: str, step_key: str) -> Attempt | None:
        """The newest attempt that runs a step of a run again, or did."""
        with self.store.reading() as connection:
            found = attempts_where(connection, attempts.c.run_id == run_id)
        return next((each for each in reversed(found) if step_key in each.steps), None)

    def attempt(self, attempt_id: int) -> Attempt | None:
        """One attempt, if there is such."""
        with self.store.reading() as connection:
            found = attempts_where(connection, attempts.c.id == attempt_id)
        return found[0] if found else None

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

    def improved(
        self, attempt: Attempt, change: str, run_id: str, *, before: str | None = None, after: str | None = None
    ) -> None:
        """Write down what an attempt changed, in which run, and from which version of the data to which.

        For those whose proof is still to come.
        """
        changed = {"change": change, "run_id": run_id, "version_before": before, "version_after": after}
        with self.store.transaction() as connection:
            connection.execute(update(attempts).where(attempts.c.id == attempt.id).values(changed))

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

    def attempts_beside(self, subject: Subject, run_id: str, step_key: str) -> int:
        """How many attempts a run has made for other steps of a subject only."""
        with self.store.reading() as connection:
            found = attempts_where(connection, is_of(subject), attempts.c.run_id == run_id)
        return sum(not each.is_of(step_key) for each in found)

    def state_of_case(self, subject: Subject, origin: Origin) -> str | None:
        """`open`, `repaired`, `passed_on` or `canceled`; None if these runs have no case."""
        with self.store.reading() as connection:
            case = newest_case(connection, subject, origin)
            return None if case is None else str(case["state"])

    def attempts_of(self, subject: Subject) -> list[Mapping[str, Any]]:
        """All attempts ever made for a subject, oldest first, as the store's rows."""
        with self.store.reading() as connection:
            query = select(attempts).join(cases, cases.c.id == attempts.c.case_id).where(is_of(subject))
            return [dict(row) for row in connection.execute(query.order_by(attempts.c.id)).mappings()]


def _add_step(connection: Connection, attempt_id: int, step_key: str) -> None:
    row = {"attempt_id": attempt_id, "step_key": step_key, "has_ended": False}
    connection.execute(insert(attempt_steps).values(row))


def _does_the_same(attempt: Attempt, plan: Plan) -> bool:
    """Whether an attempt that has not ended does what is planned: with another tuning, a step needs its own."""
    return attempt.is_unfinished and (attempt.remedy, attempt.tuning) == (plan.remedy, plan.tuning)


def _is_another_step(made: list[Attempt], run_id: str | None, step_key: str) -> bool:
    """Whether a run has repaired other steps of its subject, and not this one."""
    of_run = [each for each in made if run_id and each.run_id == run_id]
    return bool(of_run) and not any(each.is_of(step_key) for each in of_run)
