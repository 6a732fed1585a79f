"""A step that meets a conflict finds who holds what it wanted, waits until that is let go of, and passes."""

import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import psycopg2
import pytest
from sqlalchemy import insert

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.own_rules import own_classifier
from escalation_sensors.level1 import preparation
from escalation_sensors.level1.better_schedule import SCHEDULE_TAG
from escalation_sensors.level1.duration_history import keep_duration
from escalation_sensors.level1.failed import Failed, failed_by
from escalation_sensors.level1.held import BusyRun
from escalation_sensors.level1.ledger import Ledger, Origin, Plan, Subject
from escalation_sensors.level1.proposals import proposals_of
from escalation_sensors.level1.recoverable import recoverable
from escalation_sensors.level1.remedies import scheduling_conflict
from escalation_sensors.level1.setup import Setup
from escalation_sensors.level1.situation import Situation
from escalation_sensors.level1.who_holds import who_holds
from escalation_sensors.store.tables import heartbeats

if TYPE_CHECKING:
    from tests.servers.postgres import PostgresServer

# pytest-timeout's own timer signal would be somebody else's, which a deadline leaves alone.
pytestmark = pytest.mark.timeout(120, method="thread")
COPIED = Subject("", "asset:copied")
LOCKING = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA journal_mode=" + sys.argv[2])
database.execute("CREATE TABLE IF NOT EXISTS orders (id)")
database.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
database.execute("COMMIT")
sys.stdin.readline()
"""


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    home = tmp_path / "home"
    home.mkdir()
    (home / "dagster.yaml").touch()
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.setattr(preparation, "FIRST_PAUSE_SECONDS", 0.05)
    with dg.DagsterInstance.get() as instance:
        instance.event_log_storage.set_concurrency_slots("lake", 1)
        yield instance


class NoSlot(RuntimeError):
    """The pool is full."""


@dg.asset
def copied(context: dg.AssetExecutionContext) -> None:
    """Takes a slot of the pool as it goes, since it is not for all of its work."""
    storage, run_id = context.instance.event_log_storage, context.run.run_id
    taken = storage.claim_concurrency_slot("lake", run_id, "copying")
    try:
        if not taken.is_claimed:
            raise NoSlot("copying is blocked by concurrency limit for key lake")
    finally:
        storage.free_concurrency_slot_for_step(run_id, "copying")


def waited_for(instance: dg.DagsterInstance, ledger: Ledger, subject: Subject, line: str) -> bool:
    """Come back when an attempt for the subject has told a line, or has ended: whether it did."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for row in ledger.attempts_of(subject):
            if any(line in entry.user_message for entry in instance.all_logs(row["run_id"])):
                return True
            if row["outcome"] != "running":
                return False
        time.sleep(0.02)
    return False


def test_who_holds_a_slot_of_a_pool_is_named_and_waited_for(instance: dg.DagsterInstance, ledger: Ledger) -> None:
    holds = threading.Event()
    runs: list[str] = []
    waited: list[bool] = []

    @dg.asset(pool="lake")
    def loading(context: dg.AssetExecutionContext) -> None:
        runs.append(context.run.run_id)
        holds.set()
        waited.append(waited_for(context.instance, ledger, COPIED, "still holds a slot of pool lake"))

    def hold() -> None:
        with dg.DagsterInstance.get() as another:
            assert dg.materialize([loading], instance=another).success

    thread = threading.Thread(target=hold)
    thread.start()
    assert holds.wait(60)
    result = dg.materialize([recoverable(copied)], instance=instance, raise_on_error=False)
    thread.join()
    assert (result.success, waited) == (True, [True])
    (attempt,) = ledger.attempts_of(COPIED)
    named = f"pool lake has 1 slot, held by run {runs[0]} step loading; waits until one is free"
    assert (attempt["change"], attempt["not_before"], attempt["outcome"]) == (named, None, "repaired")


def run_command_in(effect: str, home: str) -> None:
    """Do what a proposal says, as it is written there."""
    (command,) = re.findall(r"`([^`]+)`", effect)
    program, *arguments = shlex.split(command)
    known = {"python": [sys.executable], "dagster": [sys.executable, "-m", "dagster"]}
    environment = {**os.environ, "DAGSTER_HOME": home}
    subprocess.run([*known[program], *arguments], check=True, env=environment, capture_output=True, timeout=60)


def test_a_slot_that_an_ended_run_kept_is_not_waited_for_and_the_proposal_frees_it(
    instance: dg.DagsterInstance, ledger: Ledger
) -> None:
    storage = instance.event_log_storage

    @dg.asset
    def killed() -> None: ...

    run_id = dg.materialize([killed], instance=instance).run_id
    storage.claim_concurrency_slot("lake", run_id, "killed")  # what a worker that is killed leaves
    assert not dg.materialize([recoverable(copied)], instance=instance, raise_on_error=False).success
    assert ledger.attempts_of(COPIED) == []
    (proposal,) = proposals_of(ledger.store)
    assert proposal["remedy"] == scheduling_conflict.FREE
    run_command_in(proposal["plan"]["effect"], instance.root_directory)
    assert storage.get_concurrency_info("lake").claimed_slots == []
    assert dg.materialize([recoverable(copied)], instance=instance).success


