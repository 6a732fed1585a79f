"""Publishing builds: all tables or none, in one short transaction under the publish lock.

Whoever reads sees the version before or the version after, whatever happens in between, kill -9 included.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import duckdb

from resources.lakehouse.build import TableBuild, verify_together
from resources.lakehouse.catalog import LAKE
from resources.lakehouse.commit_record import commit_message_statement
from resources.lakehouse.errors import BuildIsGone, PublishConflict, RowCountMismatch, SchemaConflict, one_line
from resources.lakehouse.names import TableName, quote_identifier, quote_literal
from resources.lakehouse.publication import Publication
from resources.lakehouse.publish_conflicts import refuse_overlaps, refuse_registered_files
from resources.lakehouse.scope import Append, ReplaceRange, ReplaceRanges, ReplaceTable
from resources.lakehouse.snapshots import current_snapshot
from resources.lakehouse.table_schema import added_columns, canonical_columns, create_statements, read_columns

if TYPE_CHECKING:
    from resources.lakehouse.resource import LakehouseResource

DELETE_LIMIT_ROWS = 100_000
"""Up to here all rows of a table are deleted (0.2 µs each) and it stays the same table; above, a new one is put in its
place at a fixed cost of some 20 ms, and readers load the schema again."""


def publish(
    lakehouse: "LakehouseResource",
    builds: Sequence[TableBuild],
    *,
    run_id: str,
    message: str,
    read_snapshot: int | None = None,
) -> Publication:
    """Publishes the builds as one new version; takes 0.03 to 0.2 s once the lock is held.

    `read_snapshot` is the version the builds were made from: with it, rows that somebody published since are not
    overwritten. Schemas and tables that are missing are made.

    Raises:
        InvalidBuild: nothing to publish, or a table or file twice, or a file published before or missing.
        SchemaConflict: columns that do not fit the table's, or files that do not hold them.
        RowCountMismatch: the table does not hold the rows the build says it made.
        PublishConflict: the same rows were published by somebody else; build and audit again.
        PublishLockTimeout, LakehouseUnavailable: the lakehouse could not be had.
    """
    verify_together(builds)
    wanted = {build.table: canonical_columns(build.columns) for build in builds}
    with lakehouse.connection() as connection, lakehouse.publish_lock():
        before = current_snapshot(connection)
        refuse_registered_files(connection, builds)
        if read_snapshot is not None and read_snapshot < before:
            refuse_overlaps(connection, builds, read_snapshot=read_snapshot)
        connection.execute("BEGIN TRANSACTION")
        try:
            existing = read_columns(connection, wanted)
            for build in builds:
                _publish_table(connection, build, wanted[build.table], existing.get(build.table))
            connection.execute(
                commit_message_statement(builds, run_id=run_id, message=message, read_snapshot=read_snapshot)
            )
            _commit(connection)
        except BaseException:
            _roll_back(connection)
            raise
        return Publication(before, _committed_snapshot(connection), {build.table: build.rows for build in builds})


def _publish_table(
    connection: duckdb.DuckDBPyConnection,
    build: TableBuild,
    columns: Mapping[str, str],
    existing: Mapping[str, str] | None,
) -> None:
    kept_rows = _make_room(connection, build, columns, existing)
    for file in build.files:
        _add_file(connection, build.table, file)
    rows = _count(connection, build.table) - kept_rows
    if rows != build.rows:
        raise RowCountMismatch(
            f"{build.table}: the build says it made {build.rows} rows, its files hold {rows}; nothing was published"
        )
    if isinstance(build.scope, ReplaceRange | ReplaceRanges):
        inside = _count(connection, build.table, build.scope.sql)
        if inside != build.rows:
            raise RowCountMismatch(
                f"{build.table}: {build.rows - inside} of {build.rows} rows lie outside the range to replace "
                f"({build.scope}); nothing was published"
            )


def _make_room(
    connection: duckdb.DuckDBPyConnection,
    build: TableBuild,
    columns: Mapping[str, str],
    existing: Mapping[str, str] | None,
) -> int:
    """Makes the table ready to take the files; returns how many of its rows stay."""
    table, scope = build.table, build.scope
    if isinstance(scope, ReplaceRange | ReplaceRanges) and scope.column not in columns:
        raise SchemaConflict(f"{table}: the build has no column {scope.column} to replace a range of")
    if existing is None:
        _execute_all(connection, create_statements(table, columns, replace=False))
        return 0
    rows = _count(connection, table)
    if isinstance(scope, ReplaceTable):
        if list(existing.items()) != list(columns.items()) or rows > DELETE_LIMIT_ROWS:
            _execute_all(connection, create_statements(table, columns, replace=True))
        else:
            connection.execute(f"DELETE FROM {table.sql}")
        return 0
    for name, type_name in added_columns(table, existing, columns).items():
        connection.execute(f"ALTER TABLE {table.sql} ADD COLUMN {quote_identifier(name)} {type_name}")
    if isinstance(scope, Append):
        return rows
    deleted = connection.execute(f"DELETE FROM {table.sql} WHERE {scope.sql}").fetchone()
    return rows - int(deleted[0] if deleted else 0)


def _execute_all(connection: duckdb.DuckDBPyConnection, statements: Sequence[str]) -> None:
    for statement in statements:
        connection.execute(statement)


def _add_file(connection: duckdb.DuckDBPyConnection, table: TableName, file: str) -> None:
    try:
        connection.execute(
            f"CALL ducklake_add_data_files('{LAKE}', {quote_literal(table.table)}, {quote_literal(file)}, "
            f"schema => {quote_literal(table.schema)})"
        )
    except duckdb.InvalidInputException as error:
        raise SchemaConflict(f"{table}: the file does not hold the build's columns: {one_line(error)}") from error
    except duckdb.IOException as error:
        if "No files found" in str(error):
            raise BuildIsGone(f"{table}: the file {file} is not there; build again") from error
        raise


def _count(connection: duckdb.DuckDBPyConnection, table: TableName, condition: str = "true") -> int:
    row = connection.execute(f"SELECT count(*) FROM {table.sql} WHERE {condition}").fetchone()
    return int(row[0]) if row else 0


def _commit(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.execute("COMMIT")
    except duckdb.TransactionException as error:
        # A stranger who takes no publish lock committed meanwhile: SQLite calls that "locked", at once and for good.
        if "onflict" in str(error) or "database is locked" in str(error):
            raise PublishConflict(f"DuckLake refused the commit: {one_line(error)}; build and audit again") from error
        raise


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    # A failed COMMIT has ended the transaction already, and the first error is the one to tell.
    with suppress(duckdb.Error):
        connection.execute("ROLLBACK")


def _committed_snapshot(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute(f"SELECT id FROM ducklake_last_committed_snapshot('{LAKE}')").fetchone()
    return int(row[0]) if row and row[0] is not None else current_snapshot(connection)
