"""Repair runs on a real daemon: killed workers and a lost machine, captured by the sensor, launched and proved.

Most of the time goes to processes that start and loops that wait: tests share a daemon, and their runs begin at once.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import TickStatus

from escalation_sensors.level1.repair_runs.launch import SENSOR_NAME
from tests.escalation_sensors.level1.repair_runs.served import Served

QUEUED = """telemetry: {enabled: false}
run_coordinator:
  module: dagster._core.run_coordinator
  class: QueuedRunCoordinator
  config: {dequeue_interval_seconds: 1}
"""
DIRECT = """telemetry: {enabled: false}
run_coordinator: {module: dagster._core.run_coordinator, class: DefaultRunCoordinator}
"""
AWAY = {"away_assets": "asset:away", "away_too_assets": "asset:away_too"}
"""In the process of its run, and in one of its own."""
TAGS = '{"team": "mine"}'


@pytest.fixture(scope="module")
def queued(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The daemon launches what is queued, as by default. A machine that went is missed after 3 s."""
    served = Served(tmp_path_factory.mktemp("queued"), QUEUED, STALE="3")
    served.start()
    served.launch("hungry_assets", *AWAY, tags=TAGS)
    yield served
    served.stop()


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Runs are launched by whoever asks for them."""
    served = Served(tmp_path_factory.mktemp("direct"), DIRECT)
    served.start()
    served.launch("hungry_assets", tags=TAGS)
    yield served
    served.stop()


# With the multiprocess executor the step's process is killed alone, and its run repairs it itself.
@pytest.mark.parametrize("how", ["queued", "direct"])
def test_a_killed_worker_is_repaired_by_one_run_from_the_failure_and_proved(
    how: str, request: pytest.FixtureRequest
) -> None:
    served: Served = request.getfixturevalue(how)
    failed_id = served.launched["hungry_assets"]
    attempt = repaired(served, "asset:hungry")
    assert (attempt["outcome"], attempt["remedy"], attempt["category"]) == (
        "repaired",
        "smaller_batches",
        "out_of_memory",
    )
    run = served.instance.get_run_by_id(attempt["run_id"])
    assert run is not None
    assert run.status is dg.DagsterRunStatus.SUCCESS
    assert (run.root_run_id, run.parent_run_id) == (failed_id, failed_id)
    assert (run.tags["team"], run.tags["escalation/attempt"]) == ("mine", str(attempt["id"]))
    assert served.notes("upstream", "hungry") == ["upstream", "hungry 1", "hungry 4"]
    assert len(served.runs_of(failed_id)) == 2
    assert '"passed": ["is_whole"]' in attempt["receipt"]


def test_a_person_may_terminate_a_run_while_its_attempt_waits_in_process_or_not(queued: Served) -> None:
    served, runs = queued, [queued.launched[job] for job in AWAY]
    for run_id in runs:
        served.eventually(lambda run_id=run_id: bool(served.rows("heartbeats", run_id=run_id)), "the attempt waits")
        assert served.instance.run_launcher.terminate(run_id)
    for run_id in runs:
        # Long before the 250 s are over that the source asked for: nothing here has the patience for them.
        served.eventually(lambda run_id=run_id: is_canceled(served, run_id), "the run is canceled")
    for run_id, subject in zip(runs, AWAY.values(), strict=True):
        assert [(row["number"], row["outcome"]) for row in served.attempts_of(subject)] == [(1, "canceled")]
        assert [(row["state"], row["reason"]) for row in served.rows("cases", subject=subject)] == [
            ("canceled", "a person terminated it")
        ]
        served.eventually(lambda run_id=run_id: ticks_since(served, run_id) > 0, "the sensor has looked at it")
        assert len(served.rows("failures", run_id=run_id)) == 1
        assert served.notes(subject.removeprefix("asset:")) == [subject.removeprefix("asset:")]
        assert len(served.runs_of(run_id)) == 1


def test_what_is_left_of_a_machine_that_went_is_repaired_when_it_is_back(queued: Served) -> None:
    served = queued
    served.launch("slow_assets")
    failed_id = served.launched["slow_assets"]
    served.eventually(lambda: bool(served.rows("heartbeats", run_id=failed_id)), "the step runs and beats")
    assert served.notes("slow_once") == ["slow_once"]
    served.kill_everything()
    run = served.instance.get_run_by_id(failed_id)
    assert run is not None
    assert run.status is dg.DagsterRunStatus.STARTED
    served.start()
    attempt = repaired(served, "asset:slow_once")
    assert (attempt["outcome"], attempt["remedy"], attempt["category"]) == ("repaired", "plain", "unknown")
    assert served.notes("slow_once") == ["slow_once", "slow_once"]
    key = dg.AssetKey("slow_once")
    served.eventually(lambda: served.instance.get_latest_materialization_event(key) is not None, "it is materialized")
    assert not served.rows("heartbeats", run_id=failed_id)
    (failure,) = served.rows("failures", run_id=failed_id)
    assert failure["message"].startswith("Escalation: no sign of life since ")


def repaired(served: Served, subject: str) -> dict[str, Any]:
    """The only attempt for a subject, once it has its receipt."""
    served.eventually(lambda: any(row["receipt"] for row in served.attempts_of(subject)), "a receipt")
    (attempt,) = served.attempts_of(subject)
    return dict(attempt)


def is_canceled(served: Served, run_id: str) -> bool:
    run = served.instance.get_run_by_id(run_id)
    assert run is not None
    return run.status is dg.DagsterRunStatus.CANCELED


def ticks_since(served: Served, run_id: str) -> int:
    """How often the sensor was evaluated to its end since a run ended."""
    record = served.instance.get_run_record_by_id(run_id)
    assert record is not None
    assert record.end_time is not None
    over = [TickStatus.SKIPPED, TickStatus.SUCCESS]
    states = [each for each in served.instance.all_instigator_state() if each.name == SENSOR_NAME]
    return sum(
        len(
            served.instance.get_ticks(each.instigator_origin_id, each.selector_id, after=record.end_time, statuses=over)
        )
        for each in states
    )
