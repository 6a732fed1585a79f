"""Bringing back the rows a table had in an earlier version, as a new publication: every version stays readable."""

from typing import TYPE_CHECKING

import duckdb

from resources.lakehouse.build import TableBuild, new_build_folder
from resources.lakehouse.errors import SnapshotNotFound, one_line
from resources.lakehouse.names import TableName, quote_literal
from resources.lakehouse.publication import Publication
from resources.lakehouse.publishing import publish
from resources.lakehouse.scope import ReplaceTable
from resources.lakehouse.snapshots import current_snapshot

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
    connection: duckdb.DuckDBPyConnection, table: TableName, snapshot: int, folder: str
) -> TableBuild:
    """A build that holds what the table held in `snapshot`, to be published in the place of what it holds now.

    Raises:
        SnapshotNotFound: the snapshot never was or has expired, or had no such table.
    """
    then = f"{table.sql} AT (VERSION => {int(snapshot)})"
    file = f"{folder}/{table.schema}-{table.table}.parquet"
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {then}").fetchall()
    except (duckdb.InvalidInputException, duckdb.CatalogException) as error:
        raise SnapshotNotFound(
            f"{table} cannot be restored to snapshot {snapshot}: it has expired, never was, or had no such table "
            f"({one_line(error)})"
        ) from error
    copied = connection.execute(f"COPY (SELECT * FROM {then}) TO {quote_literal(file)} (FORMAT parquet)").fetchone()
    columns = {name: type_name for name, type_name, *_ in described}
    return TableBuild(table, columns, (file,), int(copied[0]) if copied else 0, ReplaceTable())
