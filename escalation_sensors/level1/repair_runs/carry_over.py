"""What repaired one partition of an asset is carried over, once, to the others that failed of the same cause.

It is the case's second attempt: one run for each partition that failed, from its failure, with the backfill's tags: so
many partitions as a run had, it may have again. A backfill that is one run needs none of it. Where the second attempt
repaired the first partition, there is none left for the others: they are handed on, and the case is no repair.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import dagster as dg
from sqlalchemy import func, select, update

from escalation_sensors.dagster_internals import create_run_from_failure, partition_in
from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.execution import version_and_rows
from escalation_sensors.level1.ledger import Attempt, Origin, Plan, Subject
from escalation_sensors.level1.receipt import Proof
from escalation_sensors.level1.receipt_book import write_repair
from escalation_sensors.level1.repair_runs.endings import proof_by_checks
from escalation_sensors.level1.repair_runs.launch import JOB_NAME, LAUNCHES_A_TICK, key_of, tags_of_attempt
from escalation_sensors.level1.repair_runs.tick import Tick
from escalation_sensors.level1.repair_runs.under_way import UnderWay, is_carried_over
from escalation_sensors.level1.subjects import ATTEMPT_TAG, CARRIED_TAG, VERSION_BEFORE_TAG
from escalation_sensors.level1.tuning import Tuning
from escalation_sensors.store.tables import attempts, cases, failures

BACKFILL_TAG = "dagster/backfill"
PARENT_RUN_ID_TAG = "dagster/parent_run_id"
_PROVED: dict[str, Proof] = {}
"""By run, what the checks of a finished one say, until all of its attempt are looked at: that may take many ticks."""
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
    for case in _repaired(tick):
        if tick.has_time and (failed := _failed_runs(tick, case)):
            if case["attempts"] == 1:
                _begin(tick, case, failed)
            else:
                _hand_on(tick, case, failed)
    for case, attempt in _begun(tick):
        if tick.has_time:
            requests += _go_on(tick, case, attempt)
    return requests[:LAUNCHES_A_TICK]


def _repaired(tick: Tick) -> list[Mapping[str, Any]]:
    """Cases of several partitions of which an attempt repaired one, and nothing was carried over yet."""
    made = select(func.count()).select_from(attempts).where(attempts.c.case_id == cases.c.id).scalar_subquery()
    partitions = select(func.count(failures.c.partition.distinct())).where(failures.c.case_id == cases.c.id)
    carried = select(attempts.c.id).where(attempts.c.case_id == cases.c.id, is_carried_over()).exists()
    with tick.ledger.store.reading() as connection:
        query = select(cases, made.label("attempts")).where(
            cases.c.code_location == tick.location,
            cases.c.state == "repaired",
            cases.c.ended_at > tick.now - timedelta(hours=tick.setup.policy.most_age_hours),
            partitions.scalar_subquery() > 1,
            ~carried,
        )
        return [dict(row) for row in connection.execute(query).mappings()]


def _failed_runs(tick: Tick, case: Mapping[str, Any]) -> list[dg.DagsterRun]:
    """What is left of the case; nothing while its backfill is under way."""
    of_backfill = {BACKFILL_TAG: case["backfill_id"]}
    if case["backfill_id"] and tick.instance.get_runs(
        filters=dg.RunsFilter(tags=of_backfill, statuses=UNFINISHED), limit=1
    ):
        return []
    return _left(tick, case)


def _left(tick: Tick, case: Mapping[str, Any]) -> list[dg.DagsterRun]:
    """Of each partition that is neither repaired nor carried over the last run that failed, the oldest first."""
    failed, again = _runs_of_case(tick, case)
    is_done = {
        partition_in(run.tags) for run in again if CARRIED_TAG in run.tags or run.status is dg.DagsterRunStatus.SUCCESS
    }
    parents = {run.parent_run_id for run in again}
    left = {partition_in(run.tags): run for run in failed if run.run_id not in parents}
    return [run for partition, run in left.items() if partition and partition not in is_done]


def _runs_of_case(tick: Tick, case: Mapping[str, Any]) -> tuple[list[dg.DagsterRun], list[dg.DagsterRun]]:
    """The runs that failed by themselves, in the order in which they did, and those that ran one of the case again."""
    query = select(failures.c.run_id).where(failures.c.case_id == case["id"]).order_by(failures.c.at, failures.c.id)
    with tick.ledger.store.reading() as connection:
        known = [str(run_id) for run_id in connection.execute(query).scalars()]
    failed = [run for run in tick.runs(known).values() if run.status is dg.DagsterRunStatus.FAILURE]
    again = tick.runs_with_tag(PARENT_RUN_ID_TAG, known)
    order = {run_id: number for number, run_id in enumerate(known)}
    return sorted(failed, key=lambda run: order[run.run_id]), again


def _hand_on(tick: Tick, case: Mapping[str, Any], failed: list[dg.DagsterRun]) -> None:
    """Both attempts are made, and repaired one partition: the others are level 2's."""
    more = "1 more partition" if len(failed) == 1 else f"{len(failed)} more partitions"
    reason = f"attempt 2 of 2 repaired one partition, {more} failed; run again, they begin with what repaired it"
    _pass_on(tick, case, reason)


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
    carried = tick.runs_with_tag(ATTEMPT_TAG, [str(attempt.id)])
    waiting = [run for run in carried if run.status is dg.DagsterRunStatus.NOT_STARTED]
    missing = [] if attempt.has_ended else _left(tick, case)
    if case["state"] == "passed_on" or tick.now > attempt.deadline_at:
        for run in waiting:
            tick.instance.report_run_canceled(run, "Its case was handed on before it could be launched.")
        _end(tick, case, attempt, carried, never_created=len(missing))
        return []
    while missing and tick.has_time:
        run = missing.pop(0)
        tags = {**tags_of_attempt(attempt, run, tick.now), CARRIED_TAG: "true"}
        waiting.append(create_run_from_failure(tick.instance, tick.repository, run, tags))
    if carried and not missing and not waiting:
        _end(tick, case, attempt, carried)
    return [dg.RunRequest(run_key=key_of(attempt.id, run.parent_run_id or ""), job_name=JOB_NAME) for run in waiting]


