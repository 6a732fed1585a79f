"""Expiry of quarantined rows: what nobody fixed or released for long enough leaves the quarantine."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from data_platform.engine.duckdb_engine import build_files
from data_platform.materialization.quarantine import quarantine_name
from resources.lakehouse import (
    LakehouseResource,
    ReplaceTable,
    TableBuild,
    TableName,
    current_snapshot,
    new_build_folder,
    publish,
    quote_literal,
    read_columns,
)


def expire_quarantined(
    lakehouse: LakehouseResource, tables: Iterable[TableName], *, older_than: datetime, run_id: str
) -> dict[TableName, int]:
    """Removes the quarantined rows of `tables` from before `older_than`; says how many left each quarantine."""
    with lakehouse.connection() as connection:
        existing = read_columns(connection, map(quarantine_name, tables))
    expired = {
        quarantine: _expire(lakehouse, quarantine, columns, older_than, run_id)
        for quarantine, columns in existing.items()
    }
    return {quarantine: rows for quarantine, rows in expired.items() if rows}


def _expire(
    lakehouse: LakehouseResource, quarantine: TableName, columns: Mapping[str, str], older_than: datetime, run_id: str
) -> int:
    young = f"_quarantined_at >= TIMESTAMPTZ {quote_literal(older_than.isoformat())}"
    with lakehouse.connection() as connection:
        row = connection.execute(f"SELECT count(*) FILTER (WHERE NOT ({young})) FROM {quarantine.sql}").fetchone()
        expired = int(row[0]) if row else 0
        if not expired:
            return 0
        read_snapshot = current_snapshot(connection)
        folder = new_build_folder(lakehouse, quarantine, run_id)
        kept = build_files(connection, f"SELECT * FROM {quarantine.sql} WHERE {young}", folder, "kept")
    build = TableBuild(quarantine, columns, kept.files, kept.rows, ReplaceTable())
    publish(lakehouse, [build], run_id=run_id, message=f"expiry of {quarantine}", read_snapshot=read_snapshot)
    return expired
