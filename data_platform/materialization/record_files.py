"""Small tables of the platform's own records (loads, profiles), written as files beside the build they tell of."""

from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa

from data_platform.engine.duckdb_engine import build_files
from resources.lakehouse import Append, TableBuild, TableName, quote_identifier


def record_build(
    connection: duckdb.DuckDBPyConnection,
    table: TableName,
    columns: Mapping[str, str],
    rows: Sequence[Mapping[str, object]],
    folder: str,
) -> TableBuild:
    """`rows` as a build that is appended to `table`; every row has every column."""
    view = f"records_of_{table.table}"
    connection.register(view, pa.Table.from_pylist([dict(row) for row in rows]))
    try:
        select = ", ".join(
            f"CAST({quote_identifier(name)} AS {kind}) AS {quote_identifier(name)}" for name, kind in columns.items()
        )
        built = build_files(connection, f"SELECT {select} FROM {view}", folder, table.table)
    finally:
        connection.unregister(view)
    return TableBuild(table, columns, built.files, built.rows, Append())