def _end(
    tick: Tick, case: Mapping[str, Any], attempt: Attempt, carried: list[dg.DagsterRun], never_created: int = 0
) -> None:
    """When all have finished: the case is repaired only if none of them failed, and each was begun."""
    if any(not run.is_finished for run in carried):
        return
    if attempt.has_ended or case["state"] == "passed_on":
        return
    again = sum(run.status is dg.DagsterRunStatus.FAILURE for run in carried)
    late = never_created + sum(run.status is dg.DagsterRunStatus.CANCELED for run in carried)
    if again or late:
        told = [f"{again} failed again"] if again else []
        told += [f"{late} were not begun within the budget"] if late else []
        reason = f"of {len(carried) + never_created} other partitions {' and '.join(told)}"
    elif (proof := _proof(tick, case, attempt, carried)) is None:
        return  # the next tick goes on with it
    elif proof.holds:
        write_repair(tick.ledger, attempt, proof, run_id=carried[0].run_id, now=tick.now)
        tick.tell(f"{case['subject']}: {attempt.change}: repaired all of them")
        return
    else:
        reason = f"{', '.join(proof.checks_failed)} did not pass after it was carried over"
    tick.ledger.end_attempt(attempt.id, "failed", tick.now)
    _pass_on(tick, case, reason)


def _pass_on(tick: Tick, case: Mapping[str, Any], reason: str) -> None:
    with tick.ledger.store.transaction() as connection:
        connection.execute(
            update(cases).where(cases.c.id == case["id"]).values(state="passed_on", reason=reason, ended_at=tick.now)
        )
    tick.tell(f"{case['subject']}: handed on, because {reason}")


def _proof(tick: Tick, case: Mapping[str, Any], attempt: Attempt, carried: list[dg.DagsterRun]) -> Proof | None:
    """Of all runs together: a check that failed in one of them has failed. None where there was no time for all."""
    subject = Subject(case["code_location"], case["subject"])
    of = UnderWay(attempt, subject, Origin(case["root_run_id"], case["backfill_id"]), failed_run_id=None)
    for run in carried:
        if run.run_id not in _PROVED:
            if not tick.has_time:
                return None
            _PROVED[run.run_id] = proof_by_checks(tick, of, run)
    each = [_PROVED.pop(run.run_id) for run in carried]
    version, rows = version_and_rows(tick.setup, subject)
    return Proof(
        checks_passed=tuple(sorted({name for proof in each for name in proof.checks_passed})),
        checks_warned=tuple(sorted({name for proof in each for name in proof.checks_warned})),
        checks_failed=tuple(sorted({name for proof in each for name in proof.checks_failed})),
        rows_after=rows,
        version_before=tick.began_first(carried).tags.get(VERSION_BEFORE_TAG),
        version_after=version,
        partitions=tuple(sorted({partition for proof in each for partition in proof.partitions})),
        runs=tuple(run.run_id for run in carried),
    )
