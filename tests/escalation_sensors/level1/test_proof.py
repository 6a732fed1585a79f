"""Proof: a repair is one only if all that its step declares has come, and was stored."""

import asyncio
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from escalation_sensors.level1.current_tuning import current_tuning
from escalation_sensors.level1.ledger import Ledger
from escalation_sensors.level1.recoverable import recoverable

pytestmark = pytest.mark.usefixtures("own_store")


def in_batches() -> None:
    if current_tuning().batches < 4:
        raise MemoryError("the whole does not fit")


@dg.asset(check_specs=[dg.AssetCheckSpec("whole", asset="half"), dg.AssetCheckSpec("unique", asset="half")])
def half() -> Iterator[dg.MaterializeResult]:
    """Declares two checks, and reports one."""
    in_batches()
    yield dg.MaterializeResult(check_results=[dg.AssetCheckResult(check_name="whole", passed=True)])


@dg.asset(check_specs=[dg.AssetCheckSpec("unique", asset="silent")])
def silent() -> Iterator[dg.Output[int]]:
    in_batches()
    yield dg.Output(1, output_name="result")


@dg.multi_asset(specs=[dg.AssetSpec("one"), dg.AssetSpec("unique")])
def one_of_two(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
    context.set_requires_typed_event_stream(error_message="each asset has to be yielded")
    in_batches()
    yield dg.MaterializeResult(asset_key="one")


@dg.multi_asset(outs={"first": dg.AssetOut(), "unique": dg.AssetOut()})
def one_of_two_outputs() -> Iterator[dg.Output[int]]:
    in_batches()
    yield dg.Output(1, output_name="first")


@pytest.mark.parametrize(
    "asset", [half, silent, one_of_two, one_of_two_outputs], ids=lambda asset: str(asset.node_def.name)
)
def test_an_attempt_after_which_something_declared_did_not_come_is_no_repair(
    asset: dg.AssetsDefinition, ledger: Ledger
) -> None:
    dg.materialize([recoverable(asset)], raise_on_error=False)
    with ledger.store.reading() as connection:
        assert connection.exec_driver_sql("SELECT outcome FROM attempts").scalars().all() == ["failed"]
        assert connection.exec_driver_sql("SELECT state, reason FROM cases").fetchall() == [
            ("passed_on", "unique did not come after the attempt")
        ]
        assert connection.exec_driver_sql("SELECT count(*) FROM receipts").scalar() == 0


def test_a_result_that_need_not_come_is_not_missed(ledger: Ledger) -> None:
    @dg.multi_asset(outs={"first": dg.AssetOut(), "second": dg.AssetOut(is_required=False)})
    def one_is_enough() -> Iterator[dg.Output[int]]:
        in_batches()
        yield dg.Output(1, output_name="first")

    assert dg.materialize([recoverable(one_is_enough)], raise_on_error=False).success
    with ledger.store.reading() as connection:
        assert connection.exec_driver_sql("SELECT outcome FROM attempts").scalars().all() == ["repaired"]


@dg.asset
def plain_asset() -> int:
    in_batches()
    return 1


@dg.asset
async def async_asset() -> int:
    await asyncio.sleep(0)
    in_batches()
    return 1


@pytest.mark.parametrize("asset", [plain_asset, async_asset], ids=["a function", "a coroutine"])
def test_a_repair_whose_output_cannot_be_stored_is_none(asset: dg.AssetsDefinition, ledger: Ledger) -> None:
    proved_before_it_was_stored: list[Any] = []

    class FullDisk(dg.IOManager):
        def handle_output(self, _context: dg.OutputContext, _obj: object) -> None:
            with ledger.store.reading() as connection:
                proved_before_it_was_stored.extend(connection.exec_driver_sql("SELECT id FROM receipts").fetchall())
            raise OSError(28, "No space left on device")

        def load_input(self, _context: dg.InputContext) -> None:
            return None

    result = dg.materialize([recoverable(asset)], raise_on_error=False, resources={"io_manager": FullDisk()})
    assert not result.success
    with ledger.store.reading() as connection:
        outcomes = connection.exec_driver_sql("SELECT outcome FROM attempts ORDER BY id").scalars().all()
        assert connection.exec_driver_sql("SELECT count(*) FROM receipts").scalar() == 0
    assert outcomes == ["failed", "failed"]
    assert proved_before_it_was_stored == []


def test_a_coroutine_that_is_called_by_itself_is_left_alone() -> None:
    @dg.asset
    async def doubled() -> int:
        await asyncio.sleep(0)
        return 2 * current_tuning().batches

    assert asyncio.run(recoverable(doubled)()) == 2
