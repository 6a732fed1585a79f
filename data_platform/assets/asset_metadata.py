"""What the UI and the ladder are told about a table: columns, lineage, consumers, volumes, the plotted profile."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from data_platform.auditing import Contract, columns_of, descriptions_of
from data_platform.materialization.task import Materialized
from data_platform.modeling import ColumnSource, Consumer
from resources.lakehouse import TableName

MAX_PLOTTED_COLUMNS = 12
"""Plots a person would still scroll through; the whole profile is in audit.column_profile."""


def definition_metadata(table: TableName, contract: type[Contract], consumers: Sequence[Consumer]) -> dict[str, Any]:
    """Metadata that is true of a table whether or not it was ever built."""
    descriptions = descriptions_of(contract)
    return {
        "dagster/table_name": str(table),
        "dagster/column_schema": dg.TableSchema(
            [
                dg.TableColumn(name, kind, description=descriptions.get(name))
                for name, kind in columns_of(contract).items()
            ]
        ),
        **({"escalation/consumers": [consumer.model_dump(mode="json") for consumer in consumers]} if consumers else {}),
    }


def lineage_metadata(lineage: Mapping[str, Sequence[ColumnSource]]) -> dict[str, Any]:
    """Column lineage in the form that Dagster's UI draws."""
    deps = {
        column: [dg.TableColumnDep(dg.AssetKey([s.table.schema, s.table.table]), s.column) for s in sources]
        for column, sources in lineage.items()
    }
    return {"dagster/column_lineage": dg.TableColumnLineage(deps)}


def load_metadata(done: Materialized) -> dict[str, Any]:
    """Volumes, snapshots and the profile of one load; numbers are plotted by the UI over time."""
    if done.publication is None:
        raise ValueError(f"{done.table} was not published")
    return {
        "rows built": done.rows_built,
        "rows published": done.rows_published,
        "rows quarantined": done.rows_quarantined,
        "built from snapshot": done.read_snapshot,
        "published as snapshot": done.publication.snapshot_after,
        **_plotted_profile(done),
    }


def _plotted_profile(done: Materialized) -> dict[str, Any]:
    plotted: dict[str, Any] = {}
    for column in done.audit.profile:
        if column.mean is not None and len(plotted) < MAX_PLOTTED_COLUMNS:
            plotted[f"mean {column.name}"] = float(column.mean)
    return plotted
