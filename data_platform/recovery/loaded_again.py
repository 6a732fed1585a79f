"""Which delivered files the sensor of a drop folder loads again once days are as they were. Publishes nothing.

An undo takes rows back and not the file that they came from; it lies there still, and is not what was loaded then.
"""

from collections.abc import Collection
from datetime import date, datetime

import duckdb

from data_platform.assets.source_assets import DeclaredSource
from data_platform.automation.drop_folder_sensor import loadable, sensor_name
from data_platform.materialization.load_record import loaded_checksums
from data_platform.settings import Settings
from resources.sources import CsvFolder, SourceError, arrivals

MOST_NAMED = 3


def loaded_again(
    connection: duckdb.DuckDBPyConnection,
    declared: DeclaredSource,
    settings: Settings,
    days: Collection[date] | None,
    now: datetime,
) -> str:
    """What the sensor loads again of some days (None: of all), for a line; empty where it loads nothing.

    A folder or file that cannot be read is none that it could load. Raises nothing for it: the undo is done already.
    """
    source = declared.source
    if not isinstance(source, CsvFolder) or declared.partition_column is None:
        return ""
    loaded = loaded_checksums(connection, source.name)
    try:
        found = loadable(source.scan(now, settings.landing_path), settings.today)
        news = arrivals([each for each in found if days is None or each.partition in days], loaded)
    except (SourceError, OSError):
        return ""
    names = [each.file.path.name for each in news]
    if not names:
        return ""
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    told = f"{', '.join(names[:MOST_NAMED])}{more}"
    return f"the sensor {sensor_name(source)} loads {told} again, unless you take away or replace what lies there"
