"""Repair runs on a real daemon: killed workers and a lost machine, captured by the sensor, launched and proved."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from escalation_sensors.level1.repair_runs.launch import SENSOR_NAME
from tests.escalation_sensors.level1.repair_runs.served import Served

QUEUED = "telemetry: {enabled: false}\n"
DIRECT = """telemetry: {enabled: false}
run_coordinator: {module: dagster._core.run_coordinator, class: DefaultRunCoordinator}
"""


@pytest.fixture(params=[QUEUED, DIRECT], ids=["queued", "launched directly"])
def served(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Served]:
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text(request.param)
    # With the multiprocess executor the step's process is killed alone, and its run repairs it itself.
    served = Served(home, {})
    served.start()
    yield served
    served.stop()


@pytest.fixture
def served_once(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path / "home", {"STALE": "3"})
    served.start()
    yield served
    served.stop()


def test_a_killed_worker_is_repaired_by_one_run_from_the_failure_and_proved(served: Served) -> None:
    failed_id = served.launch("hungry_assets", "--tags", '{"team": "mine"}')
    served.eventually(lambda: (served.home / "escalation.db").exists() and bool(served.rows("receipts")), "a receipt")
    (attempt,) = served.rows("attempts")
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
    assert served.notes() == ["upstream", "hungry 1", "hungry 4"]
    assert len(served.instance.get_runs()) == 2
    (receipt,) = served.rows("receipts")
    assert '"passed": ["is_whole"]' in receipt["body"]


def test_what_is_left_of_a_machine_that_went_is_repaired_when_it_is_back(served_once: Served) -> None:
    served = served_once
    failed_id = served.launch("slow_assets")
    served.eventually(lambda: served.notes() == ["slow_once"] and bool(beats(served)), "the step runs and beats")
    served.kill_everything()
    run = served.instance.get_run_by_id(failed_id)
    assert run is not None
    assert run.status is dg.DagsterRunStatus.STARTED
    served.start()
    served.eventually(lambda: bool(served.rows("receipts")), "a receipt")
    (attempt,) = served.rows("attempts")
    assert (attempt["outcome"], attempt["remedy"], attempt["category"]) == ("repaired", "plain", "unknown")
    assert served.notes() == ["slow_once", "slow_once"]
    served.eventually(lambda: "slow_once" in materialized(served), "it is materialized")
    assert not beats(served)
    (failure,) = served.rows("failures")
    assert failure["message"].startswith("Escalation: no sign of life since ")


@pytest.mark.parametrize("multiprocess", ["", "1"], ids=["in process", "multiprocess"])
def test_a_person_may_terminate_a_run_while_its_attempt_waits(multiprocess: str, tmp_path: Path) -> None:
    served = Served(tmp_path / "home", {"MULTI": multiprocess})
    served.start()
    try:
        run_id = served.launch("away_assets")
        served.eventually(lambda: bool(beats(served)), "the attempt waits, and beats")
        assert served.instance.run_launcher.terminate(run_id)
        # Long before the 250 s are over that the source asked for: nothing here has the patience for them.
        served.eventually(lambda: status_of(served, run_id) is dg.DagsterRunStatus.CANCELED, "the run is canceled")
        assert [(row["number"], row["outcome"]) for row in served.rows("attempts")] == [(1, "canceled")]
        assert [(row["state"], row["reason"]) for row in served.rows("cases")] == [
            ("canceled", "a person terminated it")
        ]
        served.eventually(lambda: ticks_since(served, run_id) > 1, "the sensor has looked at it")
        assert len(served.rows("failures")) == 1
        assert (served.notes(), len(served.instance.get_runs())) == (["away"], 1)
    finally:
        served.stop()


def status_of(served: Served, run_id: str) -> dg.DagsterRunStatus:
    run = served.instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def ticks_since(served: Served, run_id: str) -> int:
    """How often the sensor has run since a run ended."""
    record = served.instance.get_run_record_by_id(run_id)
    assert record is not None
    assert record.end_time is not None
    states = [each for each in served.instance.all_instigator_state() if each.name == SENSOR_NAME]
    return sum(
        len(served.instance.get_ticks(each.instigator_origin_id, each.selector_id, after=record.end_time))
        for each in states
    )


def beats(served: Served) -> list[object]:
    return served.rows("heartbeats") if (served.home / "escalation.db").exists() else []


def materialized(served: Served) -> set[str]:
    return {key.to_user_string() for key in served.instance.all_asset_keys() if latest(served, key) is not None}


def latest(served: Served, key: dg.AssetKey) -> object:
    return served.instance.get_latest_materialization_event(key)
