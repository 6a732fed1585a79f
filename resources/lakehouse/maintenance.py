"""Maintenance: merge small files, expire old versions, delete what nothing needs any more. In this order.

Everything younger than `keep` is left alone, because a build or a read in flight may need it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb

from resources.lakehouse.abandoned_builds import delete_abandoned_builds
from resources.lakehouse.catalog import LAKE
from resources.lakehouse.configuration import LakehouseConfiguration
from resources.lakehouse.errors import RetentionTooShort
from resources.lakehouse.names import quote_literal

if TYPE_CHECKING:
    from resources.lakehouse.resource import LakehouseResource

SHORTEST_RETENTION = timedelta(hours=1)


@dataclass(frozen=True)
class MaintenanceReport:
    """What one maintenance did. File counts; `expired_snapshots` are versions that can no longer be read."""

    merged_files: int
    expired_snapshots: tuple[int, ...]
    deleted_old_files: int
    deleted_orphans: int
    deleted_abandoned_builds: int
    aborted_uploads: int

    def __str__(self) -> str:
        return (
            f"merged {self.merged_files} files, expired {len(self.expired_snapshots)} versions; deleted "
            f"{self.deleted_old_files} files of expired versions, {self.deleted_orphans} orphans and "
            f"{self.deleted_abandoned_builds} files of abandoned builds; aborted {self.aborted_uploads} uploads"
        )


def run_maintenance(
    lakehouse: "LakehouseResource", *, keep: timedelta, now: datetime, keep_snapshots: Collection[int] = ()
) -> MaintenanceReport:
    """Maintains the whole lakehouse. The current version stays, those replaced within `keep`, and `keep_snapshots`.

    The publish lock is held for a step at a time (one table's merge is the longest): publications fit between.

    Raises:
        RetentionTooShort: `keep` is below an hour.
        LakehouseUnavailable, PublishLockTimeout: the lakehouse could not be had.
    """
    if keep < SHORTEST_RETENTION:
        raise RetentionTooShort(
            f"maintenance must keep at least {SHORTEST_RETENTION} (asked for: {keep}): "
            "it would delete files under a build or read in flight"
        )
    before = now.astimezone(UTC) - keep
    configuration = lakehouse.configuration()
    with lakehouse.connection() as connection:
        merged = sum(_merge(lakehouse, connection, *table) for table in _tables(connection))
        with lakehouse.publish_lock():
            expired = _expire(connection, before, keep_snapshots)
        with lakehouse.publish_lock():
            old_files = _call(connection, "ducklake_cleanup_old_files", before)
        # Under the lock a file cannot become registered between being found unregistered and being deleted.
        with lakehouse.publish_lock():
            orphans = _call(connection, "ducklake_delete_orphaned_files", before)
        with lakehouse.publish_lock():
            builds = delete_abandoned_builds(connection, configuration, before)
        return MaintenanceReport(merged, expired, old_files, orphans, builds, _abort_uploads(configuration, before))


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return connection.execute(
        f"SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = '{LAKE}' ORDER BY ALL"
    ).fetchall()


def _merge(lakehouse: "LakehouseResource", connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> int:
    with lakehouse.publish_lock():
        rows = connection.execute(
            f"CALL ducklake_merge_adjacent_files('{LAKE}', {quote_literal(table)}, schema => {quote_literal(schema)})"
        ).fetchall()
    return sum(int(files_merged) for _schema, _table, files_merged, _files_made in rows)


def _expire(
    connection: duckdb.DuckDBPyConnection, before: datetime, keep_snapshots: Collection[int]
) -> tuple[int, ...]:
    # What counts is when a version was replaced: until then somebody may have begun to read it, however old it is.
    rows = connection.execute(
        f"SELECT snapshot_id FROM {LAKE}.snapshots() "
        f"QUALIFY lead(snapshot_time) OVER (ORDER BY snapshot_id) < {_timestamp(before)} ORDER BY 1"
    ).fetchall()
    versions = tuple(int(version) for (version,) in rows if version not in keep_snapshots)
    if versions:
        listed = ", ".join(map(str, versions))
        connection.execute(f"CALL ducklake_expire_snapshots('{LAKE}', versions => [{listed}])")
    return versions


def _call(connection: duckdb.DuckDBPyConnection, function: str, before: datetime) -> int:
    return len(connection.execute(f"CALL {function}('{LAKE}', older_than => {_timestamp(before)})").fetchall())


def _timestamp(at: datetime) -> str:
    return f"TIMESTAMPTZ '{at.isoformat(sep=' ')}'"


def _abort_uploads(configuration: LakehouseConfiguration, before: datetime) -> int:
    if configuration.s3 is None:
        return 0
    from resources.lakehouse.s3_storage import abort_stale_uploads  # noqa: PLC0415 - only where S3 is used

    paths = {path for path in (configuration.data_path, configuration.build_path) if path.startswith("s3://")}
    return sum(abort_stale_uploads(configuration.s3, path, before) for path in sorted(paths))
