"""A file that is still being written is waited for; one that was cut is refused."""

import threading
import time
from pathlib import Path

import pytest

from resources.sources import CsvFolder, SourceFormatError, SourceUnavailable
from tests.resources.sources.conftest import Reader
from tests.resources.sources.csv_folder.flights import COLUMNS, DAY, GOOD, compressed, deliver, refused


@pytest.mark.parametrize("ending", [".csv.gz", ".csv.zip"])
def test_a_truncated_archive_is_refused(reader: Reader, drop: Path, ending: str) -> None:
    source = CsvFolder(name="flights", folder=drop, pattern=f"flights_{{date}}{ending}")
    deliver(drop, compressed(GOOD * 100, ending)[:-30], end=ending)
    error = refused(reader, source, SourceFormatError)
    assert "does not decompress" in str(error)
    assert error.file == f"flights_2013-01-01{ending}"
    assert reader.landed_files("flights") == []


def test_an_empty_file_is_refused(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, "")
    assert "it is empty" in str(refused(reader, source, SourceFormatError))


def test_a_file_cut_in_its_last_line_is_refused(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, "flight,tailnum,delay\n1,N1,5\n2,N2,1")
    assert "its last line has no end" in str(refused(reader, source, SourceFormatError))


def test_a_source_may_declare_that_its_last_line_has_no_end(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, "flight,tailnum,delay\n1,N1,5")
    declared = source.model_copy(update={"final_newline": False})
    assert reader.rows(reader.extract(declared, COLUMNS, DAY), COLUMNS) == [(1, "N1", 5)]


def test_a_file_still_being_written_is_waited_for_with_one_log_line(
    reader: Reader, drop: Path, source: CsvFolder
) -> None:
    path = deliver(drop, GOOD, age_seconds=0)

    def write_on() -> None:
        for flight in range(3, 8):
            time.sleep(0.1)
            with path.open("a") as file:
                file.write(f"{flight},N{flight},0\n")

    writer = threading.Thread(target=write_on)
    writer.start()
    landed = reader.extract(source, COLUMNS, DAY)
    writer.join()
    assert len(reader.rows(landed, COLUMNS)) == 7
    assert len(reader.lines) == 1
    assert reader.lines[0].startswith("flights: flights_2013-01-01.csv may still be being written")


def test_a_file_whose_last_line_comes_late_is_waited_for(reader: Reader, drop: Path, source: CsvFolder) -> None:
    path = deliver(drop, "flight,tailnum,delay\n1,N1,5\n2,N2", age_seconds=1)

    def finish() -> None:
        with path.open("a") as file:
            file.write("2,7\n")

    timer = threading.Timer(0.4, finish)
    timer.start()
    landed = reader.extract(source, COLUMNS, DAY)
    timer.join()
    assert reader.rows(landed, COLUMNS) == [(1, "N1", 5), (2, "N22", 7)]
    assert len(reader.lines) == 1


def test_a_file_that_never_settles_is_left_for_later(reader: Reader, drop: Path, source: CsvFolder) -> None:
    path = deliver(drop, GOOD, age_seconds=0)
    stop = threading.Event()

    def write_on() -> None:
        while not stop.wait(0.05):
            with path.open("a") as file:
                file.write("3,N3,0\n")

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        error = refused(reader, source, SourceUnavailable)
    finally:
        stop.set()
        writer.join()
    assert "still being written after a wait of 1.5 s" in str(error)


def test_a_file_with_a_time_in_the_future_is_watched_instead(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, GOOD, age_seconds=-3600)
    assert len(reader.rows(reader.extract(source, COLUMNS, DAY), COLUMNS)) == 2
