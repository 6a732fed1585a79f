"""This platform's own definitions, with its own policy file, for one day of the demo's data: in the scratch home.

Its ledger and Dagster instance are the experiments'; its lakehouse is its own. Opened by the first that asks.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg

from data_platform.assets.partitions import range_tags
from data_platform.chaos.experiment import Rows, Shown
from data_platform.chaos.scratch import QUIET, Scratch, rows_in
from data_platform.connections import lakehouse_of
from data_platform.definitions import build_definitions
from data_platform.demo.drop_folder import deliver_late, file_name
from data_platform.demo.operational_database import seed_operational_database
from data_platform.demo.weather_api import WeatherApi
from data_platform.materialization.quarantine import quarantine_name
from data_platform.settings import Settings
from resources.lakehouse import LakehouseResource, TableName

DAY = date(2013, 1, 1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_OPENED: dict[Path, "OwnPlatform"] = {}


@dataclass(frozen=True)
class OwnPlatform:
    """The platform as it is, and the parties that it reads from."""

    settings: Settings
    definitions: dg.Definitions
    instance: dg.DagsterInstance
    lakehouse: LakehouseResource
    weather: WeatherApi

    @property
    def flights_file(self) -> Path:
        """The day's file in the drop folder."""
        return self.settings.drop_folder / file_name(DAY)

    def load(self, table: TableName) -> bool:
        """Run the platform's own job for one of its tables, for the day; whether it ended well."""
        job = self.definitions.resolve_job_def("materialize_everything")
        result = job.execute_in_process(
            instance=self.instance,
            asset_selection=[dg.AssetKey([table.schema, table.table])],
            tags=range_tags(DAY, DAY),
            run_config=QUIET,
            raise_on_error=False,
        )
        return result.success

    def rows(self, table: TableName, columns: Sequence[str]) -> Rows:
        """What readers see of a table."""
        return rows_in(self.lakehouse, table, columns)

    def shown(
        self,
        table: TableName,
        columns: Sequence[str],
        *,
        succeeded: bool,
        truth: Rows,
        before: Rows,
        may_be_set_aside: Rows | None = None,
    ) -> Shown:
        """What is to be seen now, by some columns of each row."""
        return Shown(
            (f"asset:{table.schema}/{table.table}",),
            succeeded,
            truth=truth,
            before=before,
            after=self.rows(table, columns),
            set_aside=self.rows(quarantine_name(table), columns),
            may_be_set_aside=Rows() if may_be_set_aside is None else may_be_set_aside,
            note="the platform's own definitions, with escalation.yaml",
        )


def own_platform(scratch: Scratch) -> OwnPlatform:
    """The platform, opened until the end of all."""
    scratch.keep_open("own platform", _opened)
    return _OPENED[scratch.settings.home]


@contextmanager
def _opened(scratch: Scratch) -> Iterator[None]:
    with WeatherApi() as weather:
        home = scratch.settings.home
        settings = Settings(home=home / "own", today=DAY, weather_api_url=weather.address)
        settings.drop_folder.mkdir(parents=True)
        deliver_late(settings.drop_folder, DAY, LONG_AGO)
        seed_operational_database(settings.operational_database_url)
        lakehouse = lakehouse_of(settings)
        _OPENED[home] = OwnPlatform(settings, build_definitions(settings), scratch.instance, lakehouse, weather)
        try:
            yield
        finally:
            del _OPENED[home]
            lakehouse.close()
