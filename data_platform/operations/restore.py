"""The job `restore_table`: brings back the rows that a table had in an earlier snapshot, as a new publication."""

from collections.abc import Collection

import dagster as dg

from data_platform.operations.named_table import named_table
from resources.lakehouse import LakehouseResource, TableName, restore_table


class RestoreConfig(dg.Config):
    """Which table to bring back, and to which snapshot (`data-platform snapshots` lists them)."""

    table: str
    snapshot: int


def restore_job(tables: Collection[TableName]) -> dg.JobDefinition:
    """The job, for `tables`. The platform's own records are none of them: they tell what happened, and stay."""

    @dg.op(description="Publishes the rows of an earlier snapshot again.")
    def restore(context: dg.OpExecutionContext, config: RestoreConfig, lakehouse: LakehouseResource) -> None:
        table = named_table(config.table, tables, "is no table that can be restored")
        publication = restore_table(lakehouse, table, config.snapshot, run_id=context.run.run_id)
        # A materialization, so that what stands downstream is refreshed.
        context.log_event(
            dg.AssetMaterialization(
                asset_key=[table.schema, table.table],
                description=f"Restored to snapshot {config.snapshot}",
                metadata={
                    "dagster/row_count": publication.rows[table],
                    "restored from snapshot": config.snapshot,
                    "published as snapshot": publication.snapshot_after,
                },
            )
        )

    @dg.job(name="restore_table", description="Brings a table back to an earlier snapshot.")
    def restore_table_job() -> None:
        restore()

    return restore_table_job
