"""The record of each load, in `raw.loads`: published in the same transaction as the rows it tells of."""

import json
from collections.abc import Mapping, Sequence
from datetime import date

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


def loaded_checksums(connection: duckdb.DuckDBPyConnection, source: str) -> dict[date, str]:
    """For each day of `source` that was loaded, the checksum of the file of its latest load."""
    if not table_exists(connection, LOADS):
        return {}
    rows = connection.execute(
        f"SELECT partition, arg_max(checksum, loaded_at) FROM {LOADS.sql} "
        f"WHERE source = {quote_literal(source)} AND partition IS NOT NULL GROUP BY ALL"
    ).fetchall()
    return dict(rows)
