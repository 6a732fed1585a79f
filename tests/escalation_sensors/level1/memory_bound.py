"""Work that fits in memory in parts only, assets of it, and a run of some in this process."""

from collections.abc import Callable
from typing import Any

import dagster as dg

from escalation_sensors.level1.current_tuning import current_tuning

calls: list[int] = []
"""In how many batches each execution ran."""


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
def asset_with_context(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    context.log.info("working")
    return dg.MaterializeResult(metadata={"batches": memory_error_unless_in_batches()})


def failing(error: Callable[[], BaseException], **options: Any) -> dg.AssetsDefinition:
    @dg.asset(name="failing", **options)
    def asset() -> None:
        calls.append(1)
        raise error()

    return asset
