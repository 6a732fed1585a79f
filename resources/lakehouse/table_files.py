"""In which files the tables lie, and in how many row groups. Which layout would be better is not decided here."""

from collections.abc import Collection
from dataclasses import dataclass

import duckdb

from resources.lakehouse.catalog import LAKE
from resources.lakehouse.errors import SnapshotNotFound, one_line
from resources.lakehouse.names import TableName, quote_literal
from resources.lakehouse.table_schema import read_columns


@dataclass(frozen=True)
class TableFiles:
    """The files of one table as readers open them: those with rows, and those that say which rows were deleted."""

    data_files: int
    delete_files: int
    data_bytes: int
    row_groups: int
    rows: int
    """Deleted ones included."""


def table_files(connection: duckdb.DuckDBPyConnection, tables: Collection[TableName]) -> dict[TableName, TableFiles]:
    """The files of those of the tables that have any, as of the version that the connection reads. Opens each file."""
    found = {table: _files_of(connection, table) for table in read_columns(connection, tables)}
    return {table: files for table, files in found.items() if files is not None}


def files_at(connection: duckdb.DuckDBPyConnection, table: TableName, snapshot: int) -> list[str]:
    """The data files that a table had in a snapshot, in the order in which they are read.

    Raises:
        SnapshotNotFound: it has expired, never was, or had no such table.
    """
    try:
        listed = connection.execute(
            f"SELECT data_file FROM ducklake_list_files('{LAKE}', {quote_literal(table.table)}, "
            f"schema => {quote_literal(table.schema)}, snapshot_version => {int(snapshot)})"
        ).fetchall()
    except (duckdb.InvalidInputException, duckdb.CatalogException) as error:
        raise SnapshotNotFound(
            f"the files of {table} in snapshot {snapshot} are not known: it has expired, never was, or had no such "
            f"table ({one_line(error)})"
        ) from error
    return [str(path) for (path,) in listed]


def _files_of(connection: duckdb.DuckDBPyConnection, table: TableName) -> TableFiles | None:
    listed = connection.execute(
        "SELECT data_file, data_file_size_bytes, delete_file FROM "
        f"ducklake_list_files('{LAKE}', {quote_literal(table.table)}, schema => {quote_literal(table.schema)})"
    ).fetchall()
    if not listed:
        return None
    paths = ", ".join(quote_literal(path) for path, _size, _delete_file in listed)
    groups, rows = connection.execute(
        f"SELECT sum(num_row_groups), sum(num_rows) FROM parquet_file_metadata([{paths}])"
    ).fetchall()[0]
    deletes = sum(delete_file is not None for _path, _size, delete_file in listed)
    return TableFiles(
        len(listed), deletes, sum(int(size) for _path, size, _delete_file in listed), int(groups), int(rows)
    )
