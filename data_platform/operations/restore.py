"""The job `restore_table`: brings back the rows that a table had in an earlier snapshot, as a new publication."""

import dagster as dg

from resources.lakehouse import LakehouseResource, TableName, restore_table


class RestoreConfig(dg.Config):
    """Which table to bring back, and to which snapshot (`data-platform snapshots` lists them)."""

    table: str
    snapshot: int


@dg.op(description="Publishes the rows of an earlier snapshot again.")
def restore(context: dg.OpExecutionContext, config: RestoreConfig, lakehouse: LakehouseResource) -> None:
    """Restores one table and records a materialization, so that what stands downstream is refreshed."""
    table = TableName.parse(config.table)
    publication = restore_table(lakehouse, table, config.snapshot, run_id=context.run.run_id)
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
    """Restore one table."""
    restore()
