import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from resources.sources import CsvFolder, SourceUnavailable, arrivals
from tests.resources.sources.conftest import Reader

COLUMNS = {"flight": "BIGINT"}
DAYS = [date(2013, 1, day) for day in (1, 2, 3)]


@pytest.fixture
def source(tmp_path: Path) -> CsvFolder:
    folder = tmp_path / "drop"
    folder.mkdir()
    for day in DAYS:
        deliver(folder, day, "flight\n1\n")
    return CsvFolder(name="flights", folder=folder, pattern="flights_{date}.csv")


def deliver(folder: Path, day: date, text: str, *, age_seconds: float = 100) -> None:
    path = folder / f"flights_{day}.csv"
    path.write_text(text)
    os.utime(path, (time.time() - age_seconds,) * 2)


def test_a_scan_shows_the_days_of_the_folder_and_nothing_else(source: CsvFolder) -> None:
    for stranger in ("flights_2013-1-4.csv", "flights_2013-02-30.csv", "flights_.csv", ".flights_2013-01-04.csv", "x"):
        (source.folder / stranger).write_text("flight\n")
    (source.folder / "flights_2013-01-05.csv").mkdir()
    assert [file.partition for file in source.scan(datetime.now(UTC) + timedelta(hours=1))] == DAYS


def test_a_file_that_is_still_being_written_is_not_shown_yet(source: CsvFolder) -> None:
    deliver(source.folder, DAYS[2], "flight\n1", age_seconds=0)
    assert [file.partition for file in source.scan(datetime.now(UTC))] == DAYS[:2]


def test_every_day_is_new_before_the_first_load(source: CsvFolder) -> None:
    assert {arrival.kind for arrival in arrivals(source.scan(datetime.now(UTC)), {})} == {"new"}


def test_a_loaded_day_is_no_news_until_its_bytes_change(source: CsvFolder, reader: Reader) -> None:
    landed = reader.extract(source, COLUMNS, *DAYS)
    loaded = {file.partition: file.checksum for file in landed.files if file.partition}
    assert arrivals(source.scan(datetime.now(UTC)), loaded) == ()
    deliver(source.folder, DAYS[1], "flight\n1\n", age_seconds=50)
    assert arrivals(source.scan(datetime.now(UTC)), loaded) == ()
    deliver(source.folder, DAYS[1], "flight\n2\n", age_seconds=50)
    assert [(news.file.partition, news.kind) for news in arrivals(source.scan(datetime.now(UTC)), loaded)] == [
        (DAYS[1], "changed")
    ]


def test_a_day_before_the_latest_loaded_one_is_late(source: CsvFolder, reader: Reader) -> None:
    landed = reader.extract(source, COLUMNS, DAYS[1])
    news = arrivals(source.scan(datetime.now(UTC)), {DAYS[1]: landed.files[0].checksum})
    assert [(item.file.partition, item.kind) for item in news] == [(DAYS[0], "late"), (DAYS[2], "new")]


def test_a_scan_knows_landed_versions_without_reading_them(source: CsvFolder, reader: Reader) -> None:
    reader.extract(source, COLUMNS, *DAYS)
    deliver(source.folder, DAYS[0], "flight\n3\n")
    known = [file.known_checksum is not None for file in source.scan(datetime.now(UTC), reader.landing)]
    assert known == [False, True, True]


def test_a_correction_that_keeps_size_and_time_of_modification_is_still_noticed(
    source: CsvFolder, reader: Reader
) -> None:
    first = reader.extract(source, COLUMNS, DAYS[0])
    path = source.folder / "flights_2013-01-01.csv"
    times = path.stat()
    path.write_text("flight\n7\n")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert source.scan(datetime.now(UTC), reader.landing)[0].checksum != first.files[0].checksum
    assert reader.rows(reader.extract(source, COLUMNS, DAYS[0]), COLUMNS) == [(7,)]


def test_a_scan_of_a_missing_folder_names_it(source: CsvFolder, tmp_path: Path) -> None:
    gone = source.model_copy(update={"folder": tmp_path / "gone"})
    with pytest.raises(SourceUnavailable, match=r"flights: cannot list the folder .*/gone: No such file"):
        gone.scan(datetime.now(UTC))
