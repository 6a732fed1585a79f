"""What a tick of the sensor does with failed runs: one repair run where it may help, and what proves it."""

import json
import os
import re
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import update

from escalation_sensors.level1.escalate import escalate
from escalation_sensors.level1.pipeline import Pipeline, Written
from escalation_sensors.level1.process_ledger import ledger_of_process
from escalation_sensors.policy.policy import Policy
from escalation_sensors.store.tables import attempts
from tests.escalation_sensors.level1.repair_runs.conftest import KILLED, Project, now, outcomes
from tests.escalation_sensors.level1.repair_runs.hungry_definitions import definitions, die_unless_in_batches


class Lines:
    """Versions of what an asset writes into a file of its name: each line is one more."""

    def version(self, subject: str) -> str | None:
        file = Path(os.environ["DAGSTER_HOME"]) / subject.removeprefix("asset:")
        return str(len(file.read_text().splitlines())) if file.exists() else None

    def rows(self, _subject: str) -> int | None:
        return None

    def bring_back(self, subject: str, written: Written, *, with_later_changes: bool) -> str:
        raise AssertionError(f"nobody undoes anything here: {subject}, {written}, {with_later_changes}")


def pipeline() -> Pipeline:
    return Pipeline(versions=Lines())


def test_a_killed_step_is_run_again_tuned_from_the_failure_and_proved_by_its_check(adopted: Project) -> None:
    failed = adopted.run("hungry_job", tags={"team": "mine"})
    (repair,) = adopted.tick()
    run = adopted.get(repair)
    assert (run.root_run_id, run.parent_run_id, run.tags["team"]) == (failed, failed, "mine")
    assert run.tags["dagster/max_retries"] == "0"
    assert set(run.step_keys_to_execute or ()) == {"hungry", "hungry_is_whole"}
    adopted.go_on(repair)
    assert adopted.tick() == []
    assert outcomes(adopted) == [(1, "smaller_batches", "repaired")]
    (case,) = adopted.rows("cases")
    assert (case["subject"], case["state"]) == ("asset:hungry", "repaired")
    (receipt,) = adopted.rows("receipts")
    assert '"passed": ["is_whole"]' in receipt["body"]


def test_what_is_proved_at_the_end_of_a_run_tells_the_versions_that_its_step_saw(project: Project) -> None:
    @dg.asset
    def writing() -> None:
        die_unless_in_batches()
        with (project.home / "writing").open("a") as file:
            file.write("a line\n")

    @dg.asset_check(asset=writing)
    def is_written() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    project.policy = Policy(pipeline=f"{__name__}:pipeline")
    job = dg.define_asset_job("writing_job", ["writing"])
    project.adopt(
        dg.Definitions(assets=[writing], asset_checks=[is_written], jobs=[job], executor=dg.in_process_executor)
    )
    (project.home / "writing").write_text("an earlier one\n")
    project.run("writing_job")
    (repair,) = project.tick()
    project.go_on(repair)
    project.tick()
    (receipt,) = project.rows("receipts")
    body = json.loads(receipt["body"])
    assert body["version"] == {"before": "1", "after": "2"}
    assert (body["runs"], body["partitions"]) == ([repair], [])


def test_the_same_holds_with_everything_in_postgresql(project_on_postgres: Project) -> None:
    project = project_on_postgres
    project.adopt(definitions())
    project.run("hungry_job")
    (repair,) = project.tick()
    project.go_on(repair)
    assert project.tick() == []
    assert outcomes(project) == [(1, "smaller_batches", "repaired")]


def test_a_tick_that_is_repeated_asks_for_the_same_run_and_makes_no_second(adopted: Project) -> None:
    adopted.run("hungry_job")
    assert adopted.tick() == adopted.tick() != []
    assert len(adopted.instance.get_runs()) == 2
    assert len(adopted.rows("failures")) == 1


def test_a_check_that_fails_after_the_attempt_is_no_repair(adopted: Project) -> None:
    adopted.run("badly_job")
    (repair,) = adopted.tick()
    adopted.go_on(repair)
    assert adopted.tick() == []
    assert outcomes(adopted) == [(1, "smaller_batches", "failed")]
    (case,) = adopted.rows("cases")
    assert (case["state"], case["reason"]) == (
        "passed_on",
        "attempt 1 of 2: is_never_whole did not pass after the attempt",
    )


def test_a_repair_run_whose_steps_ended_after_the_budget_is_no_repair(adopted: Project) -> None:
    adopted.run("hungry_job")
    (repair,) = adopted.tick()
    adopted.go_on(repair)
    with ledger_of_process().store.transaction() as connection:
        connection.execute(update(attempts).values(deadline_at=now() - timedelta(minutes=1)))
    adopted.tick()
    assert outcomes(adopted) == [(1, "smaller_batches", "failed")]
    (case,) = adopted.rows("cases")
    assert case["state"] == "passed_on"
    assert re.fullmatch(r"attempt 1 of 2: it ended \d+ s after its budget", case["reason"])


