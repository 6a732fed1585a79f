"""The ladder's own faults: a run has the result that it has without the ladder, and the trouble is told."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.own_rules import own_classifier
from escalation_sensors.level1 import heartbeat
from escalation_sensors.level1.current_tuning import current_tuning
from escalation_sensors.level1.escalate import escalate
from escalation_sensors.level1.holders import Execution
from escalation_sensors.level1.ledger import Subject
from escalation_sensors.level1.pipeline import Pipeline
from escalation_sensors.level1.process_ledger import forget_ledger, ledger_of_process
from escalation_sensors.store import Store, StoreError
from escalation_sensors.store.store import TIMEOUT_SECONDS

HOLDS_THE_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
connection.execute("CREATE TABLE IF NOT EXISTS held (id INTEGER)")
print("held", flush=True)
sys.stdin.read()
"""
calls: list[str] = []


@pytest.fixture(autouse=True)
def _fresh(own_store: None, short_waits: None) -> None:
    calls.clear()


class SourceWentAway(ConnectionResetError):
    """As a server's own word that it answers soon: else the remedy waits 5 and then 30 s."""

    retry_after_seconds = 0.1


def project() -> dg.Definitions:
    @dg.asset
    def healthy() -> int:
        calls.append("healthy")
        return current_tuning().batches

    @dg.asset(deps=[healthy])
    def healthy_too() -> None:
        calls.append("healthy_too")

    @dg.asset(retry_policy=dg.RetryPolicy(max_retries=1), tags={"escalation/budget_seconds": "120"})
    def flaky() -> None:
        calls.append("flaky")
        raise SourceWentAway("the source went away")

    @dg.asset
    def broken() -> None:
        calls.append("broken")
        raise MemoryError("the whole does not fit")

    return dg.Definitions(assets=[healthy, healthy_too, flaky, broken])


def outcome(defs: dg.Definitions) -> dict[str, Any]:
    """What the run of all assets came to: every end of a step with its error, and how often each function ran."""
    calls.clear()
    result = defs.resolve_implicit_global_asset_job_def().execute_in_process(raise_on_error=False)
    ends = []
    for event in result.all_events:
        if event.event_type_value in {"STEP_SUCCESS", "STEP_FAILURE", "STEP_UP_FOR_RETRY"}:
            error = event.step_failure_data.error if event.is_step_failure else None
            told = (error.cls_name, error.message, error.cause.message if error.cause else None) if error else None
            ends.append((event.step_key, event.event_type_value, told))
    return {"success": result.success, "ends": sorted(ends, key=str), "calls": sorted(calls)}


def unreachable(_home: Path, setenv: Callable[[str, str], None]) -> None:
    setenv("ESCALATION_STORE_URL", "postgresql://me:hunter2@127.0.0.1:1/none")


def nowhere(_home: Path, setenv: Callable[[str, str], None]) -> None:
    setenv("ESCALATION_STORE_URL", "sqlite:////dev/null/folder/escalation.db")


def no_address(_home: Path, setenv: Callable[[str, str], None]) -> None:
    setenv("ESCALATION_STORE_URL", "nonsense://me:hunter2@host")


def of_a_newer_version(home: Path, _setenv: Callable[[str, str], None]) -> None:
    ledger_of_process()
    connection = sqlite3.connect(home / "escalation.db")
    connection.execute("UPDATE escalation_version SET version_num = '9999'")
    connection.commit()
    connection.close()


def no_database(home: Path, _setenv: Callable[[str, str], None]) -> None:
    (home / "escalation.db").write_bytes(b"this is no database" * 4096)


def cut_short(home: Path, _setenv: Callable[[str, str], None]) -> None:
    ledger_of_process()
    forget_ledger()
    for name in ("escalation.db-wal", "escalation.db-shm"):
        (home / name).unlink(missing_ok=True)
    file = home / "escalation.db"
    file.write_bytes(file.read_bytes()[:5000] + b"\x00" * 20000)


