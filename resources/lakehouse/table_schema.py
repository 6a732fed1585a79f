"""Which tables are there with which columns, and how a publication may change them. Moves no rows."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

import duckdb

from resources.lakehouse.catalog import LAKE
from resources.lakehouse.errors import SchemaConflict
from resources.lakehouse.names import TableName, quote_identifier, quote_literal


def read_columns(connection: duckdb.DuckDBPyConnection, tables: Iterable[TableName]) -> dict[TableName, dict[str, str]]:
    """The columns (name to DuckDB type, in order) of those of the tables that exist, in one query."""
    wanted = set(tables)
    schemas = ", ".join(quote_literal(schema) for schema in sorted({table.schema for table in wanted}))
    found: dict[TableName, dict[str, str]] = {}
    for schema, table, column, type_name in connection.execute(
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() "
        f"WHERE database_name = '{LAKE}' AND schema_name IN ({schemas or 'NULL'}) ORDER BY column_index"
    ).fetchall():
        # A stranger's table may have a name of which no TableName can be made.
        name = next((each for each in wanted if (each.schema, each.table) == (schema, table)), None)
        if name is not None:
            found.setdefault(name, {})[column] = type_name
    return found


def table_exists(connection: duckdb.DuckDBPyConnection, table: TableName) -> bool:
    """Whether the lakehouse has the table."""
    return table in read_columns(connection, (table,))


@lru_cache(maxsize=1024)
def canonical_type(type_name: str) -> str:
    """DuckDB's own spelling of a type, so that TIMESTAMPTZ and TIMESTAMP WITH TIME ZONE are one.

    Raises:
        SchemaConflict: DuckDB knows no such type; anything but a type, SQL included, is none.
    """
    try:
        return str(duckdb.sqltype(type_name))
    except duckdb.Error:
        raise SchemaConflict(f"{type_name[:80]!r} is not a type of DuckDB's") from None


def canonical_columns(columns: Mapping[str, str]) -> dict[str, str]:
    """The columns with each type in DuckDB's own spelling."""
    return {name: canonical_type(type_name) for name, type_name in columns.items()}


def create_statements(table: TableName, columns: Mapping[str, str], *, replace: bool) -> list[str]:
    """The statements that make the table, empty; with `replace`, in place of the one that is there."""
    listed = ", ".join(f"{quote_identifier(name)} {type_name}" for name, type_name in columns.items())
    verb = "CREATE OR REPLACE TABLE" if replace else "CREATE TABLE"
    return [f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(table.schema)}", f"{verb} {table.sql} ({listed})"]


def added_columns(table: TableName, existing: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """The columns to add to a table whose rows are kept: kept rows have NULL in them.

    Raises:
        SchemaConflict: a column was removed or has another type, which the kept rows could not follow.
    """
    removed = [name for name in existing if name not in wanted]
    changed = [
        f"{name} ({existing[name]} in the table, {wanted[name]} in the build)"
        for name in existing
        if name in wanted and existing[name] != wanted[name]
    ]
    if removed or changed:
        differences = [f"removed: {', '.join(removed)}"] if removed else []
        differences += [f"changed: {', '.join(changed)}"] if changed else []
        conflict = SchemaConflict(
            f"{table} keeps rows, so only new columns fit ({'; '.join(differences)}); rebuild all of it to change it"
        )
        conflict.expected_columns, conflict.found_columns = dict(existing), dict(wanted)
        raise conflict
    return {name: type_name for name, type_name in wanted.items() if name not in existing}
