"""What a step yields once its table was audited: a result for each check, then the materialization, or the failure."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from data_platform.assets.asset_metadata import load_metadata
from data_platform.assets.partitions import day_of
from data_platform.materialization.check_results import check_results, failure_of
from data_platform.materialization.task import Materialized

Results = Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]


def results_of(
    context: dg.AssetExecutionContext, key: dg.AssetKey, done: Materialized, more: Mapping[str, Any]
) -> Results:
    """Yields the outcomes as Dagster knows them; `more` is told beside the load's own figures.

    Raises:
        Failure: a check blocked, so nothing was published. The results of the checks are recorded all the same.
    """
    yield from check_results(done, key)
    if done.publication is None:
        raise failure_of(done)
    of_the_load = {**load_metadata(done), **more}
    if done.rows_by_day is None:
        yield dg.MaterializeResult(metadata={"dagster/row_count": done.rows_published, **of_the_load})
        return
    for partition in context.partition_keys:
        context.add_asset_metadata(
            {"dagster/row_count": done.rows_by_day.get(day_of(partition), 0)}, asset_key=key, partition_key=partition
        )
    # On one partition only: it is about the load as a whole, and writing it 365 times takes longer than the load.
    context.add_asset_metadata(
        _told_of_days(of_the_load, len(context.partition_keys)), asset_key=key, partition_key=context.partition_keys[-1]
    )
    yield dg.MaterializeResult()


def _told_of_days(of_the_load: Mapping[str, Any], days: int) -> Mapping[str, Any]:
    """The figures of several days under names of their own: they would be plotted beside those of a day."""
    if days == 1:
        return of_the_load
    return {name if name.startswith("dagster/") else f"{days} days: {name}": told for name, told in of_the_load.items()}
