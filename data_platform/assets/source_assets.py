"""One Dagster asset for each declared source: extract, verify what landed, build, audit and publish the raw table."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg

from data_platform.assets.asset_metadata import definition_metadata
from data_platform.assets.model_assets import asset_key, days_of, freshness_policy
from data_platform.assets.results import Results, results_of
from data_platform.auditing import Contract, columns_of
from data_platform.materialization.build_audit_publish import build_audit_publish
from data_platform.materialization.check_results import check_specs
from data_platform.materialization.load_record import load_records
from data_platform.materialization.task import Days, TableTask
from data_platform.modeling import Consumer
from resources.lakehouse import LakehouseResource, TableName, quote_identifier
from resources.sources import ExtractRequest, Landed, Source, typed_select, verify_landed

LANDING_COLUMNS = ("_source_file", "_loaded_at")
"""Columns of a raw table that its source does not have: which landed file a row came from, and when."""


@dataclass(frozen=True)
class DeclaredSource:
    """A source, the contract of its raw table, who owns it and who reads it.

    `partition_column` is the DATE column that a daily source's raw table gets from the name of the file.
    """

    source: Source
    contract: type[Contract]
    description: str
    owners: tuple[str, ...]
    consumers: tuple[Consumer, ...] = ()
    freshness_hours: float | None = None
    partition_column: str | None = None

    @property
    def table(self) -> TableName:
        """The raw table."""
        return TableName("raw", self.source.name)

    @property
    def source_columns(self) -> dict[str, str]:
        """The columns that the source itself must have: name to DuckDB type."""
        added = {*LANDING_COLUMNS, self.partition_column}
        return {name: kind for name, kind in columns_of(self.contract).items() if name not in added}


def source_asset(
    declared: DeclaredSource, partitions: dg.PartitionsDefinition[str] | None, *, landing: Path, today: date
) -> dg.AssetsDefinition:
    """The asset that loads one source into its raw table."""
    key = asset_key(declared.table)

    @dg.asset(
        key=key,
        group_name="raw",
        description=declared.description,
        owners=list(declared.owners),
        kinds={"duckdb", declared.source.kind},
        metadata=definition_metadata(declared.table, declared.contract, declared.consumers),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        freshness_policy=freshness_policy(declared.freshness_hours),
        check_specs=check_specs(declared.contract, key),
    )
    def load(context: dg.AssetExecutionContext, lakehouse: LakehouseResource) -> Results:
        days = days_of(context, declared.partition_column)
        now = datetime.now(UTC)
        columns = declared.source_columns
        landed = declared.source.extract(
            ExtractRequest(
                landing=landing,
                columns=columns,
                now=now,
                as_of=today,
                partitions=tuple(days_between(days)) if days else None,
                log=context.log.info,
            )
        )
        with lakehouse.connection() as connection:
            rows = verify_landed(connection, landed, columns, may_be_empty=declared.source.may_be_empty)
        task = TableTask(
            table=declared.table,
            contract=declared.contract,
            select=raw_select(declared, landed),
            source=declared.source.name,
            days=days,
            beside=lambda connection, folder: load_records(
                connection, landed, folder, rows=rows, columns=columns, run_id=context.run.run_id
            ),
        )
        done = build_audit_publish(lakehouse, task, run_id=context.run.run_id, now=now, log=context.log.warning)
        landed_facts = {
            "landed files": len(landed.files),
            "landed bytes": landed.bytes,
            "high-water mark": landed.high_water_mark or "",
            "changed since the last extraction": landed.changed,
        }
        yield from results_of(context, key, done, landed_facts)

    return load


def raw_select(declared: DeclaredSource, landed: Landed) -> str:
    """The SELECT of a raw table over its landed files, its columns in the order of the contract."""
    columns = ", ".join(
        f"_partition AS {quote_identifier(name)}" if name == declared.partition_column else quote_identifier(name)
        for name in columns_of(declared.contract)
    )
    return f"SELECT {columns} FROM ({typed_select(landed, declared.source_columns)})"


def days_between(days: Days) -> Iterator[date]:
    """Each day of a span."""
    for offset in range(days.count):
        yield days.start + timedelta(days=offset)
