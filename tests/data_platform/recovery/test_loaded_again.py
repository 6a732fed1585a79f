"""What an undo says of the files that its days came from: the sensor's own choice, and nothing where it has none."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from data_platform.connections import lakehouse_of
from data_platform.recovery.loaded_again import loaded_again
from data_platform.recovery.subjects import Subjects
from data_platform.settings import Settings
from resources.lakehouse import LakehouseResource, TableName

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAYS = tuple(date(2013, 1, number) for number in range(1, 6))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, today=DAYS[-2])


@pytest.fixture
def lakehouse(settings: Settings) -> Iterator[LakehouseResource]:
    lakehouse = lakehouse_of(settings)
    yield lakehouse
    lakehouse.close()


def told(settings: Settings, lakehouse: LakehouseResource, days: tuple[date, ...] | None, table: str) -> str:
    declared = Subjects(settings).sources[TableName.parse(table)]
    with lakehouse.connection() as connection:
        return loaded_again(connection, declared, settings, days, NOON)


def test_the_files_of_the_days_are_named_up_to_the_sources_date(
    settings: Settings, lakehouse: LakehouseResource
) -> None:
    settings.drop_folder.mkdir(parents=True)
    for day in DAYS:
        file = settings.drop_folder / f"flights_{day}.csv"
        file.write_text("year\n2013\n")
        os.utime(file, (1, 1))
    of_all = told(settings, lakehouse, None, "raw.flights")
    assert of_all.startswith(
        "the sensor flights_drop_folder loads flights_2013-01-01.csv, flights_2013-01-02.csv, flights_2013-01-03.csv "
        "and 1 more again, unless "
    )
    of_two = told(settings, lakehouse, (DAYS[2], DAYS[4]), "raw.flights")
    assert of_two.startswith("the sensor flights_drop_folder loads flights_2013-01-03.csv again, unless ")


def test_nothing_is_said_where_no_folder_is_or_no_sensor_looks(
    settings: Settings, lakehouse: LakehouseResource
) -> None:
    assert told(settings, lakehouse, None, "raw.flights") == ""
    assert told(settings, lakehouse, None, "raw.airlines") == ""
