"""Level 1 within a run: what is recoverable runs again differently, what is not fails as without the ladder."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.own_rules import own_classifier
from escalation_sensors.level1.current_tuning import current_tuning
from escalation_sensors.level1.escalate import escalate
from escalation_sensors.level1.ledger import Ledger, Subject
from escalation_sensors.level1.process_ledger import forget_ledger
from escalation_sensors.level1.recoverable import recoverable
from escalation_sensors.level1.setup import Setup
from escalation_sensors.policy.policy import Cap, Policy
from escalation_sensors.store import Store
from tests.escalation_sensors.level1.memory_bound import (
    asset_with_context,
    calls,
    failing,
    materialize,
    memory_error_unless_in_batches,
    plain_asset,
)


@pytest.fixture(autouse=True)
def _fresh(own_store: None, short_waits: None) -> None:
    calls.clear()


@dg.asset
def generator_asset() -> Iterator[dg.Output[int]]:
    yield dg.Output(memory_error_unless_in_batches())


@dg.asset
async def async_asset() -> int:
    return memory_error_unless_in_batches()


@dg.asset
async def async_generator_asset() -> Any:
    yield dg.Output(memory_error_unless_in_batches())


class Amount(dg.Config):
    amount: int = 1


@dg.asset
def asset_with_config(config: Amount) -> int:
    return config.amount + memory_error_unless_in_batches()


@dg.multi_asset(specs=[dg.AssetSpec("one"), dg.AssetSpec("two")])
def two_assets() -> Iterator[dg.MaterializeResult]:
    memory_error_unless_in_batches()
    yield dg.MaterializeResult(asset_key="one")
    yield dg.MaterializeResult(asset_key="two")


@dg.op
def inner_op() -> int:
    return memory_error_unless_in_batches()


@dg.graph_asset
def graph_of_one() -> int:
    return inner_op()  # type: ignore[no-any-return]


COVERED = [
    plain_asset,
    generator_asset,
    async_asset,
    async_generator_asset,
    asset_with_context,
    asset_with_config,
    two_assets,
    graph_of_one,
]


@pytest.mark.parametrize("asset", COVERED, ids=lambda asset: asset.node_def.name)
def test_an_asset_of_every_kind_runs_again_tuned(ledger: Ledger, asset: dg.AssetsDefinition) -> None:
    result = materialize(recoverable(asset))
    assert result.success
    assert calls == [1, 4]
    with ledger.store.reading() as connection:
        rows = connection.exec_driver_sql("SELECT number, remedy, outcome FROM attempts").fetchall()
    assert [tuple(row) for row in rows] == [(1, "smaller_batches", "repaired")]


def test_an_op_job_and_a_check_are_covered_too(ledger: Ledger) -> None:
    @dg.op
    def working_op() -> None:
        memory_error_unless_in_batches()

    @dg.job
    def working_job() -> None:
        working_op()

    @dg.asset
    def checked() -> None: ...

    @dg.asset_check(asset=checked)
    def check_in_batches() -> dg.AssetCheckResult:
        memory_error_unless_in_batches()
        return dg.AssetCheckResult(passed=True)

    defs = escalate(dg.Definitions(assets=[checked], asset_checks=[check_in_batches], jobs=[working_job]))
    assert defs.resolve_job_def("working_job").execute_in_process(raise_on_error=False).success
    assert calls == [1, 4]
    calls.clear()
    job = defs.resolve_implicit_global_asset_job_def()
    assert job.execute_in_process(raise_on_error=False).success
    assert calls == [1, 4]


@pytest.mark.parametrize(
    ("error", "options"),
    [
        (lambda: TypeError("unsupported operand type(s) for +: 'int' and 'str'"), {}),
        (lambda: SyntaxError("invalid syntax"), {}),
        (lambda: MemoryError("no"), {"tags": {"escalation/side_effects": "true"}}),
        (lambda: dg.Failure("no", allow_retries=False), {}),
    ],
    ids=["a code defect", "a syntax error", "side effects", "a failure that allows no retries"],
)
def test_what_may_not_be_tried_again_is_not_and_fails_as_without_the_ladder(
    ledger: Ledger, error: Callable[[], BaseException], options: dict[str, Any]
) -> None:
    def failure(asset: dg.AssetsDefinition) -> Any:
        result = materialize(asset)
        assert not result.success
        (event,) = [event for event in result.all_events if event.event_type_value == "STEP_FAILURE"]
        assert not [event for event in result.all_events if event.event_type_value == "STEP_UP_FOR_RETRY"]
        told = event.step_failure_data.error
        return told.cls_name, told.message, told.cause.cls_name if told.cause else None

    stock = failure(failing(error, **options))
    calls.clear()
    assert failure(recoverable(failing(error, **options))) == stock
    assert calls == [1]


def test_two_attempts_are_made_and_no_third(ledger: Ledger) -> None:
    def never() -> Exception:
        current_tuning()
        return MemoryError("never")

    result = materialize(recoverable(failing(never)))
    assert not result.success
    assert len(calls) == 3
    rows = ledger.attempts_of(Subject("", "asset:failing"))
    assert [(row["number"], row["outcome"]) for row in rows] == [(1, "failed"), (2, "failed")]


def test_an_assets_own_retry_policy_gives_way_to_the_ledger(ledger: Ledger) -> None:
    asset = recoverable(failing(lambda: TypeError("wrong"), retry_policy=dg.RetryPolicy(max_retries=5)))
    assert not materialize(asset).success
    assert calls == [1]


def test_a_failing_io_manager_is_seen(ledger: Ledger) -> None:
    class Full(dg.IOManager):
        def handle_output(self, _context: dg.OutputContext, _obj: object) -> None:
            calls.append(1)
            if len(calls) < 2:
                raise OSError(28, "No space left on device")

        def load_input(self, _context: dg.InputContext) -> None: ...

    @dg.asset
    def stored() -> int:
        return 1

    assert materialize(recoverable(stored), resources={"io_manager": Full()}).success
    assert len(calls) == 2


def test_with_the_ledger_down_the_asset_runs_as_if_undecorated(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ESCALATION_STORE_URL", "postgresql+psycopg2://me:hunter2@127.0.0.1:1/none")
    forget_ledger()

    @dg.asset
    def healthy() -> int:
        return current_tuning().batches

    assert materialize(recoverable(healthy)).success
    result = materialize(recoverable(failing(lambda: MemoryError("no"), retry_policy=dg.RetryPolicy(max_retries=1))))
    assert not result.success
    assert len(calls) == 2  # by its own policy
    told = capfd.readouterr().err
    assert "escalation: asset:failing: the ledger cannot be reached" in told
    asked: list[Store] = []
    monkeypatch.setattr(Store, "upgrade", asked.append)
    assert materialize(recoverable(healthy)).success
    assert asked == []  # it is left alone for a while, and waited for no more
    assert "hunter2" not in told


def test_switched_off_it_changes_nothing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCALATION_DISABLED", "1")
    assert not materialize(recoverable(failing(lambda: MemoryError("no")))).success
    assert calls == [1]


def test_a_function_that_is_called_by_itself_is_left_alone(ledger: Ledger) -> None:
    @dg.asset
    def doubled() -> int:
        return 2 * current_tuning().batches

    assert recoverable(doubled)() == 2
    assert recoverable(recoverable(doubled))() == 2


@pytest.mark.timeout(60, method="thread")  # its own timer would take the place of the ladder's
def test_an_attempt_is_ended_at_the_deadline_of_its_budget(ledger: Ledger) -> None:
    @dg.asset(tags={"escalation/budget_seconds": "4"})
    def hanging() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ConnectionResetError(104, "Connection reset by peer")
        time.sleep(60)

    own_classifier()  # which takes a while the first time, and the budget with it
    began = time.monotonic()
    assert not materialize(recoverable(hanging)).success
    assert time.monotonic() - began < 20
    assert len(calls) == 2


def test_the_store_may_be_made_by_the_first_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCALATION_STORE_URL", f"sqlite:///{tmp_path}/new/escalation.db")
    forget_ledger()
    calls.clear()
    assert materialize(recoverable(plain_asset)).success
    assert Store(f"sqlite:///{tmp_path}/new/escalation.db").is_ready()
    forget_ledger()


def test_an_engines_own_error_out_of_a_terminate_is_no_failure(ledger: Ledger) -> None:
    @dg.asset
    def queried() -> None:
        connection = duckdb.connect()
        threading.Timer(1.0, signal.raise_signal, (signal.SIGINT,)).start()
        endless = "SELECT count(*) FROM range(10_000_000_000) a, range(10) b WHERE a.range % 7 = b.range"
        try:
            connection.execute(endless).fetchall()
        finally:
            connection.interrupt()  # else it may go on, and whoever collects the connection waits for its end

    with pytest.raises((KeyboardInterrupt, RuntimeError, dg.DagsterExecutionInterruptedError)):
        dg.materialize([recoverable(queried)], instance=dg.DagsterInstance.ephemeral())
    assert ledger.attempts_of(Subject("", "asset:queried")) == []


@pytest.mark.parametrize("passes_at", [2, 99], ids=["it was none", "it was one"])
def test_a_guess_that_the_code_is_wrong_is_tried_once_as_it_was(ledger: Ledger, passes_at: int) -> None:
    @dg.asset
    def guessed() -> None:
        calls.append(1)
        if len(calls) < passes_at:
            raise ValueError("the total is odd")

    assert materialize(recoverable(guessed)).success is (passes_at == 2)
    (attempt,) = ledger.attempts_of(Subject("", "asset:guessed"))
    assert (attempt["remedy"], attempt["tuning"]) == ("plain", {})
    assert attempt["outcome"] == ("repaired" if passes_at == 2 else "failed")
    assert len(calls) == 2
    with ledger.store.reading() as connection:
        diagnoses = connection.exec_driver_sql("SELECT category, confidence < 0.6 FROM failures").fetchall()
    assert {tuple(row) for row in diagnoses} == {("code_defect", 1)}


def test_a_guess_is_not_tried_where_the_policy_says_to_watch_defects(ledger: Ledger) -> None:
    setup = Setup(Policy(caps={Category.CODE_DEFECT: Cap.WATCH}))
    assert not materialize(recoverable(failing(lambda: ValueError("the total is odd")), setup)).success
    assert calls == [1]
