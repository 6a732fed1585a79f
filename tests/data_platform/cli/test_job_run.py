"""Running a job from the command line: it is in the instance, followed as it goes, and its error is one line."""

import os
import signal
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import dagster as dg
import pytest

from data_platform.cli.errors import CommandError
from data_platform.cli.job_run import CheckResult, run_job
from data_platform.supervision.command_lock import COMMAND_TAG, end_runs_of_dead_commands, held
from tests.data_platform.cli.conftest import CHECKOUT


@dg.asset(key=["raw", "source"], check_specs=[dg.AssetCheckSpec("volume", asset=["raw", "source"])])
def source(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    context.log.warning("page 2 [of 9] answered 500, then 200")
    check = dg.AssetCheckResult(passed=False, check_name="volume", severity=dg.AssetCheckSeverity.WARN)
    return dg.MaterializeResult(check_results=[check])


@dg.asset(key=["core", "broken"], deps=[source])
def broken() -> None:
    try:
        raise ValueError("row 7:\nthe reason")  # noqa: TRY301 - an error with a cause is the point
    except ValueError as error:
        raise RuntimeError("the step failed") from error


@dg.asset(key=["core", "endless"])
def endless() -> None:
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
    threading.Event().wait(60)


DEFINITIONS = dg.Definitions(
    assets=[source, broken, endless],
    jobs=[
        dg.define_asset_job("good", [source]),
        dg.define_asset_job("bad", [source, broken]),
        dg.define_asset_job("stopped", [endless]),
    ],
    executor=dg.in_process_executor,
)


def test_a_good_run_is_in_the_instance_with_its_tags(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run_job("good", definitions=DEFINITIONS, tags={"team": "flight-data"})
    assert outcome.exit_code == 0
    assert outcome.checks == (CheckResult("raw.source", "volume", passed=False, severity="WARN"),)
    assert [step.step for step in outcome.steps] == ["raw__source"]
    with dg.DagsterInstance.get() as instance:
        run = instance.get_run_by_id(outcome.run_id)
    assert run is not None
    assert run.is_success
    assert run.tags["team"] == "flight-data"
    shown = capsys.readouterr().err
    assert "✓     1/1  raw.source" in shown
    assert "! raw.source: page 2 [of 9] answered 500, then 200" in shown


def test_a_failed_step_is_one_line_without_dagsters_words(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = run_job("bad", definitions=DEFINITIONS)
    assert outcome.exit_code == 1
    assert outcome.errors == ("core.broken: RuntimeError: the step failed",)
    assert "error: core.broken: RuntimeError: the step failed" in capsys.readouterr().err


def test_sigterm_ends_the_run_and_records_it(home: Path) -> None:
    outcome = run_job("stopped", definitions=DEFINITIONS)
    assert outcome.errors == ("core.endless: stopped by a signal",)
    with dg.DagsterInstance.get() as instance:
        run = instance.get_run_by_id(outcome.run_id)
    assert run is not None
    assert run.is_finished


def test_an_unknown_job_is_one_line(home: Path) -> None:
    with pytest.raises(CommandError, match="there is no job nope"):
        run_job("nope", definitions=DEFINITIONS)


def test_a_run_whose_command_was_killed_is_ended_by_the_next_command(home: Path, tmp_path: Path) -> None:
    program = (
        "import os, signal, dagster as dg\n"
        "from data_platform.cli.job_run import run_job\n"
        "@dg.asset\n"
        "def dying() -> None:\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "job = dg.define_asset_job('dying_job', [dying])\n"
        "defs = dg.Definitions(assets=[dying], jobs=[job], executor=dg.in_process_executor)\n"
        "run_job('dying_job', definitions=defs)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, check=False, timeout=60, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    dagster_home = home / "dagster"
    with dg.DagsterInstance.from_config(str(dagster_home)) as instance:
        (left,) = instance.get_runs()
        assert left.status is dg.DagsterRunStatus.STARTED
        assert end_runs_of_dead_commands(instance, dagster_home) == [left.run_id]
        assert end_runs_of_dead_commands(instance, dagster_home) == []
        ended = instance.get_run_by_id(left.run_id)
    assert ended is not None
    assert ended.status is dg.DagsterRunStatus.FAILURE


def test_a_run_whose_command_is_alive_is_left_alone(tmp_path: Path) -> None:
    run_id = str(uuid.uuid4())
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        with held(tmp_path, run_id):
            job = DEFINITIONS.resolve_job_def("good")
            instance.create_run_for_job(job, run_id=run_id, tags={COMMAND_TAG: run_id})
            assert end_runs_of_dead_commands(instance, tmp_path) == []
        assert end_runs_of_dead_commands(instance, tmp_path) == [run_id]


def test_a_run_that_is_stopped_before_its_first_step_is_ended(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    # As Ctrl-C does it while Dagster is about to begin: the run is created, and nothing has begun.
    monkeypatch.setattr("dagster._core.execution.execute_in_process.ExecuteRunWithPlanIterable", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_job("good", definitions=DEFINITIONS)
    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_runs()
    assert run.is_finished


def test_a_run_that_only_inherited_the_tag_is_left_alone(tmp_path: Path) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        # As "Re-execute" in the UI does it: the tags of the command's run, executed by the daemon.
        job = DEFINITIONS.resolve_job_def("good")
        instance.create_run_for_job(job, tags={COMMAND_TAG: str(uuid.uuid4())})
        assert end_runs_of_dead_commands(instance, tmp_path) == []
