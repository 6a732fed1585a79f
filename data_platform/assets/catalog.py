"""All assets of the platform, made from the declared sources and the model files, each with its contract."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import dagster as dg

from data_platform.assets.model_assets import model_asset
from data_platform.assets.partitions import daily_partitions
from data_platform.assets.source_assets import DeclaredSource, source_asset
from data_platform.auditing import Contract, columns_of, unique_keys
from data_platform.contracts import contracts_in, core, marts
from data_platform.modeling import ColumnSource, Model, ModelError, column_lineage, load_models
from data_platform.modeling.column_lineage import Schema
from data_platform.modeling.split_key_check import reason_against_key
from data_platform.modeling.total_order import UniqueKeys
from resources.lakehouse import TableName

MODELS = Path(__file__).parent.parent / "models"


@dataclass(frozen=True)
class Catalog:
    """The assets, and what is known of their tables."""

    definitions: tuple[dg.AssetsDefinition, ...]
    contracts: Mapping[TableName, type[Contract]]
    partition_columns: Mapping[TableName, str]


def build_assets(sources: Sequence[DeclaredSource], models: Path, *, landing: Path, today: date) -> Catalog:
    """The catalog of all sources and models.

    Raises:
        ModelError: a model is wrong, has no contract, or does not yield the columns of its contract.
    """
    days = daily_partitions(today)
    loaded = load_models(models)
    contracts = {source.table: source.contract for source in sources} | contracts_of(loaded)
    schema = {table: columns_of(contract) for table, contract in contracts.items()}
    partition_columns = {item.table: item.partition_column for item in sources} | {
        model.name: model.partition_column for model in loaded
    }

    by_the_day = {table for table, column in partition_columns.items() if column}

    lineage = {model.name: lineage_of(model, schema) for model in loaded}
    unique = {table: unique_keys(contract) for table, contract in contracts.items()}

    def partitions(table: TableName) -> dg.DailyPartitionsDefinition | None:
        return days if partition_columns[table] else None

    return Catalog(
        definitions=(
            *(source_asset(item, partitions(item.table), landing=landing, today=today) for item in sources),
            *(
                model_asset(
                    with_usable_key(model, schema, unique),
                    contracts[model.name],
                    lineage[model.name],
                    partitions(model.name),
                    by_the_day,
                )
                for model in loaded
            ),
        ),
        contracts=contracts,
        partition_columns={table: column for table, column in partition_columns.items() if column},
    )


def contracts_of(models: Sequence[Model]) -> dict[TableName, type[Contract]]:
    """The contract of each model.

    Raises:
        ModelError: a model has none, or a contract has no model.
    """
    known = contracts_in(core, marts)
    names = {model.name for model in models}
    if missing := sorted(map(str, names - known.keys())):
        raise ModelError(
            f"{missing[0]}: no contract; write a class with Config.name = {missing[0]!r} in data_platform/contracts/"
        )
    if unused := sorted(map(str, known.keys() - names)):
        raise ModelError(
            f"{unused[0]}: a contract, but no model; write data_platform/models/{unused[0].replace('.', '/')}.sql"
        )
    return known


def with_usable_key(model: Model, schema: Schema, unique: UniqueKeys) -> Model:
    """The model, without its split key where parts by the hash of that might not be the whole.

    Raises:
        KeyError: the model reads what `schema` does not have.
    """
    key = model.front_matter.split_key
    if not key:
        return model
    read = {table: schema[table] for table in model.depends_on}
    return replace(model, no_split_key=reason_against_key(model.sql, key, read, unique) or "")


def lineage_of(model: Model, schema: Mapping[TableName, Mapping[str, str]]) -> dict[str, tuple[ColumnSource, ...]]:
    """The model's column lineage.

    Raises:
        ModelError: its SELECT does not yield the columns of its contract in their order, or those of its split key.
    """
    lineage = column_lineage(model, schema)
    if unknown := [column for column in model.split_key if column not in lineage]:
        raise ModelError(f"{model.name}: split_key: the SELECT yields no column {unknown[0]!r}")
    promised, yielded = list(schema[model.name]), list(lineage)
    if promised != yielded:
        differing = next((pair for pair in zip(promised, yielded, strict=False) if pair[0] != pair[1]), None)
        what = (
            f"{differing[1]!r} where the contract has {differing[0]!r}"
            if differing
            else f"{len(yielded)} columns, the contract has {len(promised)}"
        )
        raise ModelError(f"{model.name}: the SELECT yields {what}")
    return lineage
