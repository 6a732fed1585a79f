"""One Dagster asset for each SQL model. What it says is in its file; how it is published is materialization's."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

import dagster as dg

from data_platform.assets.asset_metadata import definition_metadata, lineage_metadata
from data_platform.assets.partitions import day_of, span
from data_platform.assets.refresh_condition import when_upstream_changed
from data_platform.assets.results import Results, results_of
from data_platform.auditing import Contract, referred_tables
from data_platform.engine.split import split_by_key, split_days
from data_platform.materialization.build_audit_publish import build_audit_publish
from data_platform.materialization.check_results import check_specs
from data_platform.materialization.task import Days, TableTask
from data_platform.modeling import ColumnSource, Model
from resources.lakehouse import LakehouseResource, TableName


def asset_key(table: TableName) -> dg.AssetKey:
    """The key of a table's asset: schema, then table."""
    return dg.AssetKey([table.schema, table.table])


def model_asset(
    model: Model,
    contract: type[Contract],
    lineage: Mapping[str, tuple[ColumnSource, ...]],
    partitions: dg.PartitionsDefinition[str] | None,
    partitioned: Collection[TableName],
) -> dg.AssetsDefinition:
    """The asset that builds, audits and publishes one model; `partitioned` are the tables that are built by the day."""
    key = asset_key(model.name)
    # The tables that its relationships look into, too: the audit must find them as new as the build does.
    upstream = sorted({*model.depends_on, *referred_tables(contract)})
    # A dimension is refreshed every day, and must not rebuild every day of the past: that is a backfill's work.
    unwatched = [asset_key(table) for table in upstream if partitions and table not in partitioned]

    @dg.asset(
        key=key,
        deps=[asset_key(table) for table in upstream],
        group_name=model.name.schema,
        description=model.description,
        owners=list(model.owners),
        kinds={"duckdb", "sql", *model.front_matter.kinds},
        metadata={
            **definition_metadata(model.name, contract, model.consumers, lineage, model.split_key),
            **({"escalation/no_split_key": model.no_split_key} if model.no_split_key else {}),
        },
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        freshness_policy=freshness_policy(model.freshness_hours),
        automation_condition=when_upstream_changed(unwatched),
        check_specs=check_specs(contract, key),
    )
    def materialize(context: dg.AssetExecutionContext, lakehouse: LakehouseResource) -> Results:
        days = days_of(context, model.partition_column)
        task = TableTask(
            table=model.name,
            contract=contract,
            select=model.select(days.start, days.end) if days else model.select(),
            source=f"{model.name.schema}/{model.path.name}",
            days=days,
            split=partial(model_split, model, days) if model.split_key else None,
        )
        done = build_audit_publish(
            lakehouse, task, run_id=context.run.run_id, now=datetime.now(UTC), log=context.log.warning
        )
        yield from results_of(context, key, done, lineage_metadata(lineage))

    return materialize


def model_split(model: Model, days: Days | None, batches: int) -> tuple[str, ...]:
    """The model's SELECT in parts: by spans of days while there are enough of them, else by its split key."""
    if days is None:
        return split_by_key(model.select(), model.split_key, batches)
    if days.count >= batches or not model.hash_key:
        return tuple(model.select(start, end) for start, end in split_days(days.start, days.end, batches))
    return split_by_key(model.select(days.start, days.end), model.hash_key, batches)


def days_of(context: dg.AssetExecutionContext, column: str | None) -> Days | None:
    """The days that the run asks for, or None where the table has no partitions.

    Raises:
        ValueError: a partition key is not a day, or the days have gaps.
    """
    if column is None:
        return None
    return Days(column, *span([day_of(key) for key in context.partition_keys]))


def freshness_policy(hours: float | None) -> dg.FreshnessPolicy | None:
    """Stale after so many hours without a materialization; no policy where nobody waits for the table."""
    return dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=hours)) if hours else None
