"""Failed runs since the last tick, each decided on once; the cursor is a row of the store, lost by no failed tick."""

from dataclasses import replace
from datetime import timedelta

import dagster as dg
from sqlalchemy import delete, insert, select

from escalation_sensors.dagster_internals import WILL_RETRY_TAG, RunEnd, location_of, runs_that_failed, story_of
from escalation_sensors.level1.decide import Again, HandOn, Tell
from escalation_sensors.level1.failed import Failed
from escalation_sensors.level1.failure_log import is_known, record_failure
from escalation_sensors.level1.heartbeat import bury
from escalation_sensors.level1.repair_runs.launch import create_repair_run
from escalation_sensors.level1.repair_runs.tick import Tick
from escalation_sensors.level1.repair_runs.under_way import case_under_way, told_by_sensor, told_in_step
from escalation_sensors.level1.repair_runs.what_failed import failures_in, repeats_side_effects
from escalation_sensors.store import StoreError
from escalation_sensors.store.tables import cursors

AT_ONCE = 1000
OWN_PREFIX = "escalation_"
OVERLAP = 200
"""So far back each tick reads again: PostgreSQL numbers events before they are seen, a later one may come first."""


def capture(tick: Tick) -> None:
    """Decide on what failed since the last tick, for as long as the tick has time.

    Raises:
        StoreError: the store cannot be reached; the rest waits for the next tick.
    """
    position = _position(tick)
    after = max(position - OVERLAP, 0)
    while tick.has_time:
        ends = runs_that_failed(tick.instance, after, AT_ONCE)
        if not ends:
            return
        reached = _decide_on(tick, ends)
        if reached > position:
            _keep_position(tick, reached)
            position = reached
        if len(ends) < AT_ONCE or reached < ends[-1].position:
            return
        after = reached


def _decide_on(tick: Tick, ends: list[RunEnd]) -> int:
    """The position of the last one that was decided on."""
    ids = [end.run_id for end in ends]
    seen, in_step = told_by_sensor(tick.ledger, ids), told_in_step(tick.ledger, ids)
    new = [end.run_id for end in ends if end.run_id not in seen]
    runs = tick.runs(new)
    reached = 0
    for end in ends:
        run = runs.get(end.run_id)
        if run is not None and _is_ours(tick, run):
            if not tick.has_time:
                return reached
            # A step that failed was decided on in it. What the policy did not see ends a run in another way, or it is
            # what Dagster finds out behind the function: a blocking check that failed, an output that did not come.
            told = in_step.get(end.run_id, set())
            if end.reason != "STEP_FAILURE" or end.step_key not in told:
                _one(tick, run, end, told)
        reached = end.position
    return reached


def _is_ours(tick: Tick, run: dg.DagsterRun) -> bool:
    return (
        location_of(run) == tick.location
        and not run.job_name.startswith(OWN_PREFIX)
        and run.tags.get(WILL_RETRY_TAG) != "true"
        and run.status is dg.DagsterRunStatus.FAILURE
    )


def _one(tick: Tick, run: dg.DagsterRun, end: RunEnd, told: set[str]) -> None:
    try:
        story = story_of(tick.instance, run.run_id)
        found = [each for each in failures_in(tick, run, end, story) if each.was_killed or each.step_key not in told]
        if repeats_side_effects(tick, run, story):
            # A repair run does all that is left of a run, whichever of its steps it is for.
            found = [replace(each, settings=replace(each.settings, has_side_effects=True)) for each in found]
        is_history = end.at < tick.now - timedelta(hours=tick.setup.policy.most_age_hours)
        is_repaired = False
        for failed in found:
            if is_history or is_repaired:
                record_failure(tick.ledger.store, failed, tick.setup.classifier.diagnose(failed.failure))
            else:
                is_repaired = repair(tick, run, failed)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - one bad run must not keep the others from being repaired
        tick.trouble(f"run {run.run_id}: it could not be looked at: {type(error).__name__}: {error}")


def repair(tick: Tick, run: dg.DagsterRun, failed: Failed) -> bool:
    """Decide on one failure of a run, and create the repair run if there is to be one: whether there is.

    Raises:
        StoreError: the store cannot be reached.
    """
    if is_known(tick.ledger.store, failed.event_key):
        return False
    state = tick.ledger.state_of_case(failed.subject, failed.origin)
    # An attempt for the same subject is under way in other runs: within its budget they are one case.
    joined = case_under_way(tick.ledger, failed.subject) if state is None else None
    if state in {"passed_on", "repaired"} or joined is not None:
        diagnosis = tick.setup.classifier.diagnose(failed.failure)
        record_failure(tick.ledger.store, failed, diagnosis, case_id=joined)
        return False
    decision = tick.level_one(run).decide(failed, tick.now, _teller(tick, run))
    if isinstance(decision, HandOn):
        tick.tell(f"{failed.subject.name} in run {run.run_id}: handed on, because {decision.reason}")
    if not isinstance(decision, Again):
        return False
    bury(tick.ledger.store, run.run_id)
    try:
        repair_run = create_repair_run(tick, run, decision)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - the code may have changed in any way since the run
        tick.ledger.end_attempt(decision.attempt.id, "lost", tick.now)
        tick.ledger.end_case(decision.attempt.case_id, "its repair run could not be created", tick.now)
        tick.trouble(f"run {run.run_id}: no repair run could be created: {type(error).__name__}: {error}")
        return False
    tick.tell(f"{failed.subject.name} in run {run.run_id}: repair run {repair_run.run_id}, {decision.attempt.change}")
    return True


def _teller(tick: Tick, run: dg.DagsterRun) -> Tell:
    def tell(line: str) -> None:
        tick.instance.report_engine_event(line, run)

    return tell


def _cursor_name(tick: Tick) -> str:
    return f"repair_failed_runs:{tick.location}"[:255]


def _position(tick: Tick) -> int:
    with tick.ledger.store.reading() as connection:
        found = connection.execute(select(cursors.c.value).where(cursors.c.name == _cursor_name(tick))).scalar()
    return int(found) if found is not None else 0


def _keep_position(tick: Tick, position: int) -> None:
    name = _cursor_name(tick)
    with tick.ledger.store.transaction() as connection:
        connection.execute(delete(cursors).where(cursors.c.name == name))
        connection.execute(insert(cursors).values(name=name, value=str(position), at=tick.now))
