"""The composition root: the only place where settings, resources, assets, jobs, schedules and sensors meet.

`build_definitions(settings)` has no globals, so tests and tools get a changed copy.
"""

from datetime import timedelta

import dagster as dg

from data_platform.assets.catalog import MODELS, build_assets
from data_platform.automation.schedules import daily_schedule, maintenance_schedule
from data_platform.automation.sensors import platform_sensors
from data_platform.connections import lakehouse_resource
from data_platform.operations.maintain import maintenance_job
from data_platform.operations.release import release_job
from data_platform.operations.restore import restore_job
from data_platform.recovery.pipeline import platform_pipeline
from data_platform.settings import CHECKOUT, Settings, load_settings
from data_platform.sources import declared_sources
from escalation_sensors import escalate


def build_definitions(settings: Settings) -> dg.Definitions:
    """Everything that Dagster is to know of this platform, for these settings; failures are level 1's first."""
    sources = declared_sources(settings)
    assets = build_assets(sources, MODELS, landing=settings.landing_path, today=settings.today)
    everything = dg.define_asset_job("materialize_everything", selection=dg.AssetSelection.all())
    load_sources = dg.define_asset_job("load_sources", selection=dg.AssetSelection.groups("raw"))
    maintain = maintenance_job(
        assets.contracts, timedelta(hours=settings.retention_hours), timedelta(days=settings.quarantine_days)
    )
    definitions = dg.Definitions(
        assets=assets.definitions,
        jobs=[
            everything,
            load_sources,
            maintain,
            restore_job(assets.contracts),
            release_job(assets.contracts, assets.partition_columns),
        ],
        schedules=[daily_schedule(load_sources.name, settings.today), maintenance_schedule(maintain.name)],
        sensors=platform_sensors(settings, sources, everything=everything.name, load_sources=load_sources.name),
        resources={"lakehouse": lakehouse_resource(settings)},
        executor=dg.in_process_executor,
    )
    return escalate(definitions, CHECKOUT / "escalation.yaml", pipeline=platform_pipeline(settings))


defs = build_definitions(load_settings())
