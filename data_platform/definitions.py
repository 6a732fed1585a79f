"""The composition root: the only place where settings, resources, assets, jobs, schedules and sensors meet.

`build_definitions(settings)` has no globals, so tests and tools get a changed copy.
"""

from datetime import timedelta
from pathlib import Path

import dagster as dg

from data_platform.assets.catalog import build_assets
from data_platform.automation.dead_command_sensor import dead_command_sensor
from data_platform.automation.drop_folder_sensor import drop_folder_sensor
from data_platform.automation.first_materialization import first_materialization_sensor
from data_platform.automation.schedules import daily_schedule, maintenance_schedule
from data_platform.connections import lakehouse_resource
from data_platform.operations.maintain import maintenance_job
from data_platform.operations.release import release_job
from data_platform.operations.restore import restore_job
from data_platform.settings import Settings, load_settings
from data_platform.sources import declared_sources
from resources.sources import CsvFolder

MODELS = Path(__file__).parent / "models"


def build_definitions(settings: Settings) -> dg.Definitions:
    """Everything that Dagster is to know of this platform, for these settings."""
    sources = declared_sources(settings)
    assets = build_assets(sources, MODELS, landing=settings.landing_path, today=settings.today)
    everything = dg.define_asset_job("materialize_everything", selection=dg.AssetSelection.all())
    load_sources = dg.define_asset_job("load_sources", selection=dg.AssetSelection.groups("raw"))
    maintain = maintenance_job(
        assets.contracts, timedelta(hours=settings.retention_hours), timedelta(days=settings.quarantine_days)
    )
    return dg.Definitions(
        assets=assets.definitions,
        jobs=[
            everything,
            load_sources,
            maintain,
            restore_job(assets.contracts),
            release_job(assets.contracts, assets.partition_columns),
        ],
        schedules=[daily_schedule(load_sources.name, settings.today), maintenance_schedule(maintain.name)],
        sensors=[
            dead_command_sensor(settings.dagster_home),
            first_materialization_sensor(everything.name, sources[0].table, settings.today),
            *(
                drop_folder_sensor(declared.source, load_sources.name, settings.today, settings.landing_path)
                for declared in sources
                if isinstance(declared.source, CsvFolder) and declared.partition_column
            ),
            dg.AutomationConditionSensorDefinition(
                "refresh_downstream", target=dg.AssetSelection.all(), default_status=dg.DefaultSensorStatus.RUNNING
            ),
        ],
        resources={"lakehouse": lakehouse_resource(settings)},
        executor=dg.in_process_executor,
    )


defs = build_definitions(load_settings())