def without_tables(home: Path, _setenv: Callable[[str, str], None]) -> None:
    ledger_of_process()
    connection = sqlite3.connect(home / "escalation.db")
    for table in ("receipts", "proposals", "tunings", "attempts", "failures", "cases", "durations"):
        connection.execute(f"DROP TABLE {table}")
    connection.commit()
    connection.close()


FAULTS = [unreachable, nowhere, no_address, of_a_newer_version, no_database, cut_short, without_tables]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_store_that_fails_changes_nothing_of_a_run_and_is_told(
    fault: Callable[[Path, Callable[[str, str], None]], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    stock = outcome(project())
    fault(tmp_path, monkeypatch.setenv)
    forget_ledger()
    capfd.readouterr()
    assert outcome(escalate(project())) == stock
    told = [line for line in capfd.readouterr().err.splitlines() if line.startswith("escalation: ")]
    assert told
    assert not [line for line in told if "hunter2" in line or len(line) > 400]


@contextmanager
def held_by_another(file: Path) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS_THE_LOCK, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield
    finally:
        process.communicate("", timeout=10)


@pytest.mark.parametrize("made_before", [True, False], ids=["a store in use", "a new store"])
def test_a_store_that_another_process_holds_all_the_time_is_waited_for_once(
    *, made_before: bool, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stock = outcome(project())
    if made_before:
        ledger_of_process()
    waits: list[float] = []
    with held_by_another(tmp_path / "escalation.db"), counting(waits):
        assert outcome(escalate(project())) == stock
    assert len(waits) == 1  # of at most the documented seconds; then it is left alone for a while
    assert "database is locked" in capfd.readouterr().err


@contextmanager
def counting(waits: list[float]) -> Iterator[None]:
    """Note every call of the store that failed: each waited as long as its timeout."""
    stock = Store.transaction, Store.reading

    def noting(of: Any) -> Any:
        @contextmanager
        def noted(self: Store) -> Iterator[Any]:
            try:
                with of(self) as connection:
                    yield connection
            except StoreError:
                waits.append(TIMEOUT_SECONDS)
                raise

        return noted

    Store.transaction, Store.reading = map(noting, stock)  # type: ignore[method-assign]
    try:
        yield
    finally:
        Store.transaction, Store.reading = stock  # type: ignore[method-assign]


class Raises:
    """A pipeline of which every part raises."""

    def __getattr__(self, name: str) -> Any:
        def raises(*_arguments: Any, **_named: Any) -> Any:
            calls.append(name)
            raise RuntimeError(f"{name} is out of order")

        return raises


def test_a_pipeline_that_raises_is_told_and_the_repair_goes_on(capfd: pytest.CaptureFixture[str]) -> None:
    @dg.asset
    def away_once() -> None:
        calls.append("away_once")
        if calls.count("away_once") == 1:
            raise ConnectionResetError(104, "Connection reset by peer")

    broken: Any = Raises()
    defs = escalate(dg.Definitions(assets=[away_once]), pipeline=Pipeline(broken, broken, broken))
    assert outcome(defs)["success"]
    assert calls.count("away_once") == 2
    assert "RuntimeError: version is out of order" in capfd.readouterr().err


@pytest.mark.timeout(60, method="thread")  # its own timer would take the place of the ladder's
def test_a_pipeline_that_hangs_hangs_no_longer_than_the_budget() -> None:
    class Hangs:
        def answers(self, subject: str, timeout_seconds: float) -> bool:  # noqa: ARG002 - the protocol's signature
            threading.Event().wait(120)
            return True

    @dg.asset(tags={"escalation/budget_seconds": "4"})
    def away() -> None:
        calls.append("away")
        raise ConnectionResetError(104, "Connection reset by peer")

    defs = escalate(dg.Definitions(assets=[away]), pipeline=Pipeline(sources=Hangs()))
    own_classifier()  # which takes a while the first time, and the budget with it
    assert not outcome(defs)["success"]
    (row,) = ledger_of_process().attempts_of(Subject("", "asset:away"))
    assert row["outcome"] == "failed"
    assert row["ended_at"] < row["deadline_at"] + timedelta(seconds=5)
    assert calls == ["away"]


def test_a_remedy_that_raises_leaves_the_step_to_its_own_policy(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(_situation: object) -> Any:
        raise ZeroDivisionError("a remedy divides by zero")

    stock = outcome(project())
    monkeypatch.setattr("escalation_sensors.level1.decide.REMEDIES", dict.fromkeys(Category, broken))
    assert outcome(escalate(project())) == stock
    told = capfd.readouterr().err
    assert "asset:flaky: level 1 failed, so nothing is repaired: ZeroDivisionError: a remedy divides by zero" in told


BROKEN_FILES = {
    "a policy that is no YAML": ("a: [", "", "", "escalation.yaml:"),
    "a policy with an unknown setting": ("colour: red", "", "", "escalation.yaml:1: colour"),
    "rules that are broken": ("rules: rules.yaml", "- rule: mine\n  category: nonsense\n", "", "rules.yaml:"),
    "a policy with a date that is none": ("rules: 2013-13-01", "", "", "escalation.yaml:1: 2013-13-01: month"),
    "rules that are missing": ("\nrules: none.yaml", "", "", "escalation.yaml:2: the project's own rules are left out"),
    "an allow-list that is broken": ("packages: {allow_list: allowed.txt}", "", "requests>=2\n", "allowed.txt"),
    "a pipeline that is missing": (
        "\n\npipeline: no.at_all:made",
        "",
        "",
        "escalation.yaml:3: pipeline no.at_all:made: ",
    ),
}


@pytest.mark.parametrize("broken", BROKEN_FILES)
def test_a_broken_file_is_told_with_its_name_and_the_run_goes_on(
    broken: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    policy, rules, allowed, named = BROKEN_FILES[broken]
    for name, text in (("escalation.yaml", policy), ("rules.yaml", rules), ("allowed.txt", allowed)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = outcome(escalate(project(), tmp_path / "escalation.yaml"))
    assert not found["success"]
    assert {"healthy", "healthy_too"} <= {step for step, kind, _ in found["ends"] if kind == "STEP_SUCCESS"}
    told = [line for line in capfd.readouterr().err.splitlines() if line.startswith("escalation: ")]
    assert any(named in line for line in told), told


@pytest.mark.parametrize(
    "error",
    [MemoryError("the whole does not fit"), ValueError("the total is odd")],
    ids=["recoverable", "a guess at a defect"],
)
def test_a_policy_that_cannot_be_read_is_told_in_the_log_of_the_run_that_it_leaves_unrepaired(
    error: Exception, tmp_path: Path
) -> None:
    @dg.asset
    def broken() -> None:
        calls.append("broken")
        raise error

    policy = tmp_path / "escalation.yaml"
    policy.write_text("categories:\n  unkown: watch\n", encoding="utf-8")
    job = escalate(dg.Definitions(assets=[broken]), policy).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        run = job.execute_in_process(raise_on_error=False, instance=instance)
        told = [entry.user_message for entry in instance.all_logs(run.run_id) if entry.dagster_event is None]
    (action,) = [line for line in told if line.startswith("Action: ")]
    why, way_out = f"{policy}:2: categories.unkown: ", "; correct it, and reload the definitions"
    assert action.startswith(f"Action: none, because the policy cannot be read, which allows nothing: {why}")
    assert action.endswith(way_out)
    assert calls == ["broken"]


def test_without_threads_for_a_heartbeat_a_step_runs_on(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refused(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(heartbeat, "_ALL", heartbeat._Beats())
    monkeypatch.setattr(threading.Thread, "start", refused)
    seen = heartbeat.beating(
        Execution("run", "step", Subject("", "asset:a"), "", datetime.now(UTC)), ledger_of_process().store
    )
    with seen:
        calls.append("ran")
    assert calls == ["ran"]
    assert "asset:a: it has no heartbeat: can't start new thread" in capfd.readouterr().err
