"""Storms: many partitions of an asset are one case, all of them are run again, and a thousand failures are no flood."""

import os
import re
import signal
import time
from collections.abc import Callable
from typing import Any

import dagster as dg
import pytest

from escalation_sensors.level1.current_tuning import current_tuning
from escalation_sensors.level1.repair_runs import carry_over, launch, sensor
from escalation_sensors.level1.repair_runs import tick as tick_module
from escalation_sensors.level1.repair_runs.launch import LAUNCHES_A_TICK
from tests.escalation_sensors.level1.repair_runs.conftest import Project
from tests.escalation_sensors.level1.repair_runs.storm import CONSOLIDATED, Storm

SENSOR_SECONDS = 60
"""Dagster's own limit for one tick of a sensor."""
PARTITIONS = dg.StaticPartitionsDefinition([f"part_{number:04}" for number in range(500)])
BACKFILL = {"dagster/backfill": "whole"}
IN_ONE_FILE = pytest.mark.parametrize("project", [CONSOLIDATED], indirect=True, ids=["one file of events"])


FEW = 5


@pytest.fixture
def few_launches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tick asks for fewer launches than it does: what comes after the first of them is to be seen with few runs."""
    for module in (launch, sensor, carry_over):
        monkeypatch.setattr(module, "LAUNCHES_A_TICK", FEW)


def partitioned(least: int = 4, policy: dg.BackfillPolicy | None = None) -> dg.Definitions:
    @dg.asset(partitions_def=PARTITIONS, backfill_policy=policy)
    def by_partition() -> None:
        if current_tuning().batches < least:
            os.kill(os.getpid(), signal.SIGKILL)

    job = dg.define_asset_job("partition_job", ["by_partition"])
    return dg.Definitions(assets=[by_partition], jobs=[job], executor=dg.in_process_executor)


def many_assets(count: int) -> dg.Definitions:
    def named(number: int) -> dg.AssetsDefinition:
        @dg.asset(name=f"table_{number:04}")
        def table() -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        return table

    return dg.Definitions(assets=[named(number) for number in range(count)], executor=dg.in_process_executor)


def fail(project: Project, number: int, tags: dict[str, str] | None = None) -> str:
    return project.run("partition_job", tags={"dagster/partition": f"part_{number:04}", **(tags or {})})


def storm_of_partitions(project: Project, count: int) -> list[str]:
    first = fail(project, 0, BACKFILL)
    renamed = [{"part_0000": f"part_{number:04}"} for number in range(1, count)]
    return [first, *Storm(project.home, first).write(renamed)]


def storm_of_assets(project: Project, count: int) -> list[str]:
    project.adopt(many_assets(count))
    first = project.run("__ASSET_JOB", asset_selection=frozenset([dg.AssetKey("table_0000")]))
    renamed = [{"table_0000": f"table_{number:04}"} for number in range(1, count)]
    return [first, *Storm(project.home, first).write(renamed)]


def tick_until(project: Project, is_done: Callable[[], bool]) -> list[str]:
    """The ticks of a daemon, one after the other; what the last one asks for."""
    for _ in range(60):
        asked = project.tick()
        if is_done():
            return asked
    raise AssertionError("sixty ticks did not do it")


def partition_of(project: Project, run_id: str) -> str:
    return project.get(run_id).tags["dagster/partition"]


def succeed(project: Project, run_id: str) -> None:
    """As if the run had been executed: one of them is."""
    run = project.get(run_id)
    for kind in (dg.DagsterEventType.RUN_START, dg.DagsterEventType.RUN_SUCCESS):
        event = dg.DagsterEvent(kind.value, job_name=run.job_name, message="in bulk")
        project.instance.report_dagster_event(event, run_id)


def told_alike(rows: dict[str, list[dict[str, Any]]], run_id: str, name: str) -> list[str]:
    """The rows of a run without what differs between any two: numbers, times, processes, names of log files."""
    found = []
    for table, each in rows.items():
        for row in each:
            text = str({column: value for column, value in row.items() if column != "id"})
            text = text.replace(run_id, "RUN").replace(name, "NAME")
            text = re.sub(r'("compute_logs", |file_key": |key": )"[a-z]{8}"', r'\1"LOG"', text)
            found.append(f"{table}: {re.sub(r'[0-9]+', '0', text)}")
    return found


@IN_ONE_FILE
def test_a_run_that_is_written_is_what_a_real_one_would_be(project: Project) -> None:
    project.adopt(partitioned())
    first = fail(project, 0, BACKFILL)
    real = fail(project, 1, BACKFILL)
    storm = Storm(project.home, first)
    (written,) = storm.write([{"part_0000": "part_0001"}])
    expected = told_alike(storm.rows_of(real), real, "part_0001")
    assert told_alike(storm.rows_of(written), written, "part_0001") == expected
    assert {line.partition(":")[0] for line in expected} == {"runs", "run_tags", "event_logs"}


@IN_ONE_FILE
def test_500_partitions_of_a_backfill_are_one_case_and_one_repair_run(project: Project) -> None:
    project.adopt(partitioned())
    runs = storm_of_partitions(project, 500)
    asked = tick_until(project, lambda: len(project.rows("failures")) == 500)
    (case,) = project.rows("cases")
    (attempt,) = project.rows("attempts")
    assert asked == [attempt["run_id"]]
    repair = project.get(attempt["run_id"])
    assert (repair.parent_run_id, repair.tags["dagster/backfill"]) == (runs[0], "whole")
    assert partition_of(project, repair.run_id) == "part_0000"
    failures = project.rows("failures")
    assert {failure["case_id"] for failure in failures} == {case["id"]}
    assert [failure["run_id"] for failure in failures] == runs
    assert len(project.instance.get_runs()) == 501


@IN_ONE_FILE
def test_what_repaired_one_partition_is_done_for_all_others_and_not_more_than_may_be_are_launched_at_once(
    project: Project, few_launches: None
) -> None:
    count = 2 * FEW + 2
    project.adopt(partitioned())
    runs = storm_of_partitions(project, count)
    (first,) = tick_until(project, lambda: len(project.rows("failures")) == count)
    project.go_on(first)
    done: list[str] = []
    for _ in range(60):
        asked = [run_id for run_id in project.tick() if run_id not in done]
        assert len(asked) <= FEW
        if asked and not done:
            project.go_on(asked[0])
        for run_id in asked[0 if done else 1 :]:
            succeed(project, run_id)
        done += asked
        if len(project.rows("receipts")) == 2:
            break
    assert sorted(partition_of(project, run_id) for run_id in done) == [f"part_{n:04}" for n in range(1, count)]
    assert {project.get(run_id).tags["dagster/backfill"] for run_id in done} == {"whole"}
    assert {project.get(run_id).parent_run_id for run_id in done} == set(runs[1:])
    assert [(row["number"], row["outcome"]) for row in project.rows("attempts")] == [(1, "repaired"), (2, "repaired")]
    assert [row["state"] for row in project.rows("cases")] == ["repaired"]
    assert project.tick() == []
    from escalation_sensors.level1.process_ledger import ledger_of_process  # noqa: PLC0415
    from escalation_sensors.level1.receipt_book import receipts_of  # noqa: PLC0415

    body = receipts_of(ledger_of_process().store)[0].body
    assert body["partitions"] == [f"part_{n:04}" for n in range(1, count)]
    assert sorted(body["runs"]) == sorted(done)


def test_partitions_that_failed_without_a_backfill_are_one_case_and_all_run_again(project: Project) -> None:
    project.adopt(partitioned())
    for number in (0, 1, 2, 1):
        fail(project, number)
    (first,) = project.tick()
    assert len({failure["case_id"] for failure in project.rows("failures")}) == 1
    project.go_on(first)
    others = project.tick()
    assert sorted(partition_of(project, run_id) for run_id in others) == ["part_0001", "part_0002"]
    for run_id in others:
        project.go_on(run_id)
    assert project.tick() == []
    assert [row["state"] for row in project.rows("cases")] == ["repaired"]


def test_if_the_second_attempt_repairs_one_partition_the_others_are_handed_on_and_the_case_is_no_repair(
    project: Project,
) -> None:
    project.adopt(partitioned(least=16))
    for number in range(3):
        fail(project, number, BACKFILL)
    for _ in range(2):
        (repair,) = project.tick()
        project.go_on(repair)
    assert project.tick() == []
    assert [(row["number"], row["outcome"]) for row in project.rows("attempts")] == [(1, "lost"), (2, "repaired")]
    (case,) = project.rows("cases")
    assert (case["state"], case["reason"]) == (
        "passed_on",
        "attempt 2 of 2 repaired one partition, 2 more partitions failed; run again, they begin with what repaired it",
    )


def test_a_backfill_that_is_one_run_is_repaired_as_its_range(project: Project) -> None:
    project.adopt(partitioned(policy=dg.BackfillPolicy.single_run()))
    ends = {
        "dagster/asset_partition_range_start": "part_0003",
        "dagster/asset_partition_range_end": "part_0007",
    }
    project.run("partition_job", tags={**ends, **BACKFILL})
    (repair,) = project.tick()
    tags = project.get(repair).tags
    assert {name: tags[name] for name in (*ends, "dagster/backfill")} == {**ends, **BACKFILL}
    project.go_on(repair)
    assert project.tick() == []
    assert [row["outcome"] for row in project.rows("attempts")] == ["repaired"]
    materialized = project.instance.get_materialized_partitions(dg.AssetKey("by_partition"))
    assert materialized == {f"part_{number:04}" for number in range(3, 8)}
    (receipt,) = project.rows("receipts")
    assert '"partitions": ["part_0003...part_0007"]' in receipt["body"]


@IN_ONE_FILE
def test_a_thousand_failures_since_the_last_tick_are_begun_with_in_time_and_the_oldest_first(project: Project) -> None:
    runs = storm_of_assets(project, 1000)
    began = time.monotonic()
    asked = project.tick()
    seconds = time.monotonic() - began
    print(f"one tick over 1,000 failed runs: {seconds:.1f} s, {len(asked)} repair runs")
    assert seconds < SENSOR_SECONDS
    assert 0 < len(asked) <= LAUNCHES_A_TICK
    decided = [failure["run_id"] for failure in project.rows("failures")]
    assert decided == runs[: len(decided)]
    assert [project.get(run_id).parent_run_id for run_id in asked] == runs[: len(asked)]


@IN_ONE_FILE
def test_a_storm_that_takes_many_ticks_loses_nothing_and_repeats_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch, few_launches: None
) -> None:
    count = 2 * FEW
    monkeypatch.setattr(tick_module, "MOST_SECONDS", 0.2)
    runs = storm_of_assets(project, count)
    ticks: list[int] = []

    def is_done() -> bool:
        ticks.append(len(project.rows("failures")))
        return ticks[-1] == count

    asked = tick_until(project, is_done)
    assert ticks == sorted(ticks)
    assert len(ticks) > 1
    assert [failure["run_id"] for failure in project.rows("failures")] == runs
    assert [project.get(run_id).parent_run_id for run_id in asked] == runs[:FEW]
    repairs = [run for run in project.instance.get_runs() if run.parent_run_id]
    assert sorted(str(run.parent_run_id) for run in repairs) == sorted(runs)
    for run_id in asked:
        project.instance.report_run_canceling(project.get(run_id))
        project.instance.report_run_canceled(project.get(run_id))
    left = project.tick()
    assert [project.get(run_id).parent_run_id for run_id in left] == runs[FEW:]
