"""Profiles the query of a model, and rewrites what it reads, compacted and sorted, without changing a row.

DuckLake has no indexes: sort order and the statistics of the files do their work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import duckdb

from data_platform.assets.partitions import span
from data_platform.auditing import columns_of
from data_platform.connections import lakehouse_of
from data_platform.contracts import contracts_in, core, marts, raw
from data_platform.recovery.former_layout import build_as_it_lay, rewritten_in
from data_platform.recovery.query_keys import keys_of
from data_platform.recovery.query_profile import profile_query
from data_platform.recovery.subjects import Subjects
from data_platform.recovery.table_contents import contents
from escalation_sensors.level1.pipeline import Improved, Profile, Written
from resources.lakehouse import (
    LakehouseResource,
    ReplaceTable,
    RowCountMismatch,
    TableBuild,
    TableFiles,
    TableName,
    current_snapshot,
    new_build_folder,
    publish,
    quote_identifier,
    quote_literal,
    read_columns,
    table_files,
)

RUN_ID = "escalation_layout"
PROFILE_SECONDS = 60.0
"""How long a profiled query may run."""
SCATTERED_PIECES = 32
SMALL_FILE_BYTES, SMALL_GROUP_ROWS = 8 << 20, 4000
"""A table lies scattered if it has so many files or row groups and they are smaller than that on average: opening one
costs a reader about as much as reading so much does."""
ROW_GROUPS, LEAST_GROUP_ROWS, MOST_GROUP_ROWS = 64, 8192, 122_880
"""A sorted table is to have so many row groups, each with statistics of its own, within these sizes."""


@dataclass(frozen=True)
class LakehouseLayouts:
    """Profiles and layouts of the platform's tables, over connections of its own."""

    subjects: Subjects
    profile_seconds: float = PROFILE_SECONDS

    @cached_property
    def lakehouse(self) -> LakehouseResource:
        """The lakehouse of the settings; within a step it is the instance that the step has."""
        return lakehouse_of(self.subjects.settings)

    def profile(self, subject: str) -> Profile | None:
        """Where the time of the model's query goes, over all its days; None for a source, which runs no query.

        Raises:
            duckdb.Error: the query failed.
        """
        table = self.subjects.table(subject)
        model = self.subjects.models.get(table) if table is not None else None
        if model is None:
            return None
        by_day = model.partition_column is not None
        query = model.select(*span(self.subjects.days)) if by_day else model.select()
        schema = {name: columns_of(each) for name, each in contracts_in(raw, core, marts).items()}
        with self.lakehouse.connection() as connection:
            profiled = profile_query(connection, query, self.profile_seconds)
            files = table_files(connection, [name for name in model.depends_on if self.subjects.owns(name)])
        return Profile(
            profiled.dominating_operator,
            profiled.has_cross_product,
            keys=keys_of(query, {name: schema[name] for name in model.depends_on if name in schema}),
            scattered={
                str(name): each.data_files + each.delete_files for name, each in files.items() if lies_scattered(each)
            },
            seconds=profiled.seconds,
        )

    def improve(self, subject: str, profile: Profile) -> Improved:
        """Rewrite the tables that the profile has keys of, each sorted by them, and those that lie scattered.

        All of them become one publication.

        Raises:
            ValueError: the platform does not build the subject or a table, so it may not rewrite it.
            RowCountMismatch: what was rewritten does not hold the same rows; nothing was published.
            PublishConflict: somebody published a table meanwhile.
        """
        if self.subjects.table(subject) is None:
            raise ValueError(f"{subject} is no table that this platform builds; no layout was changed")
        tables = {TableName.parse(name): keys for name, keys in profile.keys.items() if keys}
        tables = {TableName.parse(name): () for name in profile.scattered} | tables
        for table in tables:
            if not self.subjects.owns(table):
                raise ValueError(f"{table} is not built by this platform; its layout was not changed")
        if not tables:
            return Improved("nothing is joined or filtered on and no table lies scattered, so no layout would help")
        folder = new_build_folder(self.lakehouse, next(iter(tables)), RUN_ID)
        with self.lakehouse.connection() as connection:
            connection.execute("BEGIN TRANSACTION")  # all is read of one state
            read_snapshot = current_snapshot(connection)
            there = read_columns(connection, tables)
            builds = [
                sorted_build(connection, table, there[table], tables[table], folder)
                for table in tables
                if table in there
            ]
        if not builds:
            return Improved("none of the tables it reads is there")
        told = ", ".join(_told(build, tables[build.table], profile) for build in builds)
        done = publish(self.lakehouse, builds, run_id=RUN_ID, message=told[:500], read_snapshot=read_snapshot)
        rows = sum(build.rows for build in builds)
        told = f"{told}: {rows:,} rows, unchanged, published as snapshot {done.snapshot_after}"
        return Improved(told, str(read_snapshot), str(done.snapshot_after))

    def bring_back(self, subject: str, written: Written) -> str:
        """Publish the rows that are there now again, in the order, files and row groups that they had before.

        Days that others have published since stay as they are.

        Raises:
            ValueError: the platform does not build the subject, or rewrote none of its tables then.
            LayoutReplaced: a table was published as a whole since, so its layout is another one already.
            SnapshotNotFound: the version has expired, or is none.
            RowCountMismatch: the rows would not be the same; nothing was published.
            PublishConflict: somebody published a table meanwhile.
        """
        table = self.subjects.table(subject)
        model = self.subjects.models.get(table) if table is not None else None
        if model is None or not (written.before.isdigit() and written.after.isdigit()):
            raise ValueError(f"{subject}: no layout was changed for it from {written.before!r} to {written.after!r}")
        before, after = int(written.before), int(written.after)
        tables = {str(name): name for name in model.depends_on if self.subjects.owns(name)}
        with self.lakehouse.connection() as connection:
            connection.execute("BEGIN TRANSACTION")  # all is read of one state
            read_snapshot = current_snapshot(connection)
            rewritten = rewritten_in(connection, tables, after, RUN_ID)
            if not rewritten:
                raise ValueError(f"snapshot {after} holds no layout of what {subject} reads, or has expired")
            folder = new_build_folder(self.lakehouse, rewritten[0], RUN_ID)
            builds = [
                build_as_it_lay(connection, each, before=before, after=after, folder=folder) for each in rewritten
            ]
        told = ", ".join(f"{build.table} lies in {len(build.files)} files as it did" for build in builds)
        done = publish(self.lakehouse, builds, run_id=RUN_ID, message=told[:500], read_snapshot=read_snapshot)
        rows = sum(build.rows for build in builds)
        return f"{told} in snapshot {before}: {rows:,} rows, unchanged, published as snapshot {done.snapshot_after}"


