"""A run of an experiment's source in a process of its own, beside the experiment's: as another worker makes it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from data_platform.assets.source_assets import DeclaredSource, source_asset
from data_platform.chaos.orders import Orders, identifier
from data_platform.chaos.other_process import SHORT_BUDGET_SECONDS
from data_platform.chaos.scratch import QUIET, TODAY, Scratch
from data_platform.connections import lakehouse_of
from data_platform.settings import CHECKOUT, Settings
from escalation_sensors import escalate
from resources.sources import JsonApi

PATIENCE_SECONDS, LOOK_SECONDS = 60.0, 0.05


@dataclass(frozen=True)
class OtherRun:
    """The other run."""

    process: subprocess.Popen[bytes]

    def is_under_way(self, it_has_begun: Callable[[], bool]) -> None:
        """Wait until it has begun, and long enough that it is known to be at work.

        Raises:
            RuntimeError: it did not begin.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        while not it_has_begun():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the other run did not begin")
            time.sleep(LOOK_SECONDS)

    def has_ended_well(self) -> None:
        """Wait until it has published, too.

        Raises:
            RuntimeError: it failed.
        """
        if self.process.wait(timeout=PATIENCE_SECONDS) != 0:
            raise RuntimeError("the other run failed")


def paced_orders(scratch: Scratch | None, name: str, url: str, settings: Settings | None = None) -> dg.AssetsDefinition:
    """The platform's asset of an experiment's API, impatient with whoever extracts from it already."""
    source = JsonApi(name=identifier(name), url=url, timeout_seconds=30.0, lock_wait_seconds=0.3)
    declared = DeclaredSource(source, Orders, description="Chaos.", owners=("team:chaos",))
    if scratch is not None:
        scratch.subjects.added_sources[declared.table] = declared
    known = scratch.settings if scratch is not None else settings or Settings()
    asset = source_asset(declared, None, landing=known.landing_path, today=TODAY)
    tags = {"escalation/budget_seconds": f"{SHORT_BUDGET_SECONDS:g}"}
    return asset.map_asset_specs(lambda spec: spec.merge_attributes(tags=tags))


@contextmanager
def other_extraction(scratch: Scratch, name: str, url: str) -> Iterator[OtherRun]:
    """Run the same asset in another process; it is ended with the block."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-m", __name__, str(scratch.settings.home), name, url]
    with subprocess.Popen(command, env=environment) as process:
        try:
            yield OtherRun(process)
        finally:
            process.kill()


def main() -> None:
    """Run it in the home, under the name and from the address that are given."""
    home, name, url = sys.argv[1:]
    settings = Settings(home=Path(home), today=TODAY)
    asset = paced_orders(None, name, url, settings)
    escalate(dg.Definitions(assets=[asset]))
    lakehouse = lakehouse_of(settings)
    with dg.DagsterInstance.get() as instance:
        done = dg.materialize([asset], instance=instance, resources={"lakehouse": lakehouse}, run_config=QUIET)
    lakehouse.close()
    sys.exit(0 if done.success else 1)


if __name__ == "__main__":
    main()
