"""The job `release_quarantined`: audits a table's quarantined rows anew, and publishes those that now pass.

Used after a fix of the contract or of a table it refers to. Rows that still fail stay, with their present reasons.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import duckdb

from data_platform.auditing import Contract, columns_of
from data_platform.materialization.build_audit_publish import build_audit_publish
from data_platform.materialization.check_results import failure_of
from data_platform.materialization.quarantine import quarantine_name
from data_platform.materialization.task import Days, TableTask
from data_platform.operations.named_table import named_table
from resources.lakehouse import LakehouseResource, TableName, quote_identifier, table_exists


class ReleaseConfig(dg.Config):
    """The table whose quarantined rows are audited anew."""

    table: str


def release_job(
    contracts: Mapping[TableName, type[Contract]], partition_columns: Mapping[TableName, str]
) -> dg.JobDefinition:
    """The job, for the tables that have a contract."""

    @dg.op(description="Audits the quarantined rows anew and publishes those that pass.")
    def release(context: dg.OpExecutionContext, config: ReleaseConfig, lakehouse: LakehouseResource) -> None:
        table = named_table(config.table, contracts, "has no contract")
        with lakehouse.connection() as connection:
            if not table_exists(connection, quarantine_name(table)):
                context.log.info(f"{table}: nothing was ever quarantined")
                return
            days = _days(connection, table, partition_columns.get(table))
            before = _quarantined_rows(connection, table)
        if days is None and table in partition_columns:
            context.log.info(f"{table}: the quarantine is empty")
            return
        task = TableTask(
            table=table,
            contract=contracts[table],
            select=release_select(table, contracts[table], days),
            source=f"release of {quarantine_name(table)}",
            days=days,
        )
        done = build_audit_publish(
            lakehouse, task, run_id=context.run.run_id, now=datetime.now(UTC), log=context.log.warning
        )
        if done.publication is None:
            raise failure_of(done)
        context.log.info(
            f"{table}: {before - done.rows_quarantined} rows released, {done.rows_quarantined} stay in quarantine"
        )

    @dg.job(
        name="release_quarantined", description="Audits a table's quarantined rows anew; those that pass are published."
    )
    def release_quarantined() -> None:
        release()

    return release_quarantined


def release_select(table: TableName, contract: type[Contract], days: Days | None) -> str:
    """All rows of the table and of its quarantine, for `days` if it is partitioned: the build that a release audits."""
    columns = ", ".join(map(quote_identifier, columns_of(contract)))
    where = f" WHERE {days.range.sql}" if days else ""
    return " UNION ALL ".join(f"SELECT {columns} FROM {name.sql}{where}" for name in (table, quarantine_name(table)))


def _days(connection: duckdb.DuckDBPyConnection, table: TableName, column: str | None) -> Days | None:
    """The span of days that the table's quarantine holds rows of; None without partitions or without rows."""
    if column is None:
        return None
    quoted = quote_identifier(column)
    row = connection.execute(f"SELECT min({quoted}), max({quoted}) FROM {quarantine_name(table).sql}").fetchone()
    if row is None or not isinstance(row[0], date):
        return None
    return Days(column, row[0], row[1] + timedelta(days=1))


def _quarantined_rows(connection: duckdb.DuckDBPyConnection, table: TableName) -> int:
    row = connection.execute(f"SELECT count(*) FROM {quarantine_name(table).sql}").fetchone()
    return int(row[0]) if row else 0
