"""The ladder's own trouble: told on stderr and in the run's log, and nowhere with a secret that an exception held."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import dagster as dg
import pytest

from escalation_sensors.cli import app
from escalation_sensors.cli.errors import CommandError
from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1 import packages
from escalation_sensors.level1.allow_list import AllowList
from escalation_sensors.level1.escalate import escalate
from escalation_sensors.level1.ledger import Attempt, Ledger, Origin, Plan, Subject
from escalation_sensors.level1.pipeline import Pipeline, Profile
from escalation_sensors.level1.process_ledger import forget_ledger, ledger_of_process
from escalation_sensors.level1.remedies import slow_performance
from escalation_sensors.level1.repair_runs import sensor
from escalation_sensors.level1.setup import Setup, telling, trouble
from escalation_sensors.level1.slow_steps.improve_layout_job import improve_layout_job
from escalation_sensors.level1.subjects import ATTEMPT_TAG
from escalation_sensors.level1.tuning import PLAIN
from escalation_sensors.policy.policy import Packages

SECRET = "hunter2secret"
ADDRESS = f"postgresql://etl:{SECRET}@db/shop"


class Refused(RuntimeError):
    """As drivers do it: the message repeats the address with its password."""

    def __init__(self) -> None:
        super().__init__(f"cannot ask {ADDRESS}")


class RaisesWithASecret:
    """A pipeline of which every part raises."""

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        def raises(*_arguments: object, **_named: object) -> NoReturn:
            raise Refused

        return raises


@pytest.fixture(autouse=True)
def _fresh(own_store: None, short_waits: None) -> None: ...


def fails_once(error: Exception, **definition: Any) -> dg.Definitions:
    calls: list[int] = []

    @dg.asset(name="flaky", **definition)
    def flaky() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise error

    return dg.Definitions(assets=[flaky])


class SourceWentAway(ConnectionResetError):
    """As a server's own word that it answers soon."""

    retry_after_seconds = 0.1


def log_of_a_run(defs: dg.Definitions) -> list[str]:
    """All that the run's log holds, with the errors of its events, and what its tags say."""
    with dg.DagsterInstance.ephemeral() as instance:
        job = defs.resolve_implicit_global_asset_job_def()
        run = job.execute_in_process(raise_on_error=False, instance=instance)
        entries = instance.all_logs(run.run_id)
        record = instance.get_run_by_id(run.run_id)
        assert record is not None
        return [*(f"{entry.user_message} {entry.dagster_event}" for entry in entries), str(record.tags)]


def telling_lines(log: list[str], place: str) -> list[str]:
    return [line for line in log if line.startswith("Escalation: ") and place in line]


def a_probe(_home: Path) -> dg.Definitions:
    return escalate(fails_once(SourceWentAway("away")), pipeline=Pipeline(sources=RaisesWithASecret()))


def a_version(_home: Path) -> dg.Definitions:
    return escalate(fails_once(SourceWentAway("away")), pipeline=Pipeline(versions=RaisesWithASecret()))


def a_size(_home: Path) -> dg.Definitions:
    late = TimeoutError("the query took too long")
    late.escalation_category = "pipeline_timeout"  # type: ignore[attr-defined]
    return escalate(fails_once(late), pipeline=Pipeline(sizes=RaisesWithASecret()))


def a_pipeline_that_is_made_badly(home: Path) -> dg.Definitions:
    (home / "strangers_pipeline.py").write_text(f"def made():\n    raise RuntimeError('no answer of {ADDRESS}')\n")
    policy = home / "escalation.yaml"
    policy.write_text("pipeline: strangers_pipeline:made\n")
    return escalate(fails_once(SourceWentAway("away")), policy)


def an_allow_list(home: Path) -> dg.Definitions:
    (home / "allowed.txt").write_text(f"--index-url https://etl:{SECRET}@index.example/simple\n")
    policy = home / "escalation.yaml"
    policy.write_text("packages: {allow_list: allowed.txt}\n")
    return escalate(fails_once(SourceWentAway("away")), policy)


