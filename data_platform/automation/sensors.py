"""The platform's own sensors, all of them. What each one does is in its own file; the ladder brings its own."""

from collections.abc import Sequence

import dagster as dg

from data_platform.assets.source_assets import DeclaredSource
from data_platform.automation.dead_command_sensor import dead_command_sensor
from data_platform.automation.drop_folder_sensor import drop_folder_sensor
from data_platform.automation.first_materialization import first_materialization_sensor
from data_platform.settings import Settings
from resources.sources import CsvFolder


def platform_sensors(
    settings: Settings, sources: Sequence[DeclaredSource], *, everything: str, load_sources: str
) -> list[dg.SensorDefinition]:
    """The sensors for these sources; `everything` and `load_sources` are the jobs that they request."""
    return [
        dead_command_sensor(settings.dagster_home),
        first_materialization_sensor(everything, [source.table for source in sources], settings.today),
        *(
            drop_folder_sensor(declared.source, load_sources, settings.today, settings.landing_path)
            for declared in sources
            if isinstance(declared.source, CsvFolder) and declared.partition_column
        ),
        dg.AutomationConditionSensorDefinition(
            "refresh_downstream", target=dg.AssetSelection.all(), default_status=dg.DefaultSensorStatus.RUNNING
        ),
    ]
