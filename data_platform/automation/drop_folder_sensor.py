"""The sensor on a drop folder: new files, late files, and files that changed after they were loaded."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg

from data_platform.assets.partitions import FIRST_DAY, range_tags
from data_platform.materialization.load_record import LOADS, loaded_checksums
from resources.lakehouse import LakehouseResource, table_exists
from resources.sources import Arrival, CsvFolder, DropFile, arrivals

INTERVAL_SECONDS = 15
MOST_NAMED = 3
"""Entries of the folder that one line names."""


def drop_folder_sensor(source: CsvFolder, job_name: str, today: date, landing: Path) -> dg.SensorDefinition:
    """Requests the days whose file is not the one that was last loaded; days without a gap between them in one run.

    A file is asked for once: its checksum stays in the cursor until that day is loaded as it lies there, so a day
    whose load fails waits for a corrected file.
    """
    asset = dg.AssetKey(["raw", source.name])

    @dg.sensor(
        name=sensor_name(source),
        job_name=job_name,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Loads new, late and changed files of {source.name}.",
    )
    def look(context: dg.SensorEvaluationContext, lakehouse: LakehouseResource) -> dg.SensorResult | dg.SkipReason:
        with lakehouse.connection() as connection:
            if not table_exists(connection, LOADS):
                return dg.SkipReason("nothing was loaded yet: the first materialization takes the whole folder")
            loaded = loaded_checksums(connection, source.name)
        asked: dict[str, str] = json.loads(context.cursor or "{}")
        # What was landed before need not be read again to know its checksum.
        found = source.scan(datetime.now(UTC), landing)
        files = loadable(found, today)
        others = len(found) - len(files)
        left = f"; {others} of days before {FIRST_DAY} or after {today} are left alone" if others else ""
        if strangers := source.strangers():
            named = ", ".join(map(repr, strangers[:MOST_NAMED]))
            left += f"; {len(strangers)} are no file {source.pattern}, such as {named}"
        news = arrivals(files, loaded)
        asked = still_asked_for(news, asked)
        wanted = not_asked_for(news, asked)
        if not wanted:
            waiting = f"; {len(asked)} were asked for and are not loaded: see their runs" if asked else ""
            reason = f"{len(files)} files, none new, late or changed{waiting}{left}"
            return dg.SensorResult(skip_reason=reason, cursor=json.dumps(asked))
        for day, arrival in wanted.items():
            context.log.info(f"{source.name}: {arrival.kind} file {arrival.file.path.name} for {day}")
        # No run key: a file that goes back to an earlier content is loaded again.
        # The cursor keeps it from being asked for twice.
        requests = [
            dg.RunRequest(tags=range_tags(days[0], days[-1]), asset_selection=[asset])
            for days in without_gaps(list(wanted))
        ]
        asked |= {day.isoformat(): arrival.file.checksum for day, arrival in wanted.items()}
        return dg.SensorResult(run_requests=requests, cursor=json.dumps(asked))

    return look


def sensor_name(source: CsvFolder) -> str:
    """The name of a source's sensor."""
    return f"{source.name}_drop_folder"


def loadable(files: Sequence[DropFile], today: date) -> list[DropFile]:
    """The files of the days that the platform knows."""
    return [file for file in files if FIRST_DAY <= (file.partition or date.min) <= today]


def still_asked_for(news: Sequence[Arrival], asked: Mapping[str, str]) -> dict[str, str]:
    """What was asked for and is news still. A day that was loaded may be asked for again, whatever comes then."""
    days = {arrival.file.partition.isoformat() for arrival in news if arrival.file.partition}
    return {day: checksum for day, checksum in asked.items() if day in days}


def not_asked_for(found: Sequence[Arrival], asked: Mapping[str, str]) -> dict[date, Arrival]:
    """The arrivals that were not asked for as they are now, by day, in the order of the days."""
    wanted = {
        arrival.file.partition: arrival
        for arrival in found
        if arrival.file.partition and asked.get(arrival.file.partition.isoformat()) != arrival.file.checksum
    }
    return dict(sorted(wanted.items()))


def without_gaps(days: Sequence[date]) -> Iterator[list[date]]:
    """Splits days, in order, where one is missing: each part can be loaded by one run."""
    part: list[date] = []
    for day in days:
        if part and day - part[-1] > timedelta(days=1):
            yield part
            part = []
        part.append(day)
    if part:
        yield part
