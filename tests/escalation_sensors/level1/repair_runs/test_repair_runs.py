"""What a tick of the sensor does with failed runs: one repair run where it may help, none where it may not."""

import json
import os
import signal
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.level1.current_tuning import current_tuning
from escalation_sensors.level1.escalate import escalate
from escalation_sensors.level1.pipeline import Pipeline, Written
from escalation_sensors.level1.process_ledger import ledger_of_process
from escalation_sensors.policy.policy import Cap, Policy
from tests.escalation_sensors.level1.repair_runs.conftest import KILLED, Project, now


def die_unless_in_batches(least: int = 4) -> None:
    if current_tuning().batches < least:
        os.kill(os.getpid(), signal.SIGKILL)


@dg.asset
def upstream() -> int:
    return 1


@dg.asset
def hungry(upstream: int) -> None:
    die_unless_in_batches()


class Lines:
    """Versions of what an asset writes into a file of its name: each line is one more."""

    def version(self, subject: str) -> str | None:
        file = Path(os.environ["DAGSTER_HOME"]) / subject.removeprefix("asset:")
        return str(len(file.read_text().splitlines())) if file.exists() else None

    def rows(self, _subject: str) -> int | None:
        return None

    def bring_back(self, subject: str, written: Written, *, with_later_changes: bool) -> str:
        raise NotImplementedError


def pipeline() -> Pipeline:
    return Pipeline(versions=Lines())


@dg.asset_check(asset=hungry)
def is_whole() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset
def checked_badly() -> None:
    die_unless_in_batches()


@dg.asset_check(asset=checked_badly)
def is_never_whole() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False)


@dg.asset
def blocked() -> None:
    if current_tuning().batches < 4:
        raise MemoryError("the whole does not fit")


@dg.asset_check(asset=blocked, blocking=True)
def is_never_good() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False)


@dg.asset
def insatiable() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dg.asset(tags={"escalation/side_effects": "true"})
def payment() -> None:
    die_unless_in_batches()


@dg.asset
def defective() -> None:
    raise TypeError("unsupported operand type(s) for +: 'int' and 'str'")


@dg.op
def hungry_op() -> None:
    die_unless_in_batches()


@dg.job
def op_job() -> None:
    hungry_op()


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(list("abcd")))
def by_partition() -> None:
    die_unless_in_batches()


def definitions() -> dg.Definitions:
    jobs = {
        "hungry_job": ["upstream", "hungry"],
        "badly_job": ["checked_badly"],
        "blocked_job": ["blocked"],
        "insatiable_job": ["insatiable"],
        "payment_job": ["payment"],
        "defective_job": ["defective"],
        "partition_job": ["by_partition"],
    }
    return dg.Definitions(
        assets=[upstream, hungry, checked_badly, blocked, insatiable, payment, defective, by_partition],
        asset_checks=[is_whole, is_never_whole, is_never_good],
        jobs=[op_job, *(dg.define_asset_job(name, assets) for name, assets in jobs.items())],
        executor=dg.in_process_executor,
    )


@pytest.fixture
def adopted(project: Project) -> Project:
    project.adopt(definitions())
    return project


def outcomes(project: Project) -> list[tuple[int, str, str]]:
    return [(row["number"], row["remedy"], row["outcome"]) for row in project.rows("attempts")]


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


@pytest.mark.parametrize("job", ["payment_job", "defective_job"])
def test_what_may_not_be_run_again_is_not(adopted: Project, job: str) -> None:
    adopted.run(job)
    assert adopted.tick() == []
    assert outcomes(adopted) == []
    assert [row["state"] for row in adopted.rows("cases")] == ["passed_on"]


def test_a_category_that_the_policy_watches_is_not_run_again(project: Project) -> None:
    project.policy = Policy(caps={Category.OUT_OF_MEMORY: Cap.WATCH})
    project.adopt(definitions())
    project.run("hungry_job")
    assert project.tick() == []
    assert outcomes(project) == []


def test_what_a_person_terminated_is_no_failure(adopted: Project) -> None:
    run = adopted.instance.create_run_for_job(adopted.repository.get_job("hungry_job"))
    adopted.instance.report_run_failed(run, KILLED)
    adopted.instance.report_run_canceled(run)
    assert adopted.tick() == []
    assert adopted.rows("failures") == []


