"""Bringing back the rows a table had in an earlier version, as a new publication: every version stays readable."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import duckdb

from resources.lakehouse.build import TableBuild, new_build_folder
from resources.lakehouse.errors import SnapshotNotFound, one_line
from resources.lakehouse.names import TableName, quote_identifier, quote_literal
from resources.lakehouse.publication import Publication
from resources.lakehouse.publishing import publish
from resources.lakehouse.scope import ReplaceRange, ReplaceRanges, ReplaceTable, Scope
from resources.lakehouse.snapshots import current_snapshot
from resources.lakehouse.table_schema import read_columns

if TYPE_CHECKING:
    from resources.lakehouse.resource import LakehouseResource


def restore_table(lakehouse: "LakehouseResource", table: TableName, snapshot: int, *, run_id: str) -> Publication:
    """Publishes the rows and columns that the table had in `snapshot` as its new version.

    The rows are copied to new files: the old ones may be deleted when their own version expires.

    Raises:
        SnapshotNotFound: the snapshot never was or has expired, or had no such table.
        PublishConflict: somebody published the table meanwhile.
    """
    folder = new_build_folder(lakehouse, table, run_id)
    with lakehouse.connection() as connection:
        read_snapshot = current_snapshot(connection)
        build = build_of_snapshot(connection, table, snapshot, folder)
    return publish(
        lakehouse,
        [build],
        run_id=run_id,
        message=f"{table} restored to snapshot {snapshot}",
        read_snapshot=read_snapshot,
    )


def build_of_snapshot(
    connection: duckdb.DuckDBPyConnection,
    table: TableName,
    snapshot: int,
    folder: str,
    scope: ReplaceTable | ReplaceRange | ReplaceRanges = ReplaceTable(),  # noqa: B008 - a frozen value without fields
) -> TableBuild:
    """A build that holds what the table held in `snapshot`, to be published in the place of what it holds now.

    Of a scope that is ranges only their rows. Columns that the table has taken in since stay, and are null in them.

    Raises:
        SnapshotNotFound: the snapshot never was or has expired, or had no such table.
    """
    then = f"{table.sql} AT (VERSION => {int(snapshot)})"
    try:
        columns = columns_at(connection, table, snapshot)
    except (duckdb.InvalidInputException, duckdb.CatalogException) as error:
        raise SnapshotNotFound(
            f"{table} cannot be restored to snapshot {snapshot}: it has expired, never was, or had no such table "
            f"({one_line(error)})"
        ) from error
    select = f"SELECT * FROM {then}"
    if not isinstance(scope, ReplaceTable):
        now = read_columns(connection, (table,)).get(table, columns)
        select = f"{select_columns(then, columns, {**now, **columns})} WHERE {scope.sql}"
        columns = {**now, **columns}
    return build_of_query(connection, table, select, columns=columns, folder=folder, scope=scope)


def columns_at(connection: duckdb.DuckDBPyConnection, table: TableName, snapshot: int) -> dict[str, str]:
    """The columns that the table had in `snapshot`: name to DuckDB type, in order.

    Raises:
        duckdb.InvalidInputException, duckdb.CatalogException: it has expired, never was, or had no such table.
    """
    described = connection.execute(f"DESCRIBE SELECT * FROM {table.sql} AT (VERSION => {int(snapshot)})").fetchall()
    return {name: type_name for name, type_name, *_ in described}


def select_columns(relation: str, has: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    """A SELECT of the columns `wanted`, those null that the relation does not have."""
    listed = (
        quote_identifier(name) if name in has else f"CAST(NULL AS {type_name}) AS {quote_identifier(name)}"
        for name, type_name in wanted.items()
    )
    return f"SELECT {', '.join(listed)} FROM {relation}"


def build_of_query(
    connection: duckdb.DuckDBPyConnection,
    table: TableName,
    select: str,
    *,
    columns: Mapping[str, str],
    folder: str,
    scope: Scope,
) -> TableBuild:
    """A build of the rows of a query, in one file in `folder`; in none where there are no rows."""
    file = f"{folder}/{table.schema}-{table.table}.parquet"
    copied = connection.execute(f"COPY ({select}) TO {quote_literal(file)} (FORMAT parquet)").fetchone()
    rows = int(copied[0]) if copied else 0
    return TableBuild(table, columns, (file,) if rows else (), rows, scope)