def test_a_pool_without_a_slot_is_not_waited_for_and_the_proposal_gives_it_one(
    instance: dg.DagsterInstance, ledger: Ledger
) -> None:
    instance.event_log_storage.set_concurrency_slots("lake", 0)
    assert not dg.materialize([recoverable(copied)], instance=instance, raise_on_error=False).success
    assert ledger.attempts_of(COPIED) == []
    (proposal,) = proposals_of(ledger.store)
    run_command_in(proposal["plan"]["effect"], instance.root_directory)
    assert dg.materialize([recoverable(copied)], instance=instance).success


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Callable[[str], tuple["subprocess.Popen[str]", Path]]]:
    """Has another process lock a SQLite database for writing, until it is sent a line; it then lives on."""
    begun: list[subprocess.Popen[str]] = []

    def lock(mode: str) -> tuple["subprocess.Popen[str]", Path]:
        path = tmp_path / "orders.db"
        command = [sys.executable, "-c", LOCKING, str(path), mode]
        begun.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        assert begun[0].stdout is not None
        assert begun[0].stdout.readline() == "locked\n"
        return begun[0], path

    yield lock
    for process in begun:
        process.kill()
        process.communicate()


def let_go(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


class Orders(dg.ConfigurableResource[Any]):
    """A resource that knows its database by a URL, and leaves no connection open behind it."""

    url: str

    def write(self) -> None:
        with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=0.1)) as database, database:
            database.execute("INSERT INTO orders VALUES (1)")


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_who_has_locked_the_database_that_a_resource_names_is_named_and_waited_for_until_it_lets_go(
    instance: dg.DagsterInstance,
    ledger: Ledger,
    locked: Callable[[str], tuple["subprocess.Popen[str]", Path]],
    mode: str,
) -> None:
    process, path = locked(mode)
    subject = Subject("", "asset:written")

    @dg.asset
    def written(orders: Orders) -> None:
        orders.write()

    waited: list[bool] = []

    def release() -> None:
        waited.append(waited_for(instance, ledger, subject, f"process {process.pid} still holds {path}"))
        let_go(process)

    thread = threading.Thread(target=release)
    thread.start()
    resources = {"orders": Orders(url=f"sqlite:///{path}")}
    result = dg.materialize([recoverable(written)], instance=instance, resources=resources, raise_on_error=False)
    thread.join()
    assert (result.success, waited, process.poll()) == (True, [True], None)
    (attempt,) = ledger.attempts_of(subject)
    assert attempt["change"].startswith(f"waits until the holder (process {process.pid} (python")
    assert attempt["change"].endswith(f") has let go of {path}")


def test_who_has_locked_a_database_that_the_step_still_has_open_is_found_without_a_name(
    instance: dg.DagsterInstance, ledger: Ledger, locked: Callable[[str], tuple["subprocess.Popen[str]", Path]]
) -> None:
    process, path = locked("DELETE")

    subject = Subject("", "asset:unnamed")
    opened = partial(sqlite3.connect, path, timeout=0.1)

    @dg.asset
    def unnamed() -> None:
        database = opened()
        database.execute("INSERT INTO orders VALUES (1)")
        database.commit()

    def release() -> None:
        waited_for(instance, ledger, subject, f"process {process.pid} still holds {path}")
        let_go(process)

    thread = threading.Thread(target=release)
    thread.start()
    assert dg.materialize([recoverable(unnamed)], instance=instance, raise_on_error=False).success
    thread.join()
    (attempt,) = ledger.attempts_of(subject)
    assert attempt["change"].endswith(f") has let go of {path}")


def test_who_has_locked_a_file_that_only_the_code_of_the_step_knows_is_found(
    instance: dg.DagsterInstance, ledger: Ledger, locked: Callable[[str], tuple["subprocess.Popen[str]", Path]]
) -> None:
    process, path = locked("DELETE")
    subject = Subject("", "asset:known_to_code")

    @dg.asset
    def known_to_code() -> None:
        with closing(sqlite3.connect(path, timeout=0)) as database, database:
            database.execute("INSERT INTO orders VALUES (1)")

    def release() -> None:
        waited_for(instance, ledger, subject, f"process {process.pid} still holds {path}")
        let_go(process)

    thread = threading.Thread(target=release)
    thread.start()
    assert dg.materialize([recoverable(known_to_code)], instance=instance, raise_on_error=False).success
    thread.join()
    (attempt,) = ledger.attempts_of(subject)
    assert attempt["change"].startswith(f"waits until the holder (process {process.pid} (python")
    assert attempt["change"].endswith(f") has let go of {path}")


