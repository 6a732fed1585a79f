"""`platform_pipeline()`: what this platform hands to the ladder. `escalation.yaml` names it for the command line."""

from data_platform.recovery.lakehouse_layouts import LakehouseLayouts
from data_platform.recovery.lakehouse_versions import LakehouseVersions
from data_platform.recovery.source_changes import SourceChanges
from data_platform.recovery.source_probe import SourceProbe
from data_platform.recovery.subjects import Subjects
from data_platform.recovery.work_sizes import WorkSizes
from data_platform.settings import Settings, load_settings
from escalation_sensors.level1.pipeline import Pipeline


def platform_pipeline(settings: Settings | None = None) -> Pipeline:
    """The pipeline of these settings, else of the environment's. Opens nothing until it is asked something.

    Raises:
        SettingsError: a variable is unknown or its value is wrong.
    """
    subjects = Subjects(settings or load_settings())
    return Pipeline(
        sources=SourceProbe(subjects),
        versions=LakehouseVersions(subjects),
        layouts=LakehouseLayouts(subjects),
        sizes=WorkSizes(subjects),
        changes=SourceChanges(subjects),
    )
