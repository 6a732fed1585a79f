"""A run of the table of `two schedules that overlap` in a process of its own, as another schedule's worker makes it."""

import os
import time
from pathlib import Path

import dagster as dg

from data_platform.chaos.other_process import READY
from data_platform.chaos.scratch import QUIET
from data_platform.chaos.small_asset import select_of, small_asset
from data_platform.connections import lakehouse_of
from data_platform.settings import Settings
from escalation_sensors import escalate
from resources.lakehouse import LakehouseResource

OVERLAPPING = "two schedules that overlap"
HOME_VARIABLE = "CHAOS_HOME"
WORK_SECONDS = 5.0


def work(_lakehouse: LakehouseResource) -> str:
    """Says that it has begun, and works for a while."""
    print(READY, flush=True)  # noqa: T201 - whoever started it waits for this line
    time.sleep(WORK_SECONDS)
    return select_of()


def main() -> None:
    """Run it in the home that the environment names."""
    lakehouse = lakehouse_of(Settings(home=Path(os.environ[HOME_VARIABLE])))
    asset = small_asset(OVERLAPPING, work)
    escalate(dg.Definitions(assets=[asset]))
    with dg.DagsterInstance.get() as instance:
        tags = {"dagster/schedule_name": "hourly"}
        dg.materialize([asset], instance=instance, resources={"lakehouse": lakehouse}, tags=tags, run_config=QUIET)
    lakehouse.close()


if __name__ == "__main__":
    main()
