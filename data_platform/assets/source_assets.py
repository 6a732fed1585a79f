"""One Dagster asset for each declared source: extract, verify what landed, build, audit and publish the raw table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb

from data_platform.assets.asset_metadata import definition_metadata
from data_platform.assets.model_assets import asset_key, days_of, freshness_policy
from data_platform.assets.results import Results, results_of
from data_platform.auditing import Contract, columns_of, extended_contract
from data_platform.engine.split import split_by_key
from data_platform.materialization.build_audit_publish import build_audit_publish
from data_platform.materialization.check_results import check_specs
from data_platform.materialization.load_record import load_records
from data_platform.materialization.task import Days, TableTask
from data_platform.materialization.tuned_engine import tuned_engine
from data_platform.modeling import Consumer
from escalation_sensors import current_tuning, interruptible
from resources.lakehouse import LakehouseResource, TableBuild, TableName, quote_identifier
from resources.sources import ColumnMapping, ExtractRequest, Landed, Source, typed_select, verify_landed

LANDING_COLUMNS = ("_source_file", "_loaded_at")
"""Columns of a raw table that its source does not have: which landed file a row came from, and when."""

SPLIT_BY = ("landed files", "rows")


@dataclass(frozen=True)
class DeclaredSource:
    """A source, the contract of its raw table, who owns it and who reads it.

    `partition_column` is the DATE column that a daily source's raw table gets from the name of the file. `aliases` are
    other names that the source may give to a column; level 1 then reads it by that name.
    """

    source: Source
    contract: type[Contract]
    description: str
    owners: tuple[str, ...]
    consumers: tuple[Consumer, ...] = ()
    freshness_hours: float | None = None
    partition_column: str | None = None
    aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)

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
        metadata={
            **definition_metadata(declared.table, declared.contract, declared.consumers, split_key=SPLIT_BY),
            **({"escalation/aliases": {k: list(v) for k, v in declared.aliases.items()}} if declared.aliases else {}),
        },
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        freshness_policy=freshness_policy(declared.freshness_hours),
        check_specs=check_specs(declared.contract, key),
    )
    def load(context: dg.AssetExecutionContext, lakehouse: LakehouseResource) -> Results:
        days = days_of(context, declared.partition_column)
        now = datetime.now(UTC)
        columns, mapping = declared.source_columns, tuned_mapping()
        landed = declared.source.extract(
            ExtractRequest(
                landing=landing,
                columns=mapping.with_added(columns),
                now=now,
                as_of=today,
                partitions=tuple(days_between(days)) if days else None,
                log=context.log.info,
                anew=current_tuning().reextract,
                mapping=mapping,
            )
        )
        with tuned_engine(lakehouse), lakehouse.connection() as connection, interruptible(connection.interrupt):
            rows = verify_landed(
                connection, landed, columns, may_be_empty=declared.source.may_be_empty, mapping=mapping
            )
        done = build_audit_publish(
            lakehouse,
            raw_task(declared, landed, mapping, rows=rows, days=days, run_id=context.run.run_id),
            run_id=context.run.run_id,
            now=now,
            log=context.log.warning,
        )
        landed_facts = {
            "landed files": len(landed.files),
            "landed bytes": landed.bytes,
            "high-water mark": landed.high_water_mark or "",
            "changed since the last extraction": landed.changed,
        }
        yield from results_of(context, key, done, landed_facts)

    return load


def tuned_mapping() -> ColumnMapping:
    """How level 1 has the source read; as the contract says without it."""
    tuning = current_tuning()
    return ColumnMapping(tuning.columns, tuning.casts, tuning.added_columns)


def raw_task(
    declared: DeclaredSource,
    landed: Landed,
    mapping: ColumnMapping,
    *,
    rows: Mapping[str, int],
    days: Days | None,
    run_id: str,
) -> TableTask:
    """What is to be built of the landed files; `rows` are those of each origin, as they were verified."""
    columns = mapping.with_added(declared.source_columns)
    added = {name: kind for name, kind in columns.items() if name not in declared.source_columns}
    contract = extended_contract(declared.contract, added)

    def beside(connection: duckdb.DuckDBPyConnection, folder: str) -> Sequence[TableBuild]:
        return load_records(connection, landed, folder, rows=rows, columns=columns, run_id=run_id)

    return TableTask(
        table=declared.table,
        contract=contract,
        select=raw_select(declared, contract, landed, mapping),
        source=declared.source.name,
        days=days,
        beside=beside,
        split=lambda batches: raw_split(declared, contract, landed, mapping, batches),
    )


def raw_select(declared: DeclaredSource, contract: type[Contract], landed: Landed, mapping: ColumnMapping) -> str:
    """The SELECT of a raw table over its landed files, its columns in the order of the contract."""
    columns = ", ".join(
        f"_partition AS {quote_identifier(name)}" if name == declared.partition_column else quote_identifier(name)
        for name in columns_of(contract)
    )
    return f"SELECT {columns} FROM ({typed_select(landed, declared.source_columns, mapping)})"


def raw_split(
    declared: DeclaredSource, contract: type[Contract], landed: Landed, mapping: ColumnMapping, batches: int
) -> tuple[str, ...]:
    """The same in parts: of some files each, or of some rows where there are fewer files than parts."""
    if len(landed.files) < batches:
        whole = raw_select(declared, contract, landed, mapping)
        return split_by_key(whole, tuple(columns_of(contract)), batches)
    parts = (replace(landed, files=landed.files[number::batches]) for number in range(batches))
    return tuple(raw_select(declared, contract, part, mapping) for part in parts)


def days_between(days: Days) -> Iterator[date]:
    """Each day of a span."""
    for offset in range(days.count):
        yield days.start + timedelta(days=offset)
