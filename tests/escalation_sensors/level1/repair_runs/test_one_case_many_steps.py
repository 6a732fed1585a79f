"""Repair runs of several steps: what is left of a run is done once, and never what has effects outside."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from escalation_sensors.level1.current_tuning import current_tuning
from escalation_sensors.level1.repair_runs import silent_runs
from tests.escalation_sensors.level1.repair_runs.conftest import KILLED, Project


def die_unless_in_batches() -> None:
    if current_tuning().batches < 4:
        os.kill(os.getpid(), signal.SIGKILL)


@dg.asset
def one() -> None: ...


@dg.asset
def other() -> None: ...


@dg.asset(tags={"escalation/side_effects": "true"})
def payment() -> None: ...


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(list("abc")))
def by_partition(context: dg.AssetExecutionContext) -> None:
    die_unless_in_batches()
    if (Path(os.environ["DAGSTER_HOME"]) / f"bad_{context.partition_key}").exists():
        raise TypeError("unsupported operand type(s) for +: 'int' and 'str'")


@dg.op(out=dg.DynamicOut(int))
def split() -> Iterator[dg.DynamicOutput[int]]:
    for number in range(3):
        yield dg.DynamicOutput(number, mapping_key=str(number))


@dg.op
def work(number: int) -> int:
    die_unless_in_batches()
    return number


@dg.job
def mapping() -> None:
    split().map(work)


@pytest.fixture
def adopted(project: Project) -> Project:
    jobs = {"two_job": ["one", "other"], "paid_job": ["one", "payment"], "partition_job": ["by_partition"]}
    project.adopt(
        dg.Definitions(
            assets=[one, other, payment, by_partition],
            jobs=[mapping, *(dg.define_asset_job(name, assets) for name, assets in jobs.items())],
            executor=dg.in_process_executor,
        )
    )
    return project


def killed_with_both_steps_running(project: Project, job: str) -> str:
    """A run whose worker is gone while two steps ran, as with the multiprocess executor."""
    run = project.instance.create_run_for_job(project.repository.get_job(job))
    from dagster._core.events import DagsterEvent, DagsterEventType  # noqa: PLC0415

    project.instance.report_dagster_event(
        DagsterEvent(DagsterEventType.RUN_START.value, job_name=job, message="it began"), run.run_id
    )
    for key in project.repository.get_job(job).graph.node_names():
        project.instance.report_dagster_event(
            DagsterEvent(DagsterEventType.STEP_START.value, job_name=job, step_key=key), run.run_id
        )
    project.instance.report_run_failed(project.get(run.run_id), KILLED)
    return run.run_id


def test_two_steps_that_died_with_one_worker_are_one_repair_run(adopted: Project) -> None:
    killed_with_both_steps_running(adopted, "two_job")
    (repair,) = adopted.tick()
    assert set(adopted.get(repair).step_keys_to_execute or ()) == {"one", "other"}
    assert len(adopted.rows("failures")) == 2


def test_a_mapped_step_that_was_killed_is_run_again_tuned_and_the_rest_of_the_run_proves_it(adopted: Project) -> None:
    adopted.run("mapping")
    (repair,) = adopted.tick()
    assert set(adopted.get(repair).step_keys_to_execute or ()) == {f"work[{number}]" for number in range(3)}
    adopted.go_on(repair)
    assert [row["outcome"] for row in adopted.rows("attempts")] == ["running"]
    adopted.tick()
    assert [(row["remedy"], row["outcome"]) for row in adopted.rows("attempts")] == [("smaller_batches", "repaired")]
    assert [(row["subject"], row["state"]) for row in adopted.rows("cases")] == [("op:mapping.work", "repaired")]


def test_a_run_is_not_repaired_if_that_would_repeat_side_effects(adopted: Project) -> None:
    killed_with_both_steps_running(adopted, "paid_job")
    assert adopted.tick() == []
    assert adopted.rows("attempts") == []
    assert {row["state"] for row in adopted.rows("cases")} == {"passed_on"}


@pytest.mark.parametrize("bad", ["", "c"])
def test_what_is_carried_over_is_proved_by_all_of_its_runs_and_not_by_one(adopted: Project, bad: str) -> None:
    for partition in "abc":
        adopted.run("partition_job", tags={"dagster/partition": partition, "dagster/backfill": "whole"})
    (first,) = adopted.tick()
    adopted.go_on(first)
    others = sorted(adopted.tick(), key=lambda run_id: adopted.get(run_id).tags["dagster/partition"])
    assert len(others) == 2
    if bad:
        done = {adopted.get(first).tags["dagster/partition"]}
        left = next(each for each in "cba" if each not in done)
        (Path(os.environ["DAGSTER_HOME"]) / f"bad_{left}").touch()
        others.sort(key=lambda run_id: adopted.get(run_id).tags["dagster/partition"] == left)
    adopted.go_on(others[0])
    assert adopted.tick() == others[1:]
    assert [row["outcome"] for row in adopted.rows("attempts")] == ["repaired", "running"]
    adopted.go_on(others[1])
    assert adopted.tick() == []
    assert [row["outcome"] for row in adopted.rows("attempts")] == ["repaired", "failed" if bad else "repaired"]
    assert [row["state"] for row in adopted.rows("cases")] == ["passed_on" if bad else "repaired"]
    assert len(adopted.rows("receipts")) == (1 if bad else 2)


def test_after_the_clock_was_set_nobody_is_taken_for_dead_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = silent_runs._Clock()
    assert not clock.was_set(60)
    later = time.time() + 3600
    monkeypatch.setattr(time, "time", lambda: later)
    assert clock.was_set(60)
    assert clock.was_set(60)
