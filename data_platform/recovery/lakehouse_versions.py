"""The versions of a table: the one that readers see, and one of the past published again. A version is a snapshot."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import duckdb

from data_platform.connections import lakehouse_of
from data_platform.materialization.load_record import LOADS, loads_brought_back
from data_platform.materialization.quarantine import quarantine_name
from data_platform.recovery.subjects import Subjects
from resources.lakehouse import (
    LakehouseResource,
    ReplaceTable,
    SnapshotNotFound,
    TableBuild,
    TableName,
    build_of_snapshot,
    current_snapshot,
    list_snapshots,
    new_build_folder,
    publish,
    read_columns,
    table_exists,
)

RUN_ID = "escalation_undo"
"""The run id of a publication that no run made."""


class UnknownSubject(ValueError):
    """The platform builds no such table, so it cannot bring one back."""

    escalation_category = "code_defect"


@dataclass(frozen=True)
class LakehouseVersions:
    """The versions of the platform's tables, over connections of its own."""

    subjects: Subjects

    @cached_property
    def lakehouse(self) -> LakehouseResource:
        """The lakehouse of the settings; within a step it is the instance that the step has."""
        return lakehouse_of(self.subjects.settings)

    def version(self, subject: str) -> str | None:
        """The snapshot that readers see now; None where the table is not there, or is none of the platform's."""
        table = self.subjects.table(subject)
        if table is None:
            return None
        with self.lakehouse.connection() as connection:
            return str(current_snapshot(connection)) if table_exists(connection, table) else None

    def rows(self, subject: str) -> int | None:
        """How many rows readers see now."""
        table = self.subjects.table(subject)
        if table is None:
            return None
        with self.lakehouse.connection() as connection:
            if not table_exists(connection, table):
                return None
            row = connection.execute(f"SELECT count(*) FROM {table.sql}").fetchone()
            return int(row[0]) if row else None

    def bring_back(self, subject: str, version: str) -> str:
        """Publish the table of a snapshot again, with its quarantine, and tell raw.loads which files it holds now.

        Everything that was published of it since is taken back, whoever did; the runs are named in what is told.
        Without a version there was no table: then it is left empty, because whoever names it must still find it.

        Raises:
            UnknownSubject: the platform builds no such table.
            SnapshotNotFound: the version has expired, or is none.
            PublishConflict: somebody published the table meanwhile.
        """
        table = self.subjects.table(subject)
        if table is None:
            raise UnknownSubject(f"{subject} is no table that this platform builds; nothing was brought back")
        if version and not version.isdigit():
            raise SnapshotNotFound(f"{table}: {version!r} is no snapshot's number; nothing was brought back")
        snapshot = int(version) if version else None
        folder = new_build_folder(self.lakehouse, table, RUN_ID)
        with self.lakehouse.connection() as connection:
            connection.execute("BEGIN TRANSACTION")  # all that is copied is of one state
            read_snapshot = current_snapshot(connection)
            since = _runs_since(connection, table, snapshot)
            builds = [
                *_as_they_were(connection, (table, quarantine_name(table)), snapshot, folder),
                *self._loads(connection, table, snapshot, folder),
            ]
        if not builds:
            return f"{table} is not there, so there is nothing to take away"
        what = f"brought back to snapshot {snapshot}" if snapshot is not None else "emptied, as it was not there before"
        done = publish(self.lakehouse, builds, run_id=RUN_ID, message=f"{table} {what}", read_snapshot=read_snapshot)
        told = f"{table} {what}: {done.rows.get(table, 0)} rows, published as snapshot {done.snapshot_after}"
        return f"{told}; taken back is what was published of it since: {', '.join(since)}" if since else told

    def _loads(
        self, connection: duckdb.DuckDBPyConnection, table: TableName, snapshot: int | None, folder: str
    ) -> Iterator[TableBuild]:
        declared = self.subjects.sources.get(table)
        if declared is not None and table_exists(connection, LOADS):
            yield loads_brought_back(
                connection, declared.source.name, snapshot, folder, run_id=RUN_ID, now=datetime.now(UTC)
            )


def _runs_since(connection: duckdb.DuckDBPyConnection, table: TableName, snapshot: int | None) -> list[str]:
    """What published the table after a snapshot, oldest first; what it was not there for counts, too."""
    now = current_snapshot(connection)
    later = [each for each in list_snapshots(connection, now + 1) if snapshot is None or each.id > snapshot]
    return [
        f"{f'run {each.run_id}' if each.run_id else 'somebody'} in snapshot {each.id}"
        for each in reversed(later)
        if str(table) in each.tables
    ]


def _as_they_were(
    connection: duckdb.DuckDBPyConnection, tables: tuple[TableName, ...], snapshot: int | None, folder: str
) -> Iterator[TableBuild]:
    """Builds of the tables as they were; one that is there now and was not then is emptied."""
    now = read_columns(connection, tables)
    for table in tables:
        build = None
        if snapshot is not None:
            try:
                build = build_of_snapshot(connection, table, snapshot, folder)
            except SnapshotNotFound:
                if table == tables[0]:
                    raise
        if build is None and table in now:
            build = TableBuild(table, now[table], (), 0, ReplaceTable())
        if build is not None:
            yield build
