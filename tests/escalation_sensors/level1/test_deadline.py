"""The deadline off the main thread: what is interruptible is interrupted, and what ends late is no repair."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dagster as dg
import duckdb
import pytest

from escalation_sensors import interruptible
from escalation_sensors.level1.attempt import LATE_SECONDS
from escalation_sensors.level1.current_tuning import current_tuning
from escalation_sensors.level1.deadline import DeadlineExceeded, deadline
from escalation_sensors.level1.ledger import Ledger, Subject
from escalation_sensors.level1.receipt_book import receipts_of
from escalation_sensors.level1.recoverable import recoverable

ENDLESS = "SELECT count(*) FROM range(10_000_000_000) a, range(10) b WHERE a.range % 7 = b.range"


def in_a_thread(work: Callable[[], object]) -> object:
    """What came of it, or what it raised."""
    found: list[object] = []

    def run() -> None:
        try:
            found.append(work())
        except Exception as error:  # noqa: BLE001 - it is looked at
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(60)
    return found[0] if found else "it did not end"


@contextmanager
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connected, interruptible(connected.interrupt):
        yield connected


def test_a_query_is_interrupted_at_the_deadline_and_that_is_what_is_raised() -> None:
    def work() -> None:
        with deadline(0.2), connection() as connected:
            connected.execute("SELECT 1")
            connected.execute(ENDLESS).fetchall()

    error = in_a_thread(work)
    assert isinstance(error, DeadlineExceeded)
    assert str(error) == "it did not end within the 0.2 s that it had"
    assert isinstance(error.__cause__, duckdb.InterruptException)


def test_a_query_that_begins_after_the_deadline_is_interrupted_too() -> None:
    def work() -> None:
        with deadline(0.1), connection() as connected:
            time.sleep(0.2)
            connected.execute(ENDLESS).fetchall()

    assert isinstance(in_a_thread(work), DeadlineExceeded)


def test_what_ends_in_time_is_left_alone_and_so_is_what_comes_after_the_block() -> None:
    def work() -> int:
        interrupted: list[int] = []
        with deadline(0.3):
            with interruptible(lambda: interrupted.append(1)):
                pass
            with connection() as connected:
                connected.execute("SELECT 1")
            time.sleep(0.4)
        with connection() as connected:
            connected.execute("SELECT 1")
        return len(interrupted)

    assert in_a_thread(work) == 0


def test_an_error_of_its_own_stays_what_it_is() -> None:
    def work() -> None:
        with deadline(30), connection() as connected:
            connected.execute("SELECT * FROM nowhere")

    assert isinstance(in_a_thread(work), duckdb.CatalogException)


def materialized_in_a_thread(asset: dg.AssetsDefinition) -> object:
    return in_a_thread(lambda: dg.materialize([recoverable(asset)], raise_on_error=False).success)


def test_an_attempt_whose_query_is_over_its_budget_failed_with_a_time_out(ledger: Ledger, short_waits: None) -> None:
    calls: list[int] = []

    @dg.asset(tags={"escalation/budget_seconds": "2"})
    def hanging() -> None:
        calls.append(current_tuning().batches)
        if len(calls) == 1:
            raise ConnectionResetError(104, "Connection reset by peer")
        with connection() as connected:
            connected.execute(ENDLESS).fetchall()

    assert materialized_in_a_thread(hanging) is False
    assert [row["outcome"] for row in ledger.attempts_of(Subject("", "asset:hanging"))] == ["failed"]
    with ledger.store.reading() as connected:
        found = connected.exec_driver_sql("SELECT category, exception_type FROM failures ORDER BY id").fetchall()
    assert found[-1][0] == "pipeline_timeout"


def test_an_attempt_that_nobody_could_interrupt_and_ends_after_its_budget_is_no_repair(
    ledger: Ledger, short_waits: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("escalation_sensors.level1.attempt.LATE_SECONDS", 0.1)
    calls: list[int] = []

    @dg.asset(tags={"escalation/budget_seconds": "0.8"})
    def late() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ConnectionResetError(104, "Connection reset by peer")
        time.sleep(1.5)

    assert materialized_in_a_thread(late) is True
    assert [row["outcome"] for row in ledger.attempts_of(Subject("", "asset:late"))] == ["failed"]
    assert receipts_of(ledger.store) == []
    with ledger.store.reading() as connected:
        ((state, reason),) = connected.exec_driver_sql("SELECT state, reason FROM cases").fetchall()
    assert state == "passed_on"
    assert reason.startswith("it ended ")
    assert reason.endswith(" s after its budget")


def test_an_attempt_that_ends_a_moment_after_its_deadline_is_a_repair(ledger: Ledger, short_waits: None) -> None:
    calls: list[int] = []

    @dg.asset(tags={"escalation/budget_seconds": "1.2"})
    def just_late(context: dg.AssetExecutionContext) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ConnectionResetError(104, "Connection reset by peer")
        attempt = ledger.attempt_of_step(context.run.run_id, "just_late")
        assert attempt is not None
        left = attempt.deadline_at.timestamp() - time.time()
        assert left > 0
        time.sleep(left + LATE_SECONDS / 20)

    assert materialized_in_a_thread(just_late) is True
    assert [row["outcome"] for row in ledger.attempts_of(Subject("", "asset:just_late"))] == ["repaired"]
