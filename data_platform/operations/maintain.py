"""The job `maintain_lakehouse`: merge, expire, clean up, sweep; and expire what lay in quarantine for long enough."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import dagster as dg

from data_platform.operations.expire import expire_quarantined
from resources.lakehouse import LakehouseResource, TableName, run_maintenance


def maintenance_job(
    tables: Collection[TableName], retention: timedelta, quarantine_retention: timedelta
) -> dg.JobDefinition:
    """The job.

    `retention` is how long old versions and unregistered files are kept, at least an hour; `tables` are those whose
    quarantine may hold rows to expire.
    """

    @dg.op(description="Merges, expires, cleans up and sweeps, never below the retention.")
    def maintain(context: dg.OpExecutionContext, lakehouse: LakehouseResource) -> None:
        now = datetime.now(UTC)
        expired = expire_quarantined(
            lakehouse, tables, older_than=now - quarantine_retention, run_id=context.run.run_id
        )
        for table, rows in expired.items():
            context.log.info(f"{table}: {rows} rows expired after {quarantine_retention.days} days")
        context.log.info(str(run_maintenance(lakehouse, keep=retention, now=now)))

    @dg.job(name="maintain_lakehouse", description="Merges small files, expires old versions, removes orphan files.")
    def maintain_lakehouse() -> None:
        maintain()

    return maintain_lakehouse
