"""The history of a table's profiles, in `audit.column_profile`: written with each publication, read by the next audit.

What a profile is, and when a load is unusual, is `auditing`'s.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import duckdb

from data_platform.auditing import Audit, ColumnProfile, LoadProfile
from data_platform.materialization.record_files import record_build
from data_platform.materialization.task import TableTask
from resources.lakehouse import TableBuild, TableName, quote_literal, table_exists

PROFILES = TableName("audit", "column_profile")
COLUMNS = {
    "table_name": "VARCHAR",
    "run_id": "VARCHAR",
    "loaded_at": "TIMESTAMP WITH TIME ZONE",
    "partitions": "BIGINT",
    "column_name": "VARCHAR",
    "rows": "BIGINT",
    "nulls": "BIGINT",
    "approx_distinct": "BIGINT",
    "minimum": "VARCHAR",
    "maximum": "VARCHAR",
    "mean": "DOUBLE",
    "approx_quantiles": "DOUBLE[]",
}
LOADS_REMEMBERED = 30


def profile_build(
    connection: duckdb.DuckDBPyConnection, task: TableTask, audited: Audit, folder: str, *, run_id: str, now: datetime
) -> TableBuild:
    """The profile of one load, to be published with it."""
    rows = [
        {
            "table_name": str(task.table),
            "run_id": run_id,
            "loaded_at": now,
            "partitions": task.partitions,
            "column_name": column.name,
            "rows": column.rows,
            "nulls": column.nulls,
            "approx_distinct": column.approx_distinct,
            "minimum": column.minimum,
            "maximum": column.maximum,
            "mean": column.mean,
            "approx_quantiles": list(column.approx_quantiles),
        }
        for column in audited.profile
    ]
    return record_build(connection, PROFILES, COLUMNS, rows, folder)


def past_profiles(connection: duckdb.DuckDBPyConnection, table: TableName) -> Sequence[LoadProfile]:
    """The profiles of the table's last `LOADS_REMEMBERED` loads, newest first."""
    if not table_exists(connection, PROFILES):
        return ()
    found = connection.execute(
        "SELECT loaded_at, run_id, partitions, column_name, rows, nulls, approx_distinct, minimum, maximum, mean, "
        # No bound parameter: the first one of a process costs DuckDB 0.4 s.
        f"approx_quantiles FROM {PROFILES.sql} WHERE table_name = {quote_literal(str(table))} "
        f"QUALIFY dense_rank() OVER (ORDER BY loaded_at DESC, run_id) <= {LOADS_REMEMBERED} "
        "ORDER BY loaded_at DESC, run_id"
    ).fetchall()
    loads = []
    for (_, _, partitions), rows in groupby(found, key=lambda row: row[:3]):
        columns = [_column_profile(*row[3:]) for row in rows]
        loads.append(LoadProfile(columns[0].rows, partitions, columns))
    return loads


def _column_profile(*row: Any) -> ColumnProfile:  # noqa: ANN401 - a row of DuckDB's may hold anything
    name, rows, nulls, approx_distinct, minimum, maximum, mean, approx_quantiles = row
    return ColumnProfile(name, rows, nulls, approx_distinct, minimum, maximum, mean, tuple(approx_quantiles or ()))
