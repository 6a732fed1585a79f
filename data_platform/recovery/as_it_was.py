"""Builds that hold what a table held before a repair, in the scope that the repair wrote. Publishes nothing."""

import duckdb

from data_platform.recovery.undo_scope import UndoScope
from resources.lakehouse import (
    ReplaceRanges,
    ReplaceTable,
    SnapshotNotFound,
    TableBuild,
    TableName,
    build_of_query,
    build_of_snapshot,
    columns_at,
    quote_identifier,
    read_columns,
)


def as_it_was(
    connection: duckdb.DuckDBPyConnection,
    table: TableName,
    scope: UndoScope,
    folder: str,
    *,
    before: int | None,
    after: int | None,
) -> TableBuild | None:
    """What a table held in a scope in the snapshot before, or nothing, where there was none; None if it is gone.

    Columns that the repair took in go with it, unless rows outside of the scope have values in them.

    Raises:
        SnapshotNotFound: the snapshot has expired, never was, or had no such table.
    """
    if before is None:
        now = read_columns(connection, (table,)).get(table)
        return None if now is None else TableBuild(table, now, (), 0, scope)
    if isinstance(scope, ReplaceRanges):
        added = _added_columns(connection, table, before, after)
        if added and not _are_used(connection, table, scope, added):
            return _all_without(connection, table, scope, folder, before=before, added=added)
    return build_of_snapshot(connection, table, before, folder, scope)


def beside_as_it_was(
    connection: duckdb.DuckDBPyConnection,
    table: TableName,
    scope: UndoScope,
    folder: str,
    *,
    before: int | None,
    after: int | None,
) -> TableBuild | None:
    """The same of a table that need not have been there before, and held nothing if it was not."""
    try:
        return as_it_was(connection, table, scope, folder, before=before, after=after)
    except SnapshotNotFound:
        return as_it_was(connection, table, scope, folder, before=None, after=after)


def _added_columns(
    connection: duckdb.DuckDBPyConnection, table: TableName, before: int, after: int | None
) -> list[str]:
    """The columns of the table that came with the repair."""
    now = read_columns(connection, (table,)).get(table, {})
    try:
        then = columns_at(connection, table, before)
        repaired = columns_at(connection, table, after) if after is not None else {}
    except (duckdb.InvalidInputException, duckdb.CatalogException):
        return []
    added = [name for name in now if name in repaired and name not in then]
    # What changed besides was somebody else's doing, and stays.
    return added if all(then.get(name) == kind for name, kind in now.items() if name not in added) else []


def _are_used(
    connection: duckdb.DuckDBPyConnection, table: TableName, scope: ReplaceRanges, columns: list[str]
) -> bool:
    """Whether a row outside of the scope has a value in one of the columns."""
    used = " OR ".join(f"{quote_identifier(name)} IS NOT NULL" for name in columns)
    return connection.execute(f"SELECT 1 {_outside(table, scope)} AND ({used}) LIMIT 1").fetchone() is not None


def _all_without(
    connection: duckdb.DuckDBPyConnection,
    table: TableName,
    scope: ReplaceRanges,
    folder: str,
    *,
    before: int,
    added: list[str],
) -> TableBuild:
    """All of the table without some columns: a publication can take columns away only with the whole table."""
    now = read_columns(connection, (table,))[table]
    kept = {name: kind for name, kind in now.items() if name not in added}
    listed = ", ".join(map(quote_identifier, kept))
    past = f"SELECT {listed} FROM {table.sql} AT (VERSION => {before}) WHERE {scope.sql}"
    select = f"SELECT {listed} {_outside(table, scope)} UNION ALL {past}"
    return build_of_query(connection, table, select, columns=kept, folder=folder, scope=ReplaceTable())


def _outside(table: TableName, scope: ReplaceRanges) -> str:
    return f"FROM {table.sql} WHERE NOT coalesce({scope.sql}, false)"
