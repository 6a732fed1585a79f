"""Running a job from the command line: it is in the instance, followed as it goes, and its error is one line."""

import os
import signal
import threading
from pathlib import Path

import dagster as dg
import pytest

from data_platform.cli.errors import CommandError
from data_platform.cli.job_run import CheckResult, run_job


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
