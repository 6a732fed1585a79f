"""Assets whose worker is killed with signal 9 while it works, for a daemon of chaos's own; loaded by its code server.

The first is killed for as long as it works as a whole, as the kernel does with what takes too much memory.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from data_platform.chaos.killed_workers import JOBS, SIDE_EFFECTS, TOO_LARGE, TWICE, WHILE_BUILDING
from data_platform.chaos.small_asset import select_of, small_asset
from data_platform.connections import lakehouse_resource
from data_platform.settings import load_settings
from escalation_sensors import current_tuning, escalate
from resources.lakehouse import LakehouseResource


def die() -> None:
    """As the kernel ends a process: nothing can be caught, nothing is cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)


def too_large(_lakehouse: LakehouseResource) -> str:
    """Killed unless it works in batches."""
    if current_tuning().batches == 1:
        die()
    return select_of()


def while_building(lakehouse: LakehouseResource) -> str:
    """Killed once, in the middle of a transaction of the lakehouse."""
    marker = Path(os.environ["DAGSTER_HOME"]) / "was-killed"
    if not marker.exists():
        marker.touch()
        with lakehouse.connection() as connection:
            connection.execute("BEGIN TRANSACTION")
            connection.execute("CREATE SCHEMA half_built")
            die()
    return select_of()


def always(_lakehouse: LakehouseResource) -> str:
    """Killed however it works."""
    die()
    return select_of()


ASSETS = {
    TOO_LARGE: small_asset(TOO_LARGE, too_large),
    WHILE_BUILDING: small_asset(WHILE_BUILDING, while_building),
    TWICE: small_asset(TWICE, always),
    SIDE_EFFECTS: small_asset(SIDE_EFFECTS, always, tags={"escalation/side_effects": "true"}),
}

DEFINED = {name: dg.define_asset_job(JOBS[name], [asset]) for name, asset in ASSETS.items()}


@dg.sensor(
    name="chaos_start",
    jobs=list(DEFINED.values()),
    minimum_interval_seconds=1,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def start() -> Iterator[dg.RunRequest]:
    """Launch each job once."""
    for job in JOBS.values():
        yield dg.RunRequest(run_key=job, job_name=job)


defs = escalate(
    dg.Definitions(
        assets=list(ASSETS.values()),
        jobs=list(DEFINED.values()),
        sensors=[start],
        resources={"lakehouse": lakehouse_resource(load_settings())},
        executor=dg.in_process_executor,
    )
)
