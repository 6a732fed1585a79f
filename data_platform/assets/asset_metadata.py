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


Lineage = Mapping[str, Sequence[ColumnSource]]
"""For each column the columns it takes its values from."""


def definition_metadata(
    table: TableName,
    contract: type[Contract],
    consumers: Sequence[Consumer],
    lineage: Lineage | None = None,
    split_key: Sequence[str] = (),
) -> dict[str, Any]:
    """Metadata that is true of a table whether or not it was ever built."""
    told = descriptions_of(contract)
    return {
        "dagster/table_name": str(table),
        "dagster/column_schema": dg.TableSchema(
            [
                dg.TableColumn(name, kind, description=_description(told.get(name), (lineage or {}).get(name, ())))
                for name, kind in columns_of(contract).items()
            ]
        ),
        **({"escalation/consumers": [consumer.model_dump(mode="json") for consumer in consumers]} if consumers else {}),
        **({"escalation/split_key": ", ".join(split_key)} if split_key else {}),
    }


def _description(told: str | None, sources: Sequence[ColumnSource]) -> str | None:
    # The open-source UI draws no column lineage, so what it is for is also said in words beside each column.
    came_from = f"From {', '.join(f'`{source.table}.{source.column}`' for source in sources)}." if sources else None
    return " ".join(filter(None, (told, came_from))) or None


def lineage_metadata(lineage: Lineage) -> dict[str, Any]:
    """Column lineage in the form that Dagster knows, for GraphQL and Dagster+."""
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
            plotted[f"mean {column.name}"] = float(f"{column.mean:.6g}")  # all 17 digits of a mean only hide it
    return plotted
