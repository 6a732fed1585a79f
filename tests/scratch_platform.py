"""The whole platform in a scratch home, on the demo's data, its jobs run in this process. For tests and benchmarks."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from data_platform.assets.partitions import FIRST_DAY, range_tags
from data_platform.connections import lakehouse_of
from data_platform.definitions import build_definitions
from data_platform.demo.drop_folder import seed_drop_folder
from data_platform.demo.operational_database import seed_operational_database
from data_platform.demo.weather_api import WeatherApi
from data_platform.settings import Settings
from resources.lakehouse import LakehouseResource


@dataclass(frozen=True)
class ScratchPlatform:
    """One home: settings, definitions, Dagster instance, lakehouse, and the weather API that serves it."""

    settings: Settings
    definitions: dg.Definitions
    instance: dg.DagsterInstance
    lakehouse: LakehouseResource
    weather: WeatherApi

    def run(
        self,
        job: str,
        *,
        assets: Sequence[str] = (),
        days: tuple[date, date] | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """Runs a job in this process: of `assets` (`schema/table`) or all, for `days`, first and last included."""
        return self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            asset_selection=[dg.AssetKey(asset.split("/")) for asset in assets] or None,
            tags=range_tags(*days) if days else {},
            run_config=dict(config or {}),
            raise_on_error=False,
        )

    def materialize(self, *assets: str) -> dg.ExecuteInProcessResult:
        """Materializes `assets`, or all, for all days up to the sources' date."""
        return self.run("materialize_everything", assets=assets, days=(FIRST_DAY, self.settings.today))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query on the lakehouse."""
        with self.lakehouse.connection() as connection:
            return connection.execute(sql).fetchall()

    def value(self, sql: str) -> Any:
        """The first value of a query's only row."""
        ((value, *_),) = self.query(sql)
        return value


def errors_of(result: dg.ExecuteInProcessResult) -> list[str]:
    """The error of each failed step, in one line each."""
    return [
        " ".join(event.event_specific_data.error.to_string().split())  # type: ignore[union-attr]
        for event in result.all_events
        if event.event_type_value == "STEP_FAILURE"
    ]


@contextmanager
def scratch_platform(home: Path, today: date, **more: Any) -> Iterator[ScratchPlatform]:
    """A seeded platform of which nothing is materialized yet; `more` are further settings."""
    with WeatherApi() as weather:
        settings = Settings(home=home, today=today, weather_api_url=weather.address, **more)
        seed_drop_folder(settings.drop_folder)
        seed_operational_database(settings.operational_database_url)
        settings.dagster_home.mkdir(parents=True, exist_ok=True)
        lakehouse = lakehouse_of(settings)
        with dg.DagsterInstance.local_temp(str(settings.dagster_home)) as instance:
            yield ScratchPlatform(settings, build_definitions(settings), instance, lakehouse, weather)
        lakehouse.close()
    shutil.rmtree(home, ignore_errors=True)
