"""Level 1 within a run: what is recoverable runs again differently, what is not fails as without the ladder."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.level1.current_tuning import current_tuning
from escalation_sensors.level1.escalate import escalate
from escalation_sensors.level1.ledger import Ledger, Subject
from escalation_sensors.level1.process_ledger import forget_ledger, ledger_of_process
from escalation_sensors.level1.recoverable import recoverable
from escalation_sensors.level1.setup import Setup
from escalation_sensors.level1.tuning import PLAIN, Tuning
from escalation_sensors.level1.tuning_memory import remember, tuning_in_force
from escalation_sensors.policy.policy import Cap, Policy
from escalation_sensors.store import Store

calls: list[int] = []


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.setenv("ESCALATION_STORE_URL", f"sqlite:///{tmp_path / 'escalation.db'}")
    monkeypatch.delenv("ESCALATION_DISABLED", raising=False)
    forget_ledger()
    calls.clear()
    yield ledger_of_process()
    forget_ledger()


def memory_error_unless_in_batches() -> int:
    """Work that fits in memory in parts only, as a query does that reads `current_tuning()`."""
    batches = current_tuning().batches
    calls.append(batches)
    if batches < 4:
        raise MemoryError("the whole does not fit")
    return batches


def materialize(*definitions: Any, **options: Any) -> dg.ExecuteInProcessResult:
    options = {"raise_on_error": False, "instance": dg.DagsterInstance.ephemeral(), **options}
    return dg.materialize(list(definitions), **options)


@dg.asset
def plain_asset() -> int:
    return memory_error_unless_in_batches()


@dg.asset
def generator_asset() -> Iterator[dg.Output[int]]:
    yield dg.Output(memory_error_unless_in_batches())


@dg.asset
async def async_asset() -> int:
    return memory_error_unless_in_batches()


@dg.asset
async def async_generator_asset() -> Any:
    yield dg.Output(memory_error_unless_in_batches())


@dg.asset
def asset_with_context(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    context.log.info("working")
    return dg.MaterializeResult(metadata={"batches": memory_error_unless_in_batches()})


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


def test_the_log_tells_error_attempted_action_and_result(ledger: Ledger) -> None:
    instance = dg.DagsterInstance.ephemeral()
    result = materialize(recoverable(plain_asset), instance=instance)
    logged = [entry for entry in instance.all_logs(result.run_id) if entry.dagster_event is None]
    told = [entry.user_message for entry in logged if entry.level >= logging.INFO]
    assert [line.partition(":")[0] for line in told] == ["Error", "Attempted", "Action", "Result", "Result"]
    assert told[0].startswith("Error: out_of_memory (by rule python.")
    assert told[-1].startswith("Result: attempt 1 of 2 (smaller_batches) succeeded in ")
    assert told[-1].endswith("unverified: it has no checks; `escalation receipt 1` tells all of it")


class Throttled(Exception):
    """Says its category itself, and far more than a line holds."""

    escalation_category = "source_unavailable"


def test_an_error_that_says_its_category_is_told_so_and_shortened_with_a_mark(ledger: Ledger) -> None:
    @dg.asset(tags={"escalation/side_effects": "true"})
    def throttled() -> None:
        raise Throttled("try later " * 100)

    instance = dg.DagsterInstance.ephemeral()
    run = materialize(recoverable(throttled), instance=instance)
    logged = [entry for entry in instance.all_logs(run.run_id) if entry.dagster_event is None]
    told = [entry.user_message for entry in logged if entry.level >= logging.INFO]
    assert told[0].startswith("Error: source_unavailable (as the error itself says): Throttled: try later")
    assert told[0].endswith("…")
    assert told[-1] == "Result: handed on to level 2"


def test_the_run_and_the_materialization_say_which_attempt_they_are(ledger: Ledger) -> None:
    instance = dg.DagsterInstance.ephemeral()
    result = materialize(recoverable(asset_with_context), instance=instance)
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    assert run.tags["escalation/attempted"].startswith("smaller_batches, attempt 1 of 2: 4 batches instead of 1")
    (event,) = result.asset_materializations_for_node("asset_with_context")
    assert event.metadata["escalation/repaired_by"].text == run.tags["escalation/attempted"]
    assert "batches" in event.metadata


def test_a_remedy_that_nobody_asked_for_is_recorded_as_the_plain_retry_that_it_was(ledger: Ledger) -> None:
    fails = iter([True])

    @dg.asset
    def deaf() -> None:
        if next(fails, False):
            raise MemoryError

    assert materialize(recoverable(deaf)).success
    (attempt,) = ledger.attempts_of(Subject("", "asset:deaf"))
    assert (attempt["remedy"], attempt["tuning"], attempt["outcome"]) == ("plain", {}, "repaired")
    assert tuning_in_force(ledger.store, Subject("", "asset:deaf")) is None


def test_packages_stay_remembered_where_a_remedy_turns_out_to_be_a_plain_retry(ledger: Ledger) -> None:
    @dg.asset
    def deaf() -> None:
        calls.append(1)
        if len(calls) < 2:
            raise MemoryError("the whole does not fit")

    subject = Subject("", "asset:deaf")
    with ledger.store.transaction() as connection:
        remember(connection, subject, Tuning(packages=("pyyaml",)), None, datetime.now(UTC))
    assert materialize(recoverable(deaf)).success
    assert tuning_in_force(ledger.store, subject) == Tuning(packages=("pyyaml",))


def test_what_worked_before_brings_back_no_tuning_of_then(ledger: Ledger) -> None:
    @dg.asset
    def fetched() -> None:
        calls.append(current_tuning().batches)
        if len(calls) in {1, 3}:
            raise ConnectionError("connection refused")

    subject, asset = Subject("", "asset:fetched"), recoverable(fetched)
    assert materialize(asset).success
    with ledger.store.transaction() as connection:
        remember(connection, subject, Tuning(batches=4, columns={"a": "A"}), None, datetime.now(UTC))
    assert materialize(asset).success
    assert calls == [1, 1, 4, 4]
    assert tuning_in_force(ledger.store, subject) == Tuning(batches=4, columns={"a": "A"})


def test_as_many_parts_as_worked_before_are_tried_first(ledger: Ledger) -> None:
    @dg.asset
    def large() -> None:
        calls.append(current_tuning().batches)
        if calls[-1] < 16:
            raise MemoryError("the whole does not fit")

    asset = recoverable(large)
    assert materialize(asset).success
    with ledger.store.transaction() as connection:
        remember(connection, Subject("", "asset:large"), PLAIN, None, datetime.now(UTC))
    assert materialize(asset).success
    assert calls == [1, 4, 16, 1, 16]


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


def failing(error: Callable[[], BaseException], **options: Any) -> dg.AssetsDefinition:
    @dg.asset(name="failing", **options)
    def asset() -> None:
        calls.append(1)
        raise error()

    return asset


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


def test_an_attempt_is_ended_at_the_deadline_of_its_budget(ledger: Ledger) -> None:
    @dg.asset(tags={"escalation/budget_seconds": "3"})
    def hanging() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ConnectionResetError(104, "Connection reset by peer")
        time.sleep(60)

    began = time.monotonic()
    assert not materialize(recoverable(hanging)).success
    assert time.monotonic() - began < 20


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


def test_what_nobody_would_hear_of_is_tried_once_as_it_was(ledger: Ledger) -> None:
    tries = []

    @dg.asset
    def deaf() -> None:
        tries.append(1)
        raise MemoryError

    assert not materialize(recoverable(deaf)).success
    assert [row["remedy"] for row in ledger.attempts_of(Subject("", "asset:deaf"))] == ["plain"]
    assert len(tries) == 2


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
