"""Before an attempt: the source is probed until it answers, and the holder is waited for until it has ended."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.own_rules import own_classifier
from escalation_sensors.level1 import preparation
from escalation_sensors.level1.deadline import DeadlineExceeded, deadline
from escalation_sensors.level1.failed import failed_by
from escalation_sensors.level1.heartbeat import beating
from escalation_sensors.level1.held import Slot
from escalation_sensors.level1.holders import Execution, holders
from escalation_sensors.level1.ledger import Attempt, Subject
from escalation_sensors.level1.pipeline import Pipeline
from escalation_sensors.level1.preparation import Preparing, StillHeld, prepare
from escalation_sensors.level1.remedies import scheduling_conflict, source_unavailable
from escalation_sensors.level1.setup import Setup
from escalation_sensors.level1.tuning import PLAIN, Tuning
from escalation_sensors.store import Store
from escalation_sensors.store.tables import heartbeats

# pytest-timeout's own timer signal would be somebody else's, which a deadline leaves alone.
pytestmark = pytest.mark.timeout(120, method="thread")
FLIGHT = Subject("platform", "asset:core/flight")


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'escalation.db'}")
    store.upgrade()
    yield store
    store.close()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "FIRST_PAUSE_SECONDS", 0.05)


class Source:
    """A source that answers from its third probe on."""

    def __init__(self, answers_from: int = 3) -> None:
        self.probes, self.answers_from = 0, answers_from

    def answers(self, _subject: str, _timeout_seconds: float) -> bool | None:
        self.probes += 1
        return self.probes >= self.answers_from


def attempt(remedy: str) -> Attempt:
    return Attempt(1, 1, 1, remedy, PLAIN, now() + timedelta(seconds=60))


def preparing(remedy: str, told: list[str], tuning: Tuning = PLAIN) -> Preparing:
    execution = Execution("run-2", "flight", FLIGHT, "2013-01-01", now())
    return Preparing(execution, FLIGHT, attempt(remedy), tuning, told.append)


def test_a_source_is_probed_until_it_answers(store: Store) -> None:
    source, told = Source(), list[str]()
    prepare(preparing(source_unavailable.NAME, told), Setup(given_pipeline=Pipeline(sources=source)), store, now)
    assert source.probes == 3
    assert told[-1] == "Action: probed the source, which answers (probe 3)"


def test_a_source_that_never_answers_is_given_up_at_the_deadline(store: Store) -> None:
    setup = Setup(given_pipeline=Pipeline(sources=Source(answers_from=10_000)))
    with pytest.raises(DeadlineExceeded), deadline(0.5):
        prepare(preparing(source_unavailable.NAME, []), setup, store, now)


def test_a_probe_that_raises_is_no_reason_not_to_try(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    class Broken:
        def answers(self, _subject: str, _timeout_seconds: float) -> bool | None:
            raise RuntimeError("no route")

    prepare(preparing(source_unavailable.NAME, []), Setup(given_pipeline=Pipeline(sources=Broken())), store, now)
    assert "cannot be probed: RuntimeError: no route" in capsys.readouterr().err


def test_a_process_that_holds_something_is_waited_for(store: Store) -> None:
    told: list[str] = []
    holder = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1)"])
    began = time.monotonic()
    try:
        # Nobody takes its exit status while it is waited for, as with another's process; a thread does so here.
        import threading  # noqa: PLC0415

        threading.Thread(target=holder.wait, daemon=True).start()
        prepare(preparing(scheduling_conflict.NAME, told, Tuning(behind_process=holder.pid)), Setup(), store, now)
    finally:
        holder.kill()
    assert time.monotonic() - began > 0.5
    assert told[0] == f"Action: process {holder.pid} still holds it; waiting for it to let go"


def test_a_holder_that_does_not_let_go_is_named_before_the_attempt_runs_out_of_time(store: Store) -> None:
    told: list[str] = []
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as holder:
        mine = preparing(scheduling_conflict.NAME, told, Tuning(behind_process=holder.pid))
        mine = replace(
            mine, attempt=replace(attempt(scheduling_conflict.NAME), deadline_at=now() + timedelta(seconds=1.3))
        )
        with pytest.raises(StillHeld, match=f"process {holder.pid} still holds it after 0 s") as raised:
            prepare(mine, Setup(), store, now)
        holder.kill()
    known = failed_by(raised.value, now(), FLIGHT)
    assert own_classifier().diagnose(known["failure"]).category is Category.SCHEDULING_CONFLICT


def test_a_slot_is_waited_for_until_dagster_says_that_it_is_free_and_not_where_it_cannot_be_asked(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    answers = [True, True, False]
    mine = preparing(scheduling_conflict.NAME, told, Tuning(behind_slots=("lake run-1 loading",)))
    prepare(replace(mine, slot_is_held=lambda _slot: answers.pop(0)), Setup(), store, now)
    assert answers == []
    assert told == ["Action: run run-1 step loading still holds a slot of pool lake; waiting for it to let go"]

    def broken(_slot: Slot) -> bool:
        raise OSError("the storage is away")

    prepare(replace(mine, slot_is_held=broken), Setup(), store, now)
    assert "pool lake cannot be asked: OSError: the storage is away" in capsys.readouterr().err


def test_an_execution_of_the_same_partition_is_waited_for_by_its_heartbeat(store: Store) -> None:
    told: list[str] = []
    other = Execution("run-1", "flight", FLIGHT, "2013-01-01", now() - timedelta(seconds=5))
    row = {"run_id": "run-1", "step_key": "flight", "at": now(), "host": "h", "pid": 1, "code_location": "platform"}
    row |= {"subject": FLIGHT.name, "partition": "2013-01-01", "started_at": other.started_at}
    with store.transaction() as connection:
        connection.execute(insert(heartbeats).values(row))
    mine = preparing(scheduling_conflict.NAME, told)
    assert [each.run_id for each in holders(store, mine.execution, now(), 60)] == ["run-1"]
    with pytest.raises(DeadlineExceeded), deadline(0.5):
        prepare(mine, Setup(), store, now)
    assert told[0].startswith("Action: run run-1 (since ")
    with store.transaction() as connection:
        connection.execute(heartbeats.delete())
    prepare(mine, Setup(), store, now)


def test_of_two_that_wait_for_one_another_only_the_later_one_waits(store: Store) -> None:
    at = now()
    first, second = (Execution(run, "flight", FLIGHT, "", at) for run in ("run-1", "run-2"))
    with store.transaction() as connection:
        for each in (first, second):
            row = {"run_id": each.run_id, "step_key": "flight", "at": at, "host": "h", "pid": 1}
            row |= {"code_location": "platform", "subject": FLIGHT.name, "partition": "", "started_at": at}
            connection.execute(insert(heartbeats).values(row))
    assert holders(store, first, at, 60) == []
    assert holders(store, second, at, 60) == [first]
    assert holders(store, second, at + timedelta(seconds=61), 60) == []


def test_a_step_beats_after_its_first_second_and_takes_its_row_away(store: Store) -> None:
    execution = Execution("run-9", "flight", FLIGHT, "", now())

    def rows() -> int:
        with store.reading() as connection:
            return len(connection.execute(select(heartbeats)).all())

    with beating(execution, store):
        assert rows() == 0
        until = time.monotonic() + 20
        while not rows() and time.monotonic() < until:
            time.sleep(0.05)
        assert rows() == 1
    assert rows() == 0
