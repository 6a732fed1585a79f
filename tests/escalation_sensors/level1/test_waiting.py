"""The wait before an attempt: in the step, where a Terminate is heard; by Dagster where the step is not reached."""

import logging
import signal
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest

from escalation_sensors.diagnosis.own_rules import own_classifier
from escalation_sensors.level1.decide import LevelOne
from escalation_sensors.level1.escalate import escalate
from escalation_sensors.level1.failed import Failed
from escalation_sensors.level1.ledger import Ledger, Subject
from escalation_sensors.level1.process_ledger import leave_alone
from escalation_sensors.level1.recoverable import recoverable
from escalation_sensors.store import StoreError

# pytest-timeout's own timer signal would be somebody else's, which a deadline leaves alone.
pytestmark = pytest.mark.timeout(120, method="thread")
called_at: list[datetime] = []


class SourceIsAway(ConnectionError):
    """As a server's own word for how long to wait."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__("503 Service Unavailable")
        self.retry_after_seconds = retry_after_seconds


@pytest.fixture(autouse=True)
def _fresh(own_store: None) -> None:
    called_at.clear()


def failing(*waits_seconds: float, **options: Any) -> dg.AssetsDefinition:
    """An asset that fails as often as waits are given, each time asking for one of them."""

    @dg.asset(name="away", **options)
    def asset() -> int:
        called_at.append(datetime.now(UTC))
        if len(called_at) <= len(waits_seconds):
            raise SourceIsAway(waits_seconds[len(called_at) - 1])
        return 1

    return asset


def waits_of_dagster(result: dg.ExecuteInProcessResult) -> list[float]:
    events = [event for event in result.all_events if event.event_type_value == "STEP_UP_FOR_RETRY"]
    return [event.step_retry_data.seconds_to_wait for event in events]


def test_the_attempt_waits_in_the_step_and_dagster_does_not(ledger: Ledger) -> None:
    result = dg.materialize([recoverable(failing(0.6))], raise_on_error=False)
    assert result.success
    assert waits_of_dagster(result) == [0.0]
    (attempt,) = ledger.attempts_of(Subject("", "asset:away"))
    assert (attempt["not_before"] - attempt["begun_at"]).total_seconds() == 0.6
    assert called_at[1] >= attempt["not_before"]


def test_what_fails_before_the_function_begins_waits_by_dagster(ledger: Ledger) -> None:
    class Away(dg.IOManager):
        def handle_output(self, _context: dg.OutputContext, _obj: object) -> None: ...

        def load_input(self, _context: dg.InputContext) -> int:
            called_at.append(datetime.now(UTC))
            if len(called_at) < 2:
                raise SourceIsAway(0.6)
            return 1

    @dg.asset
    def upstream() -> int:
        return 1

    @dg.asset
    def reading(upstream: int) -> int:
        return upstream

    assets = [upstream, recoverable(reading)]
    result = dg.materialize(assets, raise_on_error=False, resources={"io_manager": Away()})
    assert result.success
    assert waits_of_dagster(result) == [0.6]
    (attempt,) = ledger.attempts_of(Subject("", "asset:reading"))
    assert called_at[1] >= attempt["not_before"]


def test_an_attempt_waits_although_the_ledger_went_away_meanwhile(ledger: Ledger) -> None:
    class GoesAway(logging.Handler):
        """The last that is told of a decision is told after it was counted."""

        def emit(self, record: logging.LogRecord) -> None:
            if "Result: it runs again" in record.getMessage():
                leave_alone(StoreError("it is down"))

    @dg.logger
    def listening(_context: dg.InitLoggerContext) -> logging.Logger:
        logger = logging.getLogger("listening")
        logger.addHandler(GoesAway())
        return logger

    defs = escalate(dg.Definitions(assets=[failing(0.6)], loggers={"listening": listening}))
    job = defs.resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(raise_on_error=False, run_config={"loggers": {"listening": {}}})
    assert result.success
    assert waits_of_dagster(result) == [0.0]
    (attempt,) = ledger.attempts_of(Subject("", "asset:away"))
    assert attempt["outcome"] == "running"  # nobody could write how it ended
    assert called_at[1] >= attempt["not_before"]


def test_what_was_waited_for_is_no_part_of_how_long_the_work_takes(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Failed] = []
    decide = LevelOne.decide

    def noting(self: LevelOne, failed: Failed, *more: Any) -> Any:
        seen.append(failed)
        return decide(self, failed, *more)

    monkeypatch.setattr(LevelOne, "decide", noting)
    own_classifier()  # which takes a while the first time, and the wait with it
    assert dg.materialize([recoverable(failing(3.0, 0.1))], raise_on_error=False).success
    first, _ = ledger.attempts_of(Subject("", "asset:away"))
    assert seen[1].seconds is not None
    # Half the wait is room for whatever the machine does between two looks at its clocks.
    assert seen[1].at - timedelta(seconds=seen[1].seconds) > first["not_before"] - timedelta(seconds=1.5)


def test_a_terminate_is_heard_while_an_attempt_waits_and_is_no_failure(ledger: Ledger) -> None:
    asset = failing(250.0)
    threading.Timer(1.5, signal.raise_signal, (signal.SIGINT,)).start()
    with pytest.raises((KeyboardInterrupt, dg.DagsterExecutionInterruptedError)):
        dg.materialize([recoverable(asset)], instance=dg.DagsterInstance.ephemeral())
    (attempt,) = ledger.attempts_of(Subject("", "asset:away"))
    assert attempt["outcome"] == "canceled"
    with ledger.store.reading() as connection:
        assert connection.exec_driver_sql("SELECT state FROM cases").scalars().all() == ["canceled"]
        assert connection.exec_driver_sql("SELECT count(*) FROM failures").scalar() == 1
    assert len(called_at) == 1
