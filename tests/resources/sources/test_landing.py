import errno
import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from data_platform.demo.weather_api import WeatherApi
from data_platform.demo.weather_faults import Fault
from resources.sources import CsvFolder, JsonApi, LandingError, SourceBusy
from resources.sources.landing import Landing
from tests.resources.sources.conftest import Reader

COLUMNS = {"flight": "BIGINT"}
DAYS = [date(2013, 1, 1) + timedelta(days=n) for n in range(40)]

EXTRACT = """
import os, sys, time
from datetime import UTC, date, datetime
from pathlib import Path
from resources.sources import CsvFolder, ExtractRequest, JsonApi

fsync = os.fsync
os.fsync = lambda descriptor: (time.sleep(float(sys.argv[4])), fsync(descriptor))
source = {"csv": CsvFolder, "json": JsonApi}[sys.argv[1]].model_validate_json(sys.argv[2])
source.extract(ExtractRequest(Path(sys.argv[3]), {}, datetime.now(UTC), date(2013, 12, 31), None, print))
"""


def start(kind: str, source: CsvFolder | JsonApi, landing: Path, *, slow_seconds: float = 0) -> subprocess.Popen[bytes]:
    arguments = [kind, source.model_dump_json(), str(landing), str(slow_seconds)]
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(EXTRACT), *arguments])


def kill(process: subprocess.Popen[bytes]) -> None:
    assert process.poll() is None, "it ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()


def wait_until(happened: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.01)


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    for number, day in enumerate(DAYS):
        path = folder / f"flights_{day}.csv"
        path.write_text(f"flight\n{number}\n")
        os.utime(path, (0, 0))
    return folder


def test_a_killed_extraction_of_files_is_gone_on_with_and_lands_each_file_once(reader: Reader, drop: Path) -> None:
    source = CsvFolder(name="flights", folder=drop, pattern="flights_{date}.csv")
    process = start("csv", source, reader.landing, slow_seconds=0.05)
    wait_until(lambda: len(list(reader.landing.glob("flights/*.csv"))) >= 5, "five files landed")
    kill(process)
    before = {path: path.stat().st_mtime_ns for path in reader.landed_files("flights")}
    landed = reader.extract(source, COLUMNS)
    assert reader.rows(landed, COLUMNS) == [(number,) for number in range(len(DAYS))]
    assert len(reader.landed_files("flights")) == len(DAYS)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert reader.left_over() == []


def test_a_killed_extraction_of_an_api_does_not_fetch_landed_pages_again(reader: Reader) -> None:
    with WeatherApi(page_size_rows=5_000, faults=[Fault("stall", page=4, seconds=60)]) as api:
        source = JsonApi(name="weather", url=api.url)
        process = start("json", source, reader.landing)
        wait_until(lambda: len(api.requests) >= 4, "the fourth page was asked for")
        kill(process)
        landed = reader.extract(source, COLUMNS)
        fetched = [path.removeprefix("/weather?page=") for path, status in api.requests if status == 200]
        assert fetched == ["/weather", "2", "3", "4", "5", "6"]
        assert len(landed.files) == 6
    assert reader.left_over() == []


def test_a_second_extraction_waits_for_the_first_and_then_says_who_is_busy(reader: Reader, drop: Path) -> None:
    source = CsvFolder(name="flights", folder=drop, pattern="flights_{date}.csv", lock_wait_seconds=0.2)
    with (
        Landing.held(reader.landing, "flights", 1),
        pytest.raises(SourceBusy, match=r"^flights: another extraction of it has been running for 0.2 s"),
    ):
        reader.extract(source, COLUMNS)


def test_what_a_killed_process_left_is_removed_by_the_next(reader: Reader, drop: Path) -> None:
    left = reader.landing / "flights" / "0123.partial"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    reader.extract(CsvFolder(name="flights", folder=drop, pattern="flights_{date}.csv"), COLUMNS)
    assert reader.left_over() == []


def test_a_damaged_index_costs_only_time(reader: Reader, drop: Path) -> None:
    source = CsvFolder(name="flights", folder=drop, pattern="flights_{date}.csv")
    first = reader.extract(source, COLUMNS)
    for damage in ('{"flights_2013-01-01.csv": {"check', "[]", '{"flights_2013-01-01.csv": 7}'):
        (reader.landing / "flights" / "index.json").write_text(damage)
        assert reader.extract(source, COLUMNS).files == first.files
    assert len(reader.landed_files("flights")) == len(DAYS)


