"""A platform in a scratch home, filled with the demo, whose jobs run in this process: what the flight benchmarks time."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg

from data_platform.assets.partitions import range_tags
from data_platform.definitions import build_definitions
from data_platform.demo.seed import seed_demo
from data_platform.settings import Settings

FLIGHTS = (dg.AssetKey(["raw", "flights"]), dg.AssetKey(["core", "flight"]))


@dataclass(frozen=True)
class ScratchPlatform:
    """The settings, definitions and Dagster instance of one scratch home."""

    settings: Settings
    definitions: dg.Definitions
    instance: dg.DagsterInstance

    def materialize(self, keys: tuple[dg.AssetKey, ...], first: date | None = None, last: date | None = None) -> dg.ExecuteInProcessResult:
        """Materializes some assets in this process, for a range of days if one is given."""
        job = self.definitions.resolve_job_def("materialize_everything")
        return job.execute_in_process(
            instance=self.instance, asset_selection=list(keys), tags=range_tags(first, last) if first and last else {}
        )


@contextmanager
def scratch_platform() -> Iterator[ScratchPlatform]:
    """A seeded platform whose unpartitioned sources and dimensions that flights need are materialized."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        settings = Settings(home=Path(folder))
        seed_demo(settings.drop_folder, settings.operational_database_url)
        with dg.DagsterInstance.local_temp(str(settings.dagster_home)) as instance:
            yield ScratchPlatform(settings, build_definitions(settings), instance)