def lies_scattered(files: TableFiles) -> bool:
    """Whether a table lies in far more files or row groups than its size needs."""
    pieces = files.data_files + files.delete_files
    in_small_files = pieces >= SCATTERED_PIECES and files.data_bytes < files.data_files * SMALL_FILE_BYTES
    in_crumbs = files.row_groups >= SCATTERED_PIECES and files.rows < files.row_groups * SMALL_GROUP_ROWS
    return in_small_files or in_crumbs


def _told(build: TableBuild, keys: Sequence[str], profile: Profile) -> str:
    files = profile.scattered.get(str(build.table))
    merged = f"{build.table} from {files:,} files into 1" if files and files > 1 else str(build.table)
    return f"sorted {merged} by {', '.join(keys)}" if keys else f"merged {merged}"


def sorted_build(
    connection: duckdb.DuckDBPyConnection,
    table: TableName,
    columns: dict[str, str],
    keys: Sequence[str],
    folder: str,
) -> TableBuild:
    """A build of the same rows as the table's, in one file, sorted by the keys it has; without one, in their order.

    Raises:
        RowCountMismatch: number or hash of the rows are not the table's.
    """
    file = f"{folder}/{table.schema}-{table.table}.parquet"
    listed = ", ".join(quote_identifier(key) for key in keys if key in columns)
    order = f"ORDER BY {listed}" if listed else ""
    before = contents(connection, table.sql, columns)
    group = min(max(before[0] // ROW_GROUPS, LEAST_GROUP_ROWS), MOST_GROUP_ROWS)
    options = f"FORMAT parquet, ROW_GROUP_SIZE {group}"
    connection.execute(f"COPY (SELECT * FROM {table.sql} {order}) TO {quote_literal(file)} ({options})")
    after = contents(connection, f"read_parquet({quote_literal(file)})", columns)
    if before != after:
        raise RowCountMismatch(f"{table}: sorting would have changed its rows; nothing was published")
    return TableBuild(table, columns, (file,), before[0], ReplaceTable())
