"""What repaired one partition of a backfill is carried over, once, to the others that failed of the same cause.

It is the case's second attempt: one run for each partition that failed, from its failure, with the backfill's tags.
A backfill that is one run needs none of it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import dagster as dg
from sqlalchemy import func, select, update

from escalation_sensors.dagster_internals import create_run_from_failure
from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.ledger import Attempt, Origin, Plan, Subject
from escalation_sensors.level1.receipt import Proof
from escalation_sensors.level1.receipt_book import write_repair
from escalation_sensors.level1.repair_runs.endings import proof_of
from escalation_sensors.level1.repair_runs.launch import JOB_NAME, key_of, tags_of_attempt
from escalation_sensors.level1.repair_runs.tick import Tick
from escalation_sensors.level1.repair_runs.under_way import UnderWay
from escalation_sensors.level1.subjects import ATTEMPT_TAG, CARRIED_TAG
from escalation_sensors.level1.tuning import Tuning
from escalation_sensors.store.tables import attempts, cases, failures

BACKFILL_TAG = "dagster/backfill"
LAUNCHES_A_TICK = 50
"""The daemon's loop waits while it launches."""
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def carry_over(tick: Tick) -> list[dg.RunRequest]:
    """Begin what may begin, and go on with what was begun; what the daemon is to launch now.

    Raises:
        StoreError: the store cannot be reached.
    """
    requests: list[dg.RunRequest] = []
    for case in _repaired_once(tick):
        if tick.has_time and (failed := _failed_runs(tick, case)):
            _begin(tick, case, failed)
    for case, attempt in _begun(tick):
        if tick.has_time:
            requests += _go_on(tick, case, attempt)
    return requests[:LAUNCHES_A_TICK]


def _repaired_once(tick: Tick) -> list[Mapping[str, Any]]:
    """Cases of backfills that one attempt repaired."""
    made = select(func.count()).select_from(attempts).where(attempts.c.case_id == cases.c.id).scalar_subquery()
    with tick.ledger.store.reading() as connection:
        query = select(cases).where(
            cases.c.code_location == tick.location,
            cases.c.backfill_id.is_not(None),
            cases.c.state == "repaired",
            cases.c.ended_at > tick.now - timedelta(hours=tick.setup.policy.most_age_hours),
            made == 1,
        )
        return [dict(row) for row in connection.execute(query).mappings()]


def _failed_runs(tick: Tick, case: Mapping[str, Any]) -> list[dg.DagsterRun]:
    """The runs of the case that failed and were not run again; none while the backfill is under way."""
    of_backfill = {BACKFILL_TAG: case["backfill_id"]}
    if tick.instance.get_runs(filters=dg.RunsFilter(tags=of_backfill, statuses=UNFINISHED), limit=1):
        return []
    with tick.ledger.store.reading() as connection:
        known = set(connection.execute(select(failures.c.run_id).where(failures.c.case_id == case["id"])).scalars())
    runs = tick.instance.get_runs(filters=dg.RunsFilter(tags=of_backfill))
    again = {run.parent_run_id for run in runs}
    failed = dg.DagsterRunStatus.FAILURE
    return [run for run in runs if run.run_id in known and run.status is failed and run.run_id not in again]


def _begin(tick: Tick, case: Mapping[str, Any], failed: list[dg.DagsterRun]) -> None:
    with tick.ledger.store.reading() as connection:
        first = connection.execute(select(attempts).where(attempts.c.case_id == case["id"])).mappings().one()
    many = "the other partition" if len(failed) == 1 else f"the {len(failed)} other partitions"
    change = f"{first['change']}: as it repaired one partition, for {many}"
    diagnosis = Diagnosis(Category(first["category"]), 1.0, "carry_over", "", first["fingerprint"], recoverable=True)
    with tick.ledger.store.transaction() as connection:
        reopened = update(cases).where(cases.c.id == case["id"], cases.c.state == "repaired")
        connection.execute(reopened.values(state="open", ended_at=None))
    begun = tick.ledger.begin_attempt(
        Subject(case["code_location"], case["subject"]),
        Origin(case["root_run_id"], case["backfill_id"]),
        diagnosis,
        Plan(first["remedy"], Tuning.from_json(first["tuning"]), change),
        failed_at=case["first_failure_at"],
        now=tick.now,
    )
    if isinstance(begun, Attempt):
        tick.tell(f"{case['subject']}: {change}")
        return
    reason = f"one partition was repaired, {len(failed)} more failed, and {begun.reason}"
    tick.ledger.end_case(case["id"], reason, tick.now)
    tick.tell(f"{case['subject']}: handed on, because {reason}")