def test_a_terminate_is_heard_while_a_holder_is_waited_for(
    instance: dg.DagsterInstance, ledger: Ledger, locked: Callable[[str], tuple["subprocess.Popen[str]", Path]]
) -> None:
    process, path = locked("DELETE")
    subject = Subject("", "asset:terminated")

    @dg.asset
    def terminated(orders: Orders) -> None:
        orders.write()

    def terminate() -> None:
        if waited_for(instance, ledger, subject, f"process {process.pid} still holds {path}"):
            signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=terminate)
    thread.start()
    resources = {"orders": Orders(url=f"sqlite:///{path}")}
    with pytest.raises((KeyboardInterrupt, dg.DagsterExecutionInterruptedError)):
        dg.materialize([recoverable(terminated)], instance=instance, resources=resources)
    thread.join()
    (attempt,) = ledger.attempts_of(subject)
    assert attempt["outcome"] == "canceled"


def test_other_runs_of_the_same_partition_that_beat_are_found_and_the_own_one_is_not(
    instance: dg.DagsterInstance, ledger: Ledger
) -> None:
    now = datetime.now(UTC)
    with ledger.store.transaction() as connection:
        for run_id, partition in (("run-1", "a"), ("run-2", "a"), ("run-3", "b")):
            row = {"run_id": run_id, "step_key": "copied", "at": now, "host": "h", "pid": 1, "code_location": ""}
            row |= {"subject": COPIED.name, "partition": partition, "started_at": now}
            connection.execute(insert(heartbeats).values(row))
    known = failed_by(sqlite3.OperationalError("database is locked"), now, COPIED)
    failed = Failed("event", COPIED, Origin("run-2"), "run-2", partition="a", **known)
    assert who_holds(instance, {}, ledger, Setup())(failed).runs == (BusyRun("run-1", now),)


def test_what_a_conflict_that_stays_hands_on_names_the_holder_and_proposes_a_better_time_of_the_schedule(
    instance: dg.DagsterInstance, ledger: Ledger, locked: Callable[[str], tuple["subprocess.Popen[str]", Path]]
) -> None:
    process, path = locked("DELETE")

    @dg.asset(tags={"escalation/budget_seconds": "2.5"})
    def nightly(orders: Orders) -> None:
        orders.write()

    subject = Subject("", "asset:nightly")
    for number, seconds in enumerate([900.0, 1000.0, 1100.0, 1000.0, 950.0, 9000.0]):
        run_id = f"run-{number}"
        keep_duration(ledger.store, subject, run_id, seconds=seconds, partitions=1, now=datetime.now(UTC))
    asset = recoverable(nightly, Setup(schedules={"nightly": "0 6 * * *"}))
    resources = {"orders": Orders(url=f"sqlite:///{path}")}

    def run() -> list[str]:
        tags = {SCHEDULE_TAG: "nightly"}
        result = dg.materialize([asset], instance=instance, resources=resources, tags=tags, raise_on_error=False)
        assert not result.success
        return [entry.user_message for entry in instance.all_logs(result.run_id)]

    assert any("Error: scheduling_conflict" in line for line in run())
    assert [each["remedy"] for each in proposals_of(ledger.store)] == ["wait_for_holder"]
    run()
    proposal = next(each for each in proposals_of(ledger.store) if each["remedy"] != "wait_for_holder")
    assert proposal["plan"]["effect"].startswith(
        "schedule nightly: 22 6 * * * instead of 0 6 * * *, since a run takes up"
    )
    assert proposal["plan"]["seconds"] == 1100.0
    assert process.poll() is None


def test_the_process_of_the_server_that_a_deadlock_names_is_that_of_the_other(postgres: "PostgresServer") -> None:
    url = postgres.new_database()
    mine, other = psycopg2.connect(url), psycopg2.connect(url)
    with mine.cursor() as cursor:
        cursor.execute("CREATE TABLE orders (id int); INSERT INTO orders VALUES (1), (2)")
    mine.commit()
    mine.cursor().execute("SET deadlock_timeout = '100ms'; UPDATE orders SET id = id WHERE id = 1")
    other.cursor().execute("SET deadlock_timeout = '60s'; UPDATE orders SET id = id WHERE id = 2")
    waiting = threading.Thread(target=lambda: other.cursor().execute("UPDATE orders SET id = id WHERE id = 1"))
    waiting.start()
    with pytest.raises(psycopg2.errors.DeadlockDetected) as raised:
        mine.cursor().execute("UPDATE orders SET id = id WHERE id = 2")
    mine.rollback()
    waiting.join()
    known = failed_by(raised.value, datetime.now(UTC), Subject("", "asset:orders"))
    diagnosis = own_classifier().diagnose(known["failure"])
    assert diagnosis.category is Category.SCHEDULING_CONFLICT
    plan = scheduling_conflict.plan(Situation(diagnosis, datetime.now(UTC), said=known["said"]))
    assert isinstance(plan, Plan)
    assert f"the holder (process {other.info.backend_pid} of the database server)" in plan.change
    mine.close()
    other.close()
