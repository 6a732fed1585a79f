"""What a daemon of chaos's own runs, loaded by its code server: workers that are killed, and schedules that overlap.

Workers are killed with signal 9 by a watch that looks at nothing but their memory, as a container's does.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from data_platform.chaos import plain_retries
from data_platform.chaos.memory_watch import ALLOWED_BYTES, HELD_SECONDS, NEEDED_BYTES, PATIENCE_SECONDS, watched
from data_platform.chaos.overlapping_schedules import ASSET as OVERLAPPING_ASSET
from data_platform.chaos.overlapping_schedules import DEFINED_JOB, schedules
from data_platform.chaos.served import KILLED_JOBS, SIDE_EFFECTS, TOO_LARGE, TWICE, WHILE_BUILDING
from data_platform.chaos.small_asset import select_of, small_asset, subject_of
from data_platform.connections import lakehouse_resource
from data_platform.settings import load_settings
from escalation_sensors import current_tuning, escalate
from resources.lakehouse import LakehouseResource


def too_large(_lakehouse: LakehouseResource) -> str:
    """Takes a lot of memory, a batch at a time, under a watch that allows less than all of it."""
    batches = current_tuning().batches
    with watched(ALLOWED_BYTES):
        for _ in range(min(batches, 2)):
            held = b"x" * (NEEDED_BYTES // batches)
            time.sleep(HELD_SECONDS)
            del held
    return select_of()


def while_building(lakehouse: LakehouseResource) -> str:
    """Killed once, in the middle of a transaction of the lakehouse."""
    marker = Path(os.environ["DAGSTER_HOME"]) / "was-killed"
    if not marker.exists():
        marker.touch()
        with lakehouse.connection() as connection:
            connection.execute("BEGIN TRANSACTION")
            connection.execute("CREATE SCHEMA half_built")
            with watched(0):
                time.sleep(PATIENCE_SECONDS)
    return select_of()


def always(_lakehouse: LakehouseResource) -> str:
    """Killed however it works: it has more memory than it may even before it begins."""
    with watched(0):
        time.sleep(PATIENCE_SECONDS)
    return select_of()


ASSETS = {
    TOO_LARGE: small_asset(TOO_LARGE, too_large),
    WHILE_BUILDING: small_asset(WHILE_BUILDING, while_building),
    TWICE: small_asset(TWICE, always),
    SIDE_EFFECTS: small_asset(SIDE_EFFECTS, always, tags={"escalation/side_effects": "true"}),
}

if plain_retries.are_wanted():
    plain_retries.take_away_remedies()

DEFINED = {name: dg.define_asset_job(KILLED_JOBS[name], [asset]) for name, asset in ASSETS.items()}


@dg.sensor(
    name="chaos_start",
    jobs=list(DEFINED.values()),
    minimum_interval_seconds=1,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def start() -> Iterator[dg.RunRequest]:
    """Launch each job once."""
    for job in KILLED_JOBS.values():
        yield dg.RunRequest(run_key=job, job_name=job)


defs = escalate(
    dg.Definitions(
        assets=[*ASSETS.values(), OVERLAPPING_ASSET],
        jobs=[*DEFINED.values(), DEFINED_JOB],
        schedules=schedules([subject_of(name) for name in KILLED_JOBS]),
        sensors=[start],
        resources={"lakehouse": lakehouse_resource(load_settings())},
        executor=dg.in_process_executor,
    )
)
