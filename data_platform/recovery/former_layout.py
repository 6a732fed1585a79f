"""Builds that hold what a table holds now, lying as it did before its layout was improved. Publishes nothing.

A rewrite moved no row in or out, so taking it back may not do so either: days that others have published since stay.
"""

from collections.abc import Iterator, Mapping

import duckdb

from data_platform.recovery.table_contents import contents
from resources.lakehouse import (
    ReplaceRange,
    ReplaceRanges,
    ReplaceTable,
    RowCountMismatch,
    TableBuild,
    TableName,
    changes_since,
    columns_at,
    files_at,
    quote_identifier,
    quote_literal,
    read_columns,
    select_columns,
)


class LayoutReplaced(Exception):
    """A table was published as a whole since its layout was improved: that layout is gone already."""


def rewritten_in(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, TableName], snapshot: int, run_id: str
) -> list[TableName]:
    """Which of the tables one publication of a run has rewritten."""
    whole = dict.fromkeys(tables, ReplaceTable())
    changes = changes_since(connection, whole, snapshot=snapshot - 1)
    return [tables[each.table] for each in changes if (each.snapshot, each.run_id) == (snapshot, run_id)]


def build_as_it_lay(
    connection: duckdb.DuckDBPyConnection, table: TableName, *, before: int, after: int, folder: str
) -> TableBuild:
    """A build of a table's present rows, in files and row groups like those that it had in the version `before`.

    Days that were published since the version `after` come last, in a file of their own.

    Raises:
        LayoutReplaced: it was published as a whole since.
        SnapshotNotFound: the version before has expired.
        RowCountMismatch: what came of it would not be the rows that the table has now.
    """
    now = read_columns(connection, (table,))[table]
    files = files_at(connection, table, before)
    since = _published_since(connection, table, after)
    then = columns_at(connection, table, before)
    former = select_columns(f"{table.sql} AT (VERSION => {before})", then, now)
    lasting = f"NOT coalesce({since}, false)"
    group = _rows_of_a_group(connection, files)
    selects = [f"{former} WHERE filename = {quote_literal(file)} AND {lasting}" for file in files]
    selects.append(f"SELECT {', '.join(map(quote_identifier, now))} FROM {table.sql} WHERE coalesce({since}, false)")
    written, rows = [], 0
    for number, select in enumerate(selects):
        file = f"{folder}/{table.schema}-{table.table}-{number:05}.parquet"
        copied = connection.execute(
            f"COPY ({select}) TO {quote_literal(file)} (FORMAT parquet, ROW_GROUP_SIZE {group})"
        ).fetchone()
        if copied and copied[0]:
            written.append(file)
            rows += int(copied[0])
    listed = ", ".join(map(quote_literal, written))
    if contents(connection, table.sql, now) != (
        contents(connection, f"read_parquet([{listed}])", now) if written else (0, "None")
    ):
        raise RowCountMismatch(f"{table}: it would not hold the same rows as it lay before; nothing was published")
    return TableBuild(table, now, tuple(written), rows, ReplaceTable())


def _published_since(connection: duckdb.DuckDBPyConnection, table: TableName, after: int) -> str:
    """The condition of the days that were published since; `false` without any."""
    days = list(_days_since(connection, table, after))
    return f"({' OR '.join(f'({each.sql})' for each in days)})" if days else "false"


def _days_since(connection: duckdb.DuckDBPyConnection, table: TableName, after: int) -> Iterator[ReplaceRange]:
    for change in changes_since(connection, {str(table): ReplaceTable()}, snapshot=after):
        if not isinstance(change.scope, ReplaceRange | ReplaceRanges):
            raise LayoutReplaced(
                f"{table} was published as a whole since by {change.who} in snapshot {change.snapshot}, so the layout "
                "that the repair made is gone already"
            )
        yield from change.scope.ranges


def _rows_of_a_group(connection: duckdb.DuckDBPyConnection, files: list[str]) -> int:
    if not files:
        return 1
    listed = ", ".join(map(quote_literal, files))
    found = connection.execute(
        f"SELECT sum(num_rows), sum(num_row_groups) FROM parquet_file_metadata([{listed}])"
    ).fetchone()
    rows, groups = found or (0, 0)
    return max(1, -(-int(rows or 0) // max(1, int(groups or 0))))