def test_a_blocking_check_that_failed_is_told_in_the_log_of_its_run(adopted: Project) -> None:
    failed = adopted.run("blocked_job")
    adopted.tick()
    lines = [str(entry.user_message or entry.message) for entry in adopted.instance.all_logs(failed)]
    words = ("Error", "Attempted", "Action", "Result")
    told = [line for line in lines if line.startswith(words)]
    # Once by the step of the asset, which was repaired, and once by its check.
    assert [line.partition(":")[0] for line in told] == [*words, *words], told
    assert told[0].startswith("Error: out_of_memory")
    assert told[4].startswith("Error: data_quality")


def test_two_attempts_are_made_in_one_case_and_no_third(adopted: Project) -> None:
    adopted.run("insatiable_job")
    for _ in range(2):
        (repair,) = adopted.tick()
        adopted.go_on(repair)
    assert adopted.tick() == []
    assert outcomes(adopted) == [(1, "smaller_batches", "lost"), (2, "smaller_batches", "lost")]
    assert [row["state"] for row in adopted.rows("cases")] == ["passed_on"]
    assert len({run.root_run_id or run.run_id for run in adopted.instance.get_runs()}) == 1


def test_many_runs_of_one_asset_that_are_killed_at_once_are_one_repair(adopted: Project) -> None:
    for _ in range(3):
        adopted.run("hungry_job")
    (repair,) = adopted.tick()
    adopted.go_on(repair)
    assert adopted.tick() == []
    assert outcomes(adopted) == [(1, "smaller_batches", "repaired")]
    assert [row["state"] for row in adopted.rows("cases")] == ["repaired"]
    assert len(adopted.rows("failures")) == 3


def test_an_op_job_is_repaired_by_its_success(adopted: Project) -> None:
    adopted.run("op_job")
    (repair,) = adopted.tick()
    adopted.go_on(repair)
    adopted.tick()
    assert outcomes(adopted) == [(1, "smaller_batches", "repaired")]


def test_a_repair_run_is_not_launched_before_its_wait_is_over(adopted: Project) -> None:
    run = adopted.instance.create_run_for_job(adopted.repository.get_job("hungry_job"))
    # Which tells nothing of the cause: a plain retry, after a wait.
    adopted.instance.report_run_failed(run, KILLED.replace("9 (SIGKILL)", "6 (SIGABRT)"))
    assert adopted.tick() == []
    (attempt,) = adopted.rows("attempts")
    assert attempt["not_before"] is not None
    (key,) = adopted.tick_later(lambda: now() + timedelta(seconds=3))
    assert key.startswith(f"escalation-attempt-{attempt['id']}-")


def test_an_attempt_whose_run_was_never_created_ends_as_lost(adopted: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    adopted.run("hungry_job")
    with monkeypatch.context() as broken:
        broken.setattr("escalation_sensors.level1.repair_runs.capture.create_repair_run", crash)
        with pytest.raises(KeyboardInterrupt):
            adopted.tick()
    assert outcomes(adopted) == [(1, "smaller_batches", "running")]
    monkeypatch.setattr("escalation_sensors.level1.repair_runs.endings.PATIENCE_SECONDS", -1.0)
    adopted.tick()
    assert outcomes(adopted) == [(1, "smaller_batches", "lost")]


def test_a_run_that_cannot_be_looked_at_does_not_keep_others_from_being_repaired(
    adopted: Project, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from escalation_sensors.level1.repair_runs import capture  # noqa: PLC0415

    bad = adopted.run("insatiable_job")
    adopted.run("hungry_job")
    original = capture.story_of

    def story_of(instance: dg.DagsterInstance, run_id: str) -> object:
        if run_id == bad:
            raise OSError("its log is unreadable")
        return original(instance, run_id)

    monkeypatch.setattr(capture, "story_of", story_of)
    assert len(adopted.tick()) == 1
    assert f"run {bad}: it could not be looked at: OSError: its log is unreadable" in capfd.readouterr().err


def test_adopted_twice_or_in_two_parts_the_sensor_is_there_once() -> None:
    @dg.asset
    def other() -> None: ...

    one, two = escalate(escalate(definitions())), escalate(dg.Definitions(assets=[other]))
    merged = dg.Definitions.merge(one, two)
    assert [sensor.name for sensor in merged.sensors or ()].count("escalation_repair_failed_runs") >= 1
    assert merged.get_repository_def().has_sensor_def("escalation_repair_failed_runs")
