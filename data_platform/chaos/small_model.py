"""A small model as the platform builds one: SQL over the raw table of airlines, known to the pipeline by its name."""

from pathlib import Path

import dagster as dg

from data_platform.assets.model_assets import model_asset
from data_platform.chaos.orders import identifier
from data_platform.chaos.scratch import Scratch
from data_platform.chaos.slow_tables import AIRLINES
from data_platform.chaos.small_asset import Amounts, table_of_experiment
from data_platform.modeling import Model
from data_platform.modeling.model import FrontMatter


def small_model(scratch: Scratch, name: str, sql: str, split_key: tuple[str, ...] = ()) -> dg.AssetsDefinition:
    """The platform's asset of an experiment's model."""
    made = Model(
        table_of_experiment(name),
        Path(f"{identifier(name)}.sql"),
        sql,
        FrontMatter(description="Chaos.", owners=("team:chaos",), split_key=split_key),
        (AIRLINES,),
    )
    scratch.subjects.added_models[made.name] = made
    return model_asset(made, Amounts, {}, None, ())
