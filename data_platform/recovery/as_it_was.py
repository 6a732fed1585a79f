"""Builds that hold what a table held before a repair, in the scope that the repair wrote. Publishes nothing."""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class AsItWas:
    """The builds of one undo: into `folder`, from the snapshot `before` the repair; None where there was none.

    Columns that came until the snapshot `after` it go with it, unless rows outside of the scope have values in them.
    """

    connection: duckdb.DuckDBPyConnection
    scope: UndoScope
    folder: str
    before: int | None
    after: int | None

    def of(self, table: TableName) -> TableBuild | None:
        """What a table held in the scope in the snapshot before, or nothing, where there was none; None if it is gone.

        Raises:
            SnapshotNotFound: the snapshot has expired, never was, or had no such table.
        """
        if self.before is None:
            return self._emptied(table)
        if isinstance(self.scope, ReplaceRanges):
            added = self._added_columns(table, self.before)
            if added and not self._are_used(table, self.scope, added):
                return self._all_without(table, self.scope, self.before, added)
        return build_of_snapshot(self.connection, table, self.before, self.folder, self.scope)

    def of_what_came_later(self, table: TableName) -> TableBuild | None:
        """The same of a table that need not have been there before, and held nothing if it was not."""
        try:
            return self.of(table)
        except SnapshotNotFound:
            return self._emptied(table)

    def _emptied(self, table: TableName) -> TableBuild | None:
        now = read_columns(self.connection, (table,)).get(table)
        return None if now is None else TableBuild(table, now, (), 0, self.scope)

    def _added_columns(self, table: TableName, before: int) -> list[str]:
        """The columns of the table that came with the repair."""
        now = read_columns(self.connection, (table,)).get(table, {})
        try:
            then = columns_at(self.connection, table, before)
            repaired = columns_at(self.connection, table, self.after) if self.after is not None else {}
        except (duckdb.InvalidInputException, duckdb.CatalogException):
            return []
        added = [name for name in now if name in repaired and name not in then]
        # What changed besides was somebody else's doing, and stays.
        return added if all(then.get(name) == kind for name, kind in now.items() if name not in added) else []

    def _are_used(self, table: TableName, scope: ReplaceRanges, columns: list[str]) -> bool:
        """Whether a row outside of the scope has a value in one of the columns."""
        used = " OR ".join(f"{quote_identifier(name)} IS NOT NULL" for name in columns)
        found = self.connection.execute(f"SELECT 1 {_outside(table, scope)} AND ({used}) LIMIT 1").fetchone()
        return found is not None

    def _all_without(self, table: TableName, scope: ReplaceRanges, before: int, added: list[str]) -> TableBuild:
        """All of the table without some columns: a publication can take columns away only with the whole table."""
        now = read_columns(self.connection, (table,))[table]
        kept = {name: kind for name, kind in now.items() if name not in added}
        listed = ", ".join(map(quote_identifier, kept))
        past = f"SELECT {listed} FROM {table.sql} AT (VERSION => {before}) WHERE {scope.sql}"
        select = f"SELECT {listed} {_outside(table, scope)} UNION ALL {past}"
        return build_of_query(self.connection, table, select, columns=kept, folder=self.folder, scope=ReplaceTable())


def _outside(table: TableName, scope: ReplaceRanges) -> str:
    return f"FROM {table.sql} WHERE NOT coalesce({scope.sql}, false)"