def test_a_repair_run_that_a_person_terminated_is_neither_repaired_nor_handed_on(adopted: Project) -> None:
    adopted.run("hungry_job")
    (repair,) = adopted.tick()
    adopted.instance.report_run_canceled(adopted.get(repair))
    assert adopted.tick() == []
    assert outcomes(adopted) == [(1, "smaller_batches", "canceled")]
    assert [(row["state"], row["reason"]) for row in adopted.rows("cases")] == [("canceled", "a person terminated it")]
    assert adopted.tick() == []


def test_a_repair_run_is_not_launched_before_its_wait_is_over(adopted: Project) -> None:
    run = adopted.instance.create_run_for_job(adopted.repository.get_job("hungry_job"))
    # Which tells nothing of the cause: a plain retry, after a wait.
    adopted.instance.report_run_failed(run, KILLED.replace("9 (SIGKILL)", "6 (SIGABRT)"))
    assert adopted.tick() == []
    (attempt,) = adopted.rows("attempts")
    assert attempt["not_before"] is not None
    (key,) = adopted.tick_later(lambda: now() + timedelta(seconds=3))
    assert key.startswith(f"escalation-attempt-{attempt['id']}-")


def test_a_run_that_dagster_retries_itself_is_left_to_it(adopted: Project) -> None:
    adopted.run("hungry_job", tags={"dagster/will_retry": "true"})
    assert adopted.tick() == []
    assert adopted.rows("cases") == []


def test_what_failed_long_ago_is_history(project: Project) -> None:
    project.policy = Policy(most_age_hours=1e-9)
    project.adopt(definitions())
    project.run("hungry_job")
    assert project.tick() == []
    assert [row["subject"] for row in project.rows("failures")] == ["asset:hungry"]
    assert project.rows("cases") == []


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


def test_the_partitions_of_a_backfill_are_one_case_and_what_repaired_one_is_carried_over_once(adopted: Project) -> None:
    for partition in "abcd":
        adopted.run("partition_job", tags={"dagster/partition": partition, "dagster/backfill": "whole"})
    (first,) = adopted.tick()
    adopted.go_on(first)
    others = adopted.tick()
    assert sorted(adopted.get(run_id).tags["dagster/partition"] for run_id in others) == list("bcd")
    assert {adopted.get(run_id).tags["dagster/backfill"] for run_id in others} == {"whole"}
    assert sorted(adopted.tick()) == sorted(others)
    for run_id in others:
        assert adopted.get(adopted.go_on(run_id)).status is dg.DagsterRunStatus.SUCCESS
    assert adopted.tick() == []
    assert outcomes(adopted) == [(1, "smaller_batches", "repaired"), (2, "smaller_batches", "repaired")]
    assert [row["state"] for row in adopted.rows("cases")] == ["repaired"]


def test_nothing_is_carried_over_after_the_budget(adopted: Project) -> None:
    for partition in "ab":
        adopted.run("partition_job", tags={"dagster/partition": partition, "dagster/backfill": "whole"})
    (first,) = adopted.tick()
    adopted.go_on(first)
    assert adopted.tick_later(lambda: now() + timedelta(seconds=400)) == []
    (case,) = adopted.rows("cases")
    assert case["state"] == "passed_on"
    assert case["reason"].startswith("one partition was repaired, 1 more failed, and the budget of 300 s is used up")


def test_adopted_twice_or_in_two_parts_the_sensor_is_there_once() -> None:
    @dg.asset
    def other() -> None: ...

    one, two = escalate(escalate(definitions())), escalate(dg.Definitions(assets=[other]))
    merged = dg.Definitions.merge(one, two)
    assert [sensor.name for sensor in merged.sensors or ()].count("escalation_repair_failed_runs") >= 1
    assert merged.get_repository_def().has_sensor_def("escalation_repair_failed_runs")


def test_switched_off_it_does_nothing(adopted: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    adopted.run("hungry_job")
    monkeypatch.setenv("ESCALATION_DISABLED", "1")
    assert adopted.tick() == []
    assert ledger_of_process().store.is_ready()
    assert adopted.rows("failures") == []
