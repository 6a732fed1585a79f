"""The record of each load, in `raw.loads`: published in the same transaction as the rows it tells of."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import duckdb

from data_platform.materialization.record_files import record_build
from resources.lakehouse import TableBuild, TableName, quote_literal, table_exists
from resources.sources import Landed

LOADS = TableName("raw", "loads")
COLUMNS = {
    "source": "VARCHAR",
    "partition": "DATE",
    "file": "VARCHAR",
    "origin": "VARCHAR",
    "rows": "BIGINT",
    "bytes": "BIGINT",
    "checksum": "VARCHAR",
    "high_water_mark": "VARCHAR",
    "schema": "VARCHAR",
    "loaded_at": "TIMESTAMP WITH TIME ZONE",
    "run_id": "VARCHAR",
}


def load_records(
    connection: duckdb.DuckDBPyConnection,
    landed: Landed,
    folder: str,
    *,
    rows: Mapping[str, int],
    columns: Mapping[str, str],
    run_id: str,
) -> Sequence[TableBuild]:
    """One record for each landed file; `rows` are those of each origin, as they were verified."""
    schema = json.dumps(dict(columns))
    records = [
        {
            "source": landed.source,
            "partition": file.partition,
            "file": str(file.path),
            "origin": file.origin,
            "rows": rows[file.origin],
            "bytes": file.bytes,
            "checksum": file.checksum,
            "high_water_mark": landed.high_water_mark,
            "schema": schema,
            "loaded_at": landed.extracted_at,
            "run_id": run_id,
        }
        for file in landed.files
    ]
    return (record_build(connection, LOADS, COLUMNS, records, folder),) if records else ()


def loads_brought_back(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    snapshot: int | None,
    folder: str,
    *,
    run_id: str,
    now: datetime,
    days: Collection[date] | None = None,
) -> TableBuild:
    """Records that say which files the source's table holds once it is as it was in `snapshot` (None: empty) again.

    Where only some days of it are, `days` are those.
    They are appended: what happened in between did happen. A file that was not loaded then is told with no rows and no
    checksum, so that its day counts as not loaded.
    """
    latest = (
        "SELECT * FROM {of} WHERE source = " + quote_literal(source) + " QUALIFY row_number() OVER "
        "(PARTITION BY coalesce(partition::VARCHAR, origin) ORDER BY loaded_at DESC, run_id) = 1"
    )
    current = latest.format(of=LOADS.sql)
    then = latest.format(of=f"{LOADS.sql} AT (VERSION => {snapshot})")
    if snapshot is None or not _existed(connection, snapshot):
        then = f"SELECT * FROM {LOADS.sql} WHERE false"
    key = "coalesce(partition::VARCHAR, origin)"
    rows = connection.execute(
        f"SELECT {', '.join(f'past.{name}' for name in COLUMNS)}, current.partition, current.file, current.origin "
        f"FROM (SELECT *, {key} AS _key FROM ({current})) AS current "
        f"LEFT JOIN (SELECT *, {key} AS _key FROM ({then})) AS past USING (_key) "
        "WHERE (past.checksum, past.loaded_at) IS DISTINCT FROM (current.checksum, current.loaded_at)"
    ).fetchall()
    # Behind the columns of the past come those of the current record, its day first.
    rows = [row for row in rows if days is None or row[len(COLUMNS)] in days]
    records = [_brought_back(row, source, run_id, now) for row in rows]
    return record_build(connection, LOADS, COLUMNS, records, folder)


def _existed(connection: duckdb.DuckDBPyConnection, snapshot: int) -> bool:
    try:
        connection.execute(f"SELECT 1 FROM {LOADS.sql} AT (VERSION => {int(snapshot)}) LIMIT 1").fetchall()
    except (duckdb.InvalidInputException, duckdb.CatalogException):
        return False
    return True


def _brought_back(row: Sequence[Any], source: str, run_id: str, now: datetime) -> dict[str, Any]:
    past = dict(zip(COLUMNS, row, strict=False))
    if past["source"] is None:
        partition, file, origin = row[len(COLUMNS) :]
        past |= {"source": source, "partition": partition, "file": file, "origin": origin, "rows": 0, "bytes": 0}
        past["checksum"] = ""
    return {**past, "loaded_at": now, "run_id": run_id}


def loaded_checksums(connection: duckdb.DuckDBPyConnection, source: str) -> dict[date, str]:
    """For each day of `source` that was loaded, the checksum of the file of its latest load."""
    if not table_exists(connection, LOADS):
        return {}
    rows = connection.execute(
        f"SELECT partition, arg_max(checksum, loaded_at) FROM {LOADS.sql} "
        f"WHERE source = {quote_literal(source)} AND partition IS NOT NULL GROUP BY ALL"
    ).fetchall()
    return dict(rows)
