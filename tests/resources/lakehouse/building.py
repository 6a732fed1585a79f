"""Builds for these tests: a SELECT written to one Parquet file in a build folder of its own."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from resources.lakehouse import (
    LakehouseResource,
    ReplaceRange,
    ReplaceTable,
    Scope,
    TableBuild,
    TableName,
    current_snapshot,
    new_build_folder,
    publish,
    quote_literal,
)

REPLACE_TABLE = ReplaceTable()
DAYS = "SELECT DATE '2013-01-01' + range::INTEGER AS day, 'first' AS load FROM range(59)"
"""January and February."""
FEBRUARY = ReplaceRange("day", date(2013, 2, 1), date(2013, 3, 1))


def build(
    lakehouse: LakehouseResource, table: str, select: str, scope: Scope = REPLACE_TABLE, *, run_id: str = "a-run"
) -> TableBuild:
    name = TableName.parse(table)
    file = f"{new_build_folder(lakehouse, name, run_id)}/built.parquet"
    with lakehouse.connection() as connection:
        described = connection.execute(f"DESCRIBE {select}").fetchall()
        (rows,) = connection.execute(f"COPY ({select}) TO {quote_literal(file)} (FORMAT parquet)").fetchone() or (0,)
    return TableBuild(name, {column: kind for column, kind, *_ in described}, (file,), rows, scope)


def build_and_publish(
    lakehouse: LakehouseResource, table: str, select: str, scope: Scope = REPLACE_TABLE, *, run_id: str = "a-run"
) -> int:
    """Returns the new snapshot."""
    built = build(lakehouse, table, select, scope, run_id=run_id)
    return publish(lakehouse, [built], run_id=run_id, message=f"{table} built").snapshot_after


def snapshot_of(lakehouse: LakehouseResource) -> int:
    with lakehouse.connection() as connection:
        return current_snapshot(connection)


def rows_of(lakehouse: LakehouseResource, query: str) -> list[tuple[object, ...]]:
    with lakehouse.connection() as connection:
        return connection.execute(query).fetchall()


def settings_of(lakehouse: LakehouseResource) -> Mapping[str, object]:
    """What another process needs to make the same resource."""
    return {name: getattr(lakehouse, name) for name in type(lakehouse).model_fields}


def files_below(folder: str) -> set[str]:
    return {str(path) for path in Path(folder).rglob("*") if path.is_file()}


def registered_files(lakehouse: LakehouseResource) -> set[str]:
    """The files that the current version's tables are made of, delete files included."""
    found: set[str] = set()
    with lakehouse.connection() as connection:
        tables = connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'lake'"
        ).fetchall()
        for schema, table in tables:
            listed = connection.execute(
                f"SELECT data_file, delete_file FROM ducklake_list_files('lake', '{table}', schema => '{schema}')"
            ).fetchall()
            found |= {file for row in listed for file in row if file}
    return found