def _begun(tick: Tick) -> list[tuple[Mapping[str, Any], Attempt]]:
    """Second attempts whose first was a repair: those that carry it over."""
    first = attempts.alias()
    query = (
        select(cases, attempts.c.id.label("attempt_id"))
        .join(attempts, attempts.c.case_id == cases.c.id)
        .join(first, first.c.case_id == cases.c.id)
        .where(
            cases.c.code_location == tick.location,
            attempts.c.number == 2,  # noqa: PLR2004 - the protocol's second
            first.c.number == 1,
            first.c.outcome == "repaired",
            attempts.c.begun_at > tick.now - timedelta(hours=tick.setup.policy.most_age_hours),
        )
    )
    with tick.ledger.store.reading() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    return [(row, found) for row in rows if (found := tick.ledger.attempt(row["attempt_id"])) is not None]


def _go_on(tick: Tick, case: Mapping[str, Any], attempt: Attempt) -> list[dg.RunRequest]:
    if attempt.has_ended and case["state"] != "passed_on":
        return []
    carried = list(tick.instance.get_runs(filters=dg.RunsFilter(tags={ATTEMPT_TAG: str(attempt.id)})))
    is_over = case["state"] == "passed_on" or tick.now > attempt.deadline_at
    waiting = [run for run in carried if run.status is dg.DagsterRunStatus.NOT_STARTED]
    if is_over:
        for run in waiting:
            tick.instance.report_run_canceled(run, "Its case was handed on before it could be launched.")
        _end(tick, case, attempt, carried)
        return []
    parents = {run.parent_run_id for run in carried}
    missing = [run for run in _without_repair(tick, case) if run.run_id not in parents]
    for run in missing:
        if not tick.has_time:
            break
        tags = {**tags_of_attempt(attempt, run, tick.now), CARRIED_TAG: "true"}
        waiting.append(create_run_from_failure(tick.instance, tick.repository, run, tags))
    if carried and not missing and not waiting:
        _end(tick, case, attempt, carried)
    return [dg.RunRequest(run_key=key_of(attempt.id, run.parent_run_id or ""), job_name=JOB_NAME) for run in waiting]


def _without_repair(tick: Tick, case: Mapping[str, Any]) -> list[dg.DagsterRun]:
    """The runs of the case that failed by themselves, and were not run again."""
    with tick.ledger.store.reading() as connection:
        known = set(connection.execute(select(failures.c.run_id).where(failures.c.case_id == case["id"])).scalars())
    runs = tick.instance.get_runs(filters=dg.RunsFilter(tags={BACKFILL_TAG: case["backfill_id"]}))
    again = {run.parent_run_id for run in runs}
    wanted = [run for run in runs if run.run_id in known and run.run_id not in again and ATTEMPT_TAG not in run.tags]
    return [run for run in wanted if run.status is dg.DagsterRunStatus.FAILURE]


def _end(tick: Tick, case: Mapping[str, Any], attempt: Attempt, carried: list[dg.DagsterRun]) -> None:
    """When all have finished: the case is repaired only if none of them failed."""
    if any(not run.is_finished for run in carried):
        return
    if attempt.has_ended or case["state"] == "passed_on":
        return
    failed = [run for run in carried if run.status is not dg.DagsterRunStatus.SUCCESS]
    reason = (
        f"{len(failed)} of {len(carried)} partitions failed again" if carried else "no run could be created in time"
    )
    if carried and not failed:
        proof = _proof(tick, case, attempt, carried)
        if proof.holds:
            write_repair(tick.ledger, attempt, proof, run_id=carried[0].run_id, now=tick.now)
            tick.tell(f"{case['subject']}: {attempt.change}: repaired all of them")
            return
        reason = f"{', '.join(proof.checks_failed)} did not pass after it was carried over"
    tick.ledger.end_attempt(attempt.id, "failed", tick.now)
    with tick.ledger.store.transaction() as connection:
        connection.execute(
            update(cases).where(cases.c.id == case["id"]).values(state="passed_on", reason=reason, ended_at=tick.now)
        )
    tick.tell(f"{case['subject']}: handed on, because {reason}")


def _proof(tick: Tick, case: Mapping[str, Any], attempt: Attempt, carried: list[dg.DagsterRun]) -> Proof:
    """Of all runs together: a check that failed in one of them has failed."""
    of = UnderWay(
        attempt,
        Subject(case["code_location"], case["subject"]),
        Origin(case["root_run_id"], case["backfill_id"]),
        failed_run_id=None,
    )
    each = [proof_of(tick, of, run) for run in carried]
    return replace(
        each[-1],
        checks_passed=tuple(sorted({name for proof in each for name in proof.checks_passed})),
        checks_warned=tuple(sorted({name for proof in each for name in proof.checks_warned})),
        checks_failed=tuple(sorted({name for proof in each for name in proof.checks_failed})),
    )