def test_an_alarm_that_raises_ends_an_extraction_that_waits_for_an_answer(reader: Reader) -> None:
    class DeadlineReached(Exception):
        pass

    def reach_deadline(*_: object) -> None:
        raise DeadlineReached

    former = signal.signal(signal.SIGALRM, reach_deadline)
    try:
        with WeatherApi(faults=[Fault("stall", seconds=60)]) as api:
            signal.setitimer(signal.ITIMER_REAL, 0.5)
            with pytest.raises(DeadlineReached):
                reader.extract(JsonApi(name="weather", url=api.url), COLUMNS)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
    assert reader.left_over() == []


FULL_DISK = """
import resource, sys
from datetime import UTC, date, datetime
from pathlib import Path
from resources.sources import CsvFolder, ExtractRequest, JsonApi, LandingError, SqlTable

kinds = {"csv_folder": CsvFolder, "json_api": JsonApi, "sql_table": SqlTable}
source = kinds[sys.argv[1]].model_validate_json(sys.argv[2])
request = ExtractRequest(Path(sys.argv[3]), {"flight": "BIGINT"}, datetime.now(UTC), date(2013, 12, 31), None, print)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
try:
    source.extract(request)
except LandingError as error:
    print(f"{error.code} {error}")
"""


def extract_on_a_full_disk(kind: str, declared: dict[str, str], landing: Path) -> list[str]:
    """Extracts where no file can grow over 20,000 bytes; what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, kind, json.dumps(declared), str(landing)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.splitlines()


@pytest.fixture
def large_sources(drop: Path, tmp_path: Path) -> Iterator[dict[str, dict[str, str]]]:
    """A source of each kind that does not fit, beside small files that do."""
    (drop / "flights_2013-01-20.csv").write_text("flight\n" + "1234567\n" * 10_000)
    os.utime(drop / "flights_2013-01-20.csv", (0, 0))
    database = tmp_path / "operational.db"
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE flights (flight INTEGER)")
    connection.executemany("INSERT INTO flights VALUES (?)", [(number,) for number in range(20_000)])
    connection.commit()
    connection.close()
    with WeatherApi() as api:
        yield {
            "csv_folder": {"name": "flights", "folder": str(drop), "pattern": "flights_{date}.csv"},
            "json_api": {"name": "flights", "url": api.url},
            "sql_table": {"name": "flights", "url": f"sqlite:///{database}", "table": "flights"},
        }


@pytest.mark.parametrize("kind", ["csv_folder", "json_api", "sql_table"])
def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(
    large_sources: dict[str, dict[str, str]], tmp_path: Path, kind: str
) -> None:
    lines = extract_on_a_full_disk(kind, large_sources[kind], tmp_path / "landing")
    assert len(lines) == 1
    assert lines[0].startswith(f"{errno.EFBIG} flights: cannot write to the landing folder")
    assert list(tmp_path.glob("landing/**/*.partial")) == []
    assert all(path.stat().st_size < 1_000 for path in tmp_path.glob("landing/**/*.csv"))


def test_with_room_again_an_extraction_goes_on(
    reader: Reader, large_sources: dict[str, dict[str, str]], drop: Path
) -> None:
    extract_on_a_full_disk("csv_folder", large_sources["csv_folder"], reader.landing)
    before = {path: path.stat().st_ino for path in reader.landed_files("flights")}
    assert len(before) == 19
    landed = reader.extract(CsvFolder(name="flights", folder=drop, pattern="flights_{date}.csv"), COLUMNS)
    assert len(reader.rows(landed, COLUMNS)) == len(DAYS) - 1 + 10_000
    assert {path: path.stat().st_ino for path in before} == before


def test_a_landing_folder_that_cannot_be_made_is_named(reader: Reader, drop: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    reader.landing = tmp_path / "file" / "landing"
    with pytest.raises(LandingError, match=r"^flights: cannot write to the landing folder .*: Not a directory"):
        reader.extract(CsvFolder(name="flights", folder=drop, pattern="flights_{date}.csv"), COLUMNS)