def a_store_whose_address_holds_it(_home: Path) -> dg.Definitions:
    return escalate(fails_once(SourceWentAway("away")))


PLACES: dict[str, tuple[Callable[[Path], dg.Definitions], str]] = {
    "a probe": (a_probe, "the source cannot be probed: Refused: cannot ask postgresql://etl:[redacted:"),
    "a version": (a_version, "its version cannot be told: Refused: cannot ask postgresql://etl:[redacted:"),
    "a size": (a_size, "its size cannot be told: Refused: cannot ask postgresql://etl:[redacted:"),
    "a pipeline that is made badly": (
        a_pipeline_that_is_made_badly,
        "RuntimeError: no answer of postgresql://etl:[redacted:",
    ),
    "an allow-list": (an_allow_list, "nothing is installed: "),
    "a store's address": (a_store_whose_address_holds_it, "the ledger cannot be reached"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_in_an_exception_is_told_nowhere_and_the_trouble_is(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    if place == "a store's address":
        monkeypatch.setenv("ESCALATION_STORE_URL", f"postgresql://me@127.0.0.1:1/none?password={SECRET}")
        forget_ledger()
    make, told = PLACES[place]
    log = log_of_a_run(make(tmp_path))
    on_stderr = [line for line in capfd.readouterr().err.splitlines() if line.startswith("escalation: ")]
    assert [line for line in on_stderr if told in line], on_stderr
    assert telling_lines(log, told), log
    assert SECRET not in "\n".join([*on_stderr, *log])


def test_a_secret_in_a_policy_file_is_told_neither_when_it_is_read_nor_in_the_run(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "escalation.yaml"
    policy.write_text(f"'{ADDRESS}': repair\n")
    log = log_of_a_run(escalate(fails_once(SourceWentAway("away")), policy))
    on_stderr = capfd.readouterr().err
    assert "nothing is repaired: " in on_stderr
    assert [line for line in log if "the policy cannot be read" in line and "[redacted:" in line]
    assert SECRET not in on_stderr + "\n".join(log)


def test_a_secret_in_a_bug_of_the_ladder_is_not_told(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(_situation: object) -> NoReturn:
        raise Refused

    monkeypatch.setattr("escalation_sensors.level1.decide.REMEDIES", dict.fromkeys(Category, broken))
    log = log_of_a_run(escalate(fails_once(SourceWentAway("away"))))
    said = "level 1 failed, so nothing is repaired: Refused: cannot ask postgresql://etl:[redacted:"
    assert telling_lines(log, said)
    on_stderr = capfd.readouterr().err
    assert said in on_stderr
    assert SECRET not in on_stderr + "\n".join(log)


@pytest.mark.parametrize("where", ["a part of the tick", "the store"])
def test_a_secret_in_what_goes_wrong_in_a_tick_is_told_neither_in_its_log_nor_as_its_reason(
    where: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def capture(_tick: object) -> NoReturn:
        raise Refused

    if where == "the store":
        monkeypatch.setenv("ESCALATION_STORE_URL", f"postgresql://me@127.0.0.1:1/none?password={SECRET}")
        forget_ledger()
    else:
        monkeypatch.setattr(sensor, "capture", capture)
    repository = escalate(fails_once(SourceWentAway("away"))).get_repository_def()
    told: list[str] = []
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, repository_def=repository)
        monkeypatch.setattr(context.log, "info", told.append)
        result = sensor.evaluate(context, Setup())
    on_stderr = capfd.readouterr().err
    assert isinstance(result, dg.SkipReason)
    if where == "the store":
        assert str(result.skip_message).startswith("the ledger cannot be reached: ")
    else:
        assert told == ["capture failed: Refused: cannot ask postgresql://etl:[redacted:url-password]@db/shop"]
    assert "escalation: " in on_stderr
    assert SECRET not in on_stderr + str(result.skip_message) + "".join(told)


def test_a_secret_in_pips_last_words_is_not_kept_in_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pip = tmp_path / "python"
    pip.write_text(f"#!/bin/sh\necho 'ERROR: no answer of https://etl:{SECRET}@index.example/simple' >&2\nexit 1\n")
    pip.chmod(0o755)
    monkeypatch.setattr("escalation_sensors.level1.packages.sys.executable", str(pip))
    allowed = AllowList({"clock": "clock==1.0 --hash=sha256:" + "0" * 64})
    with pytest.raises(packages.InstallFailed) as failed:
        packages.provide(["clock"], allowed, Packages(), tmp_path / "packages")
    assert "no answer of https://etl:[redacted:" in str(failed.value)
    assert SECRET not in str(failed.value)


def test_a_secret_in_a_pipelines_layout_is_not_kept_in_the_run_of_the_ladders_own_job(ledger: Ledger) -> None:
    now = datetime.now(UTC)
    diagnosis = Diagnosis(Category.SLOW_PERFORMANCE, 0.9, "duration", "", "f", recoverable=True)
    plan = Plan(slow_performance.NAME, PLAIN, "profiles the query")
    attempt = ledger.begin_attempt(Subject("", "asset:slow"), Origin("run"), diagnosis, plan, failed_at=now, now=now)
    assert isinstance(attempt, Attempt)

    class CannotImprove:
        def profile(self, subject: str) -> Profile | None:  # noqa: ARG002 - the protocol's signature
            raise Refused

    job = improve_layout_job(Setup(given_pipeline=Pipeline(layouts=CannotImprove())))  # type: ignore[arg-type]
    with dg.DagsterInstance.ephemeral() as instance:
        run = job.execute_in_process(tags={ATTEMPT_TAG: str(attempt.id)}, instance=instance, raise_on_error=False)
        assert not run.success
        kept = "\n".join(f"{entry.user_message} {entry.dagster_event}" for entry in instance.all_logs(run.run_id))
    assert "Refused: cannot ask postgresql://etl:[redacted:" in kept
    assert SECRET not in kept


def test_a_secret_in_a_commands_error_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_options: object) -> NoReturn:
        raise CommandError(f"cannot ask {ADDRESS}")

    monkeypatch.setattr(app, "escalation", broken)
    with pytest.raises(SystemExit):
        app.main()
    assert capsys.readouterr().err == "error: cannot ask postgresql://etl:[redacted:url-password]@db/shop\n"


def test_trouble_outside_of_a_run_is_told_on_stderr_alone(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    with telling(told.append):
        trouble("within")
    trouble("outside")
    assert told == ["Escalation: within"]
    assert capsys.readouterr().err == "escalation: within\nescalation: outside\n"


def test_a_runs_log_that_cannot_be_written_costs_the_step_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_line: str) -> NoReturn:
        raise Refused

    with telling(broken):
        trouble("the ledger cannot be reached")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "escalation: the ledger cannot be reached"
    assert lines[1].startswith("escalation: nor can the run's log be written: Refused: cannot ask postgresql://etl:[")


def test_with_the_ledger_down_each_step_says_so_in_its_runs_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCALATION_STORE_URL", "sqlite:////dev/null/folder/escalation.db")
    forget_ledger()
    log = log_of_a_run(escalate(fails_once(SourceWentAway("away"))))
    assert telling_lines(log, "asset:flaky: the ledger cannot be reached, so the step runs alone: ")
    assert telling_lines(log, "asset:flaky: the ledger cannot be reached, so nothing is repaired: ")


def test_a_ledger_that_breaks_while_a_step_runs_is_told_in_its_runs_log() -> None:
    @dg.asset
    def healthy() -> None:
        with ledger_of_process().store.transaction() as connection:
            connection.exec_driver_sql("DROP TABLE durations")

    log = log_of_a_run(escalate(dg.Definitions(assets=[healthy])))
    assert telling_lines(log, "asset:healthy: the ledger cannot be written, so what came of it is not kept: ")
