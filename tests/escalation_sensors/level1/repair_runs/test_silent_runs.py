"""Runs on other hosts that do not beat: dead only if they could have beaten."""

import time
from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import pytest
from dagster._core.events import DagsterEvent, DagsterEventType
from sqlalchemy import insert

from escalation_sensors.level1 import heartbeat
from escalation_sensors.level1.holders import Execution
from escalation_sensors.level1.ledger import Subject
from escalation_sensors.level1.process_ledger import forget_ledger, leave_alone, ledger_of_process
from escalation_sensors.level1.repair_runs.silent_runs import WATCH
from escalation_sensors.policy.policy import Policy
from escalation_sensors.store import Store, StoreError
from escalation_sensors.store.tables import heartbeats
from tests.escalation_sensors.level1.repair_runs.conftest import Project, now

STALE_SECONDS = 0.8


@dg.asset
def far_away() -> None: ...


@pytest.fixture
def adopted(project: Project) -> Iterator[Project]:
    project.policy = Policy(stale_heartbeat_seconds=STALE_SECONDS)
    project.adopt(dg.Definitions(assets=[far_away], jobs=[dg.define_asset_job("far_job", ["far_away"])]))
    WATCH.interrupt()
    yield project
    WATCH.interrupt()


def silent_run_of_another_host(project: Project) -> str:
    """A run whose step has not beaten for a while; nor has Dagster heard of it."""
    run = project.instance.create_run_for_job(project.repository.get_job("far_job"))
    for kind, step in ((DagsterEventType.RUN_START, None), (DagsterEventType.STEP_START, "far_away")):
        event = DagsterEvent(kind.value, job_name="far_job", step_key=step, message="it began")
        project.instance.report_dagster_event(event, run.run_id)
    row = {"run_id": run.run_id, "step_key": "far_away", "at": now(), "host": "elsewhere", "pid": 1}
    row |= {"subject": "asset:far_away", "started_at": now() - timedelta(seconds=5)}
    with ledger_of_process().store.transaction() as connection:
        connection.execute(insert(heartbeats).values(row))
    time.sleep(STALE_SECONDS + 0.2)
    return run.run_id


def test_a_run_of_another_host_is_dead_only_after_the_store_could_be_reached_long_enough(adopted: Project) -> None:
    run_id = silent_run_of_another_host(adopted)
    adopted.tick()  # the first after a restart: perhaps there was no store to beat in
    assert adopted.get(run_id).status is dg.DagsterRunStatus.STARTED
    leave_alone(StoreError("it is down"))
    adopted.tick()
    forget_ledger()
    time.sleep(STALE_SECONDS + 0.2)
    adopted.tick()  # the first after the store is back
    assert adopted.get(run_id).status is dg.DagsterRunStatus.STARTED
    time.sleep(STALE_SECONDS + 0.2)
    adopted.tick()
    assert adopted.get(run_id).status is dg.DagsterRunStatus.FAILURE


def test_where_the_store_does_not_answer_a_step_beats_in_the_log_of_its_run() -> None:
    told: list[str] = []
    execution = Execution("run", "step", Subject("", "asset:a"), "", now())
    with heartbeat.beating(execution, Store("sqlite:////dev/null/folder/escalation.db"), told.append):
        until = time.monotonic() + 30
        while not told and time.monotonic() < until:
            time.sleep(0.05)
    assert told[0].startswith("Escalation: still at work; the heartbeat cannot be written: sqlite:////dev/null/")
