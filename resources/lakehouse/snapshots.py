"""The versions of the lakehouse: the current one and the list, each with the run that made it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from resources.lakehouse.catalog import LAKE, METADATA
from resources.lakehouse.commit_record import parse_commit_record

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Snapshot:
    """One version; `run_id` and `message` are None where a stranger or maintenance committed."""

    id: int
    at: datetime
    run_id: str | None
    message: str | None
    tables: tuple[str, ...]


def current_snapshot(connection: duckdb.DuckDBPyConnection) -> int:
    """The version that the connection's transaction reads (in a transaction it stays the same)."""
    row = connection.execute(f"SELECT id FROM {LAKE}.current_snapshot()").fetchone()
    if row is None:
        raise duckdb.InternalException("DuckLake has no current snapshot")
    return int(row[0])


def list_snapshots(connection: duckdb.DuckDBPyConnection, limit: int) -> list[Snapshot]:
    """The newest `limit` versions, newest first."""
    rows = connection.execute(
        "SELECT snapshot_id, epoch_us(snapshot_time), changes, commit_message, commit_extra_info "
        f"FROM {LAKE}.snapshots() ORDER BY snapshot_id DESC LIMIT {int(limit)}"
    ).fetchall()
    names = table_names_by_id(connection)
    return [_snapshot(row, names) for row in rows]


def table_names_by_id(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """DuckLake's table ids and the names they stand for, tables dropped since included."""
    return {
        str(table_id): f"{schema}.{table}"
        for table_id, schema, table in connection.execute(
            f"SELECT t.table_id, s.schema_name, t.table_name FROM {METADATA}.ducklake_table t "
            f"JOIN {METADATA}.ducklake_schema s USING (schema_id)"
        ).fetchall()
    }


def changed_tables(changes: dict[str, list[str]] | None, names: dict[str, str]) -> tuple[str, ...]:
    """The tables a commit touched according to DuckLake, which writes some by name and some by id."""
    touched = {
        names.get(entry, entry)
        for kind, entries in (changes or {}).items()
        if kind.startswith(("tables_", "inlined_")) or kind in {"compacted_tables", "merge_adjacent"}
        for entry in entries
    }
    return tuple(sorted(touched))


def _snapshot(row: tuple[Any, ...], names: dict[str, str]) -> Snapshot:
    snapshot_id, microseconds, changes, message, extra_info = row
    record = parse_commit_record(extra_info)
    return Snapshot(
        id=int(snapshot_id),
        at=_EPOCH + timedelta(microseconds=microseconds),
        run_id=record.run_id if record else None,
        message=message,
        tables=tuple(each.table for each in record.tables) if record else changed_tables(changes, names),
    )
