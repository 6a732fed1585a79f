"""The versions of a table: the one that readers see, and what a repair wrote taken back. A version is a snapshot."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import duckdb

from data_platform.connections import lakehouse_of
from data_platform.materialization.load_record import LOADS, loads_brought_back
from data_platform.materialization.quarantine import quarantine_name
from data_platform.recovery.as_it_was import AsItWas
from data_platform.recovery.loaded_again import loaded_again
from data_platform.recovery.subjects import Subjects
from data_platform.recovery.undo_scope import UndoScope, days_in, in_words, published_since, scope_of
from escalation_sensors.level1.pipeline import ChangedSince, Written
from resources.lakehouse import (
    LakehouseResource,
    ReplaceTable,
    SnapshotNotFound,
    TableBuild,
    TableName,
    current_snapshot,
    new_build_folder,
    publish,
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

    def bring_back(self, subject: str, written: Written, *, with_later_changes: bool = False) -> str:
        """Publish what was there before a repair again, of the days that it wrote; of a table without days, all of it.

        The quarantine goes back with it, and raw.loads tells which files the days hold now. What others published of
        the same is taken back only if so asked, and they are named. Where there was no table before, the days, or the
        table, are left empty, because whoever names it must still find it.

        Raises:
            UnknownSubject: the platform builds no such table.
            ChangedSince: others published of the same since, and nobody asked to take that back.
            SnapshotNotFound: the version has expired, or is none.
            PublishConflict: somebody published the same meanwhile.
        """
        table = self.subjects.table(subject)
        if table is None:
            raise UnknownSubject(f"{subject} is no table that this platform builds; nothing was brought back")
        if written.before and not written.before.isdigit():
            raise SnapshotNotFound(f"{table}: {written.before!r} is no snapshot's number; nothing was brought back")
        before = int(written.before) if written.before else None
        scope = scope_of(self.subjects.partition_column(table), written.partitions)
        folder = new_build_folder(self.lakehouse, table, RUN_ID)
        with self.lakehouse.connection() as connection:
            connection.execute("BEGIN TRANSACTION")  # all that is copied is of one state
            read_snapshot = current_snapshot(connection)
            builds = list(self._builds(connection, table, scope, written, folder))
            since = published_since(connection, (table, quarantine_name(table)), scope, written)
        if since and not with_later_changes:
            raise ChangedSince(f"{table}{in_words(scope)} was published by others since: {', '.join(since)}")
        if not builds:
            return f"{table} is not there, so there is nothing to take away"
        back = f"brought back to snapshot {before}" if before is not None else "emptied, as it was not there before"
        what = f"{table}{in_words(scope)} {back}"
        done = publish(self.lakehouse, builds, run_id=RUN_ID, message=what[:500], read_snapshot=read_snapshot)
        told = f"{what}: {self._rows_in(table, scope)} rows, published as snapshot {done.snapshot_after}"
        lost = f"; taken back is what was published of it since: {', '.join(since)}" if since else ""
        return told + lost + self._loaded_again(table, scope)

    def _loaded_again(self, table: TableName, scope: UndoScope) -> str:
        """What the sensor of the table's drop folder makes of it, to end the line with; empty where that is nothing."""
        declared = self.subjects.sources.get(table)
        if declared is None:
            return ""
        with self.lakehouse.connection() as connection:
            again = loaded_again(connection, declared, self.subjects.settings, days_in(scope), datetime.now(UTC))
        return f"; {again}" if again else ""

    def _builds(
        self, connection: duckdb.DuckDBPyConnection, table: TableName, scope: UndoScope, written: Written, folder: str
    ) -> Iterator[TableBuild]:
        before = int(written.before) if written.before else None
        after = int(written.after) if written.after.isdigit() else None
        as_it_was = AsItWas(connection, scope, folder, before, after)
        builds = (as_it_was.of(table), as_it_was.of_what_came_later(quarantine_name(table)))
        yield from (build for build in builds if build is not None)
        declared = self.subjects.sources.get(table)
        if declared is not None and table_exists(connection, LOADS):
            now, days = datetime.now(UTC), days_in(scope)
            yield loads_brought_back(
                connection, declared.source.name, before, folder, run_id=RUN_ID, now=now, days=days
            )

    def _rows_in(self, table: TableName, scope: UndoScope) -> int:
        where = "" if isinstance(scope, ReplaceTable) else f" WHERE {scope.sql}"
        with self.lakehouse.connection() as connection:
            row = connection.execute(f"SELECT count(*) FROM {table.sql}{where}").fetchone()
            return int(row[0]) if row else 0
