"""The job `maintain_lakehouse`: merge, expire, clean up, sweep; and expire what lay in quarantine for long enough."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import dagster as dg

from data_platform.operations.expire import expire_quarantined
from data_platform.recovery.kept_snapshots import RETENTION, kept_snapshots, store_of_process
from escalation_sensors.store import StoreError
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
        keep, snapshots = _kept(context, retention, now)
        context.log.info(str(run_maintenance(lakehouse, keep=keep, now=now, keep_snapshots=snapshots)))

    @dg.job(name="maintain_lakehouse", description="Merges small files, expires old versions, removes orphan files.")
    def maintain_lakehouse() -> None:
        maintain()

    return maintain_lakehouse


def _kept(context: dg.OpExecutionContext, retention: timedelta, now: datetime) -> tuple[timedelta, Collection[int]]:
    """How long versions are kept, and which whatever their age: those that receipts of repairs name."""
    store = store_of_process()
    if store is None:
        return retention, ()
    try:
        snapshots = kept_snapshots(store, now)
    except StoreError as error:
        # Any version might be needed to undo a repair, as far as is known.
        keep = max(retention, RETENTION)
        context.log.warning(f"the receipts cannot be read, so versions are kept for {keep.days} days: {error}")
        return keep, ()
    finally:
        store.close()
    if snapshots:
        context.log.info(f"{len(snapshots)} versions are kept for the receipts that name them")
    return retention, snapshots
