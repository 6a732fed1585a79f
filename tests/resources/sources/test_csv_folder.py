import gzip
import io
import os
import threading
import time
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from resources.sources import (
    CsvFolder,
    SourceError,
    SourceFormatError,
    SourceSchemaError,
    SourceUnavailable,
    SourceValueError,
    typed_select,
    verify_landed,
)
from tests.resources.sources.conftest import Reader

COLUMNS = {"flight": "BIGINT", "tailnum": "VARCHAR", "delay": "BIGINT"}
DAY = date(2013, 1, 1)
NEXT_DAY = date(2013, 1, 2)
GOOD = "flight,tailnum,delay\n1,N1,5\n2,NA,NA\n"


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


@pytest.fixture
def source(drop: Path) -> CsvFolder:
    return CsvFolder(name="flights", folder=drop, pattern="flights_{date}.csv", settle_seconds=0.3, wait_seconds=1.5)


def deliver(folder: Path, text: str | bytes, day: date = DAY, *, age_seconds: float = 3600, end: str = ".csv") -> Path:
    path = folder / f"flights_{day}{end}"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    at = time.time() - age_seconds
    os.utime(path, (at, at))
    return path


def refused(
    reader: Reader, source: CsvFolder, kind: type[SourceError], *days: date, columns: dict[str, str] = COLUMNS
) -> SourceError:
    with pytest.raises(kind) as caught:
        reader.rows(reader.extract(source, columns, *(days or (DAY,))), columns)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("flights: ")
    assert reader.left_over() == []
    return caught.value


def test_a_day_is_landed_unchanged_and_read_with_declared_types(reader: Reader, drop: Path, source: CsvFolder) -> None:
    delivered = deliver(drop, GOOD)
    landed = reader.extract(source, COLUMNS, DAY)
    assert landed.files[0].path.read_bytes() == delivered.read_bytes()
    assert reader.rows(landed, COLUMNS) == [(1, "N1", 5), (2, None, None)]
    assert (landed.files[0].origin, landed.files[0].partition, landed.high_water_mark) == (
        "flights_2013-01-01.csv",
        DAY,
        "2013-01-01",
    )
    assert landed.bytes == len(GOOD)


def test_each_row_says_its_file_its_load_and_its_day(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, GOOD)
    deliver(drop, GOOD.replace("N1", "N9"), NEXT_DAY)
    landed = reader.extract(source, COLUMNS, DAY, NEXT_DAY)
    declared = COLUMNS | {"_source_file": "VARCHAR", "_loaded_at": "TIMESTAMPTZ", "_partition": "DATE"}
    rows = reader.rows(landed, declared)
    assert (1, "N9", 5, "flights_2013-01-02.csv", landed.extracted_at, NEXT_DAY) in rows
    assert len(rows) == 4


def test_landing_the_same_file_twice_changes_nothing(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, GOOD)
    first = reader.extract(source, COLUMNS, DAY)
    second = reader.extract(source, COLUMNS, DAY)
    assert (first.changed, second.changed) == (True, False)
    assert first.files == second.files
    assert first.checksum == second.checksum
    assert len(reader.landed_files("flights")) == 1


def test_a_touched_file_with_the_same_bytes_is_no_change(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, GOOD)
    reader.extract(source, COLUMNS, DAY)
    deliver(drop, GOOD, age_seconds=60)
    assert not reader.extract(source, COLUMNS, DAY).changed
    assert len(reader.landed_files("flights")) == 1


def test_a_corrected_file_is_landed_beside_its_older_version(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, GOOD)
    before = reader.extract(source, COLUMNS, DAY)
    deliver(drop, GOOD.replace("5", "6"))
    after = reader.extract(source, COLUMNS, DAY)
    assert after.changed
    assert before.checksum != after.checksum
    assert before.files[0].path.read_text() == GOOD
    assert reader.rows(after, COLUMNS)[0] == (1, "N1", 6)


def test_a_landed_file_that_was_damaged_is_landed_again(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, GOOD)
    landed = reader.extract(source, COLUMNS, DAY)
    landed.files[0].path.write_text("")
    assert reader.rows(reader.extract(source, COLUMNS, DAY), COLUMNS) == [(1, "N1", 5), (2, None, None)]


def test_a_folder_without_dates_delivers_all_its_files(reader: Reader, drop: Path) -> None:
    source = CsvFolder(name="flights", folder=drop, pattern="flights_*.csv")
    deliver(drop, GOOD)
    deliver(drop, GOOD, NEXT_DAY)
    (drop / "other.csv").write_text("x\n")
    landed = reader.extract(source, COLUMNS)
    assert [file.origin for file in landed.files] == ["flights_2013-01-01.csv", "flights_2013-01-02.csv"]
    assert "_partition" not in typed_select(landed, COLUMNS)
    (drop / "flights_2013-01-02.csv").unlink()
    assert reader.extract(source, COLUMNS).changed


@pytest.mark.parametrize("ending", [".csv.gz", ".csv.zip"])
def test_a_compressed_file_is_kept_as_delivered_and_read(reader: Reader, drop: Path, ending: str) -> None:
    source = CsvFolder(name="flights", folder=drop, pattern=f"flights_{{date}}{ending}")
    delivered = deliver(drop, compressed(GOOD, ending), end=ending)
    landed = reader.extract(source, COLUMNS, DAY)
    assert reader.rows(landed, COLUMNS) == [(1, "N1", 5), (2, None, None)]
    assert [path.read_bytes() for path in reader.landed_files("flights", ending)] == [delivered.read_bytes()]


@pytest.mark.parametrize("ending", [".csv.gz", ".csv.zip"])
def test_a_truncated_archive_is_refused(reader: Reader, drop: Path, ending: str) -> None:
    source = CsvFolder(name="flights", folder=drop, pattern=f"flights_{{date}}{ending}")
    deliver(drop, compressed(GOOD * 100, ending)[:-30], end=ending)
    error = refused(reader, source, SourceFormatError)
    assert "does not decompress" in str(error)
    assert error.file == f"flights_2013-01-01{ending}"
    assert reader.landed_files("flights") == []


def test_a_zip_of_two_files_is_refused(reader: Reader, drop: Path) -> None:
    source = CsvFolder(name="flights", folder=drop, pattern="flights_{date}.csv.zip")
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a.csv", GOOD)
        archive.writestr("../../b.csv", GOOD)
    deliver(drop, data.getvalue(), end=".csv.zip")
    assert "it holds 2 files" in str(refused(reader, source, SourceFormatError))


def test_a_missing_day_is_named(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, GOOD)
    error = refused(reader, source, SourceUnavailable, DAY, NEXT_DAY)
    assert "flights_2013-01-02.csv" in str(error)
    assert "flights_2013-01-01.csv" not in str(error)


def test_a_missing_folder_is_named(reader: Reader, drop: Path, source: CsvFolder) -> None:
    drop.rmdir()
    assert f"cannot list the folder {drop}" in str(refused(reader, source, SourceUnavailable))


def test_an_empty_file_is_refused(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, "")
    assert "it is empty" in str(refused(reader, source, SourceFormatError))


def test_a_day_without_rows_is_a_day_without_rows(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, "flight,tailnum,delay\n")
    assert reader.rows(reader.extract(source, COLUMNS, DAY), COLUMNS) == []


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


def test_a_wrong_delimiter_is_named(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, GOOD.replace(",", ";"))
    assert "the delimiter seems to be ';', not ','" in str(refused(reader, source, SourceFormatError))
    declared = source.model_copy(update={"delimiter": ";"})
    assert len(reader.rows(reader.extract(declared, COLUMNS, DAY), COLUMNS)) == 2


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("flight,tailnum,late", "missing: 'delay'; not declared: 'late'"),
        ("flight,tailnum,delay,note", "not declared: 'note'"),
        ("flight,tailnum", "missing: 'delay'"),
        ("flight,delay,delay", "there twice: 'delay'; missing: 'tailnum'"),
        ("Flight,tailnum,delay", "missing: 'flight'; not declared: 'Flight'"),
        ("", "missing: 'flight', 'tailnum', 'delay'"),
        ('flight,tailnum,"delay""; DROP TABLE x"', """not declared: 'delay"; DROP TABLE x'"""),
    ],
)
def test_a_changed_header_is_refused_by_the_columns_names(
    reader: Reader, drop: Path, source: CsvFolder, header: str, said: str
) -> None:
    deliver(drop, f"{header}\n")
    error = refused(reader, source, SourceSchemaError)
    assert said in str(error)
    assert error.file == "flights_2013-01-01.csv"


def test_columns_in_another_order_are_read_by_name(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, GOOD)
    deliver(drop, "delay,flight,tailnum\n5,3,N3\n", NEXT_DAY)
    landed = reader.extract(source, COLUMNS, DAY, NEXT_DAY)
    assert reader.rows(landed, COLUMNS) == [(1, "N1", 5), (2, None, None), (3, "N3", 5)]


@pytest.mark.parametrize(
    ("value", "row"),
    [("late", 3), ("99999999999999999999", 3), ("3.7", 3), ("0x1F", 3), ('"NA"', 3), ('"two\nlines"', 4)],
)
def test_a_value_that_is_no_number_is_named_with_file_line_and_column(
    reader: Reader, drop: Path, source: CsvFolder, value: str, row: int
) -> None:
    deliver(drop, GOOD)
    deliver(drop, f"flight,tailnum,delay\n1,N1,5\n2,N2,{value}\n", NEXT_DAY)
    error = refused(reader, source, SourceValueError, DAY, NEXT_DAY)
    assert (error.source, error.file, error.row, error.column) == ("flights", "flights_2013-01-02.csv", row, "delay")
    assert repr(value.strip('"')) in str(error)


@pytest.mark.parametrize("line", ["2,N2", "2,N2,5,6", '2,"N2,5', '2,N"2"x,"5"y'])
def test_a_line_that_cannot_be_split_is_named(reader: Reader, drop: Path, source: CsvFolder, line: str) -> None:
    deliver(drop, f"flight,tailnum,delay\n1,N1,5\n{line}\n")
    error = refused(reader, source, SourceFormatError)
    assert error.file == "flights_2013-01-01.csv"
    assert error.row == 3


def test_text_that_is_not_utf_8_is_refused_with_its_line(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, b"flight,tailnum,delay\n1,N1,5\n2,N\xe9,5\n")
    error = refused(reader, source, SourceFormatError)
    assert "byte 0xe9 is not UTF-8" in str(error)
    assert error.row == 3


def test_a_byte_order_mark_is_no_part_of_a_name(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, b"\xef\xbb\xbf" + GOOD.encode())
    assert reader.rows(reader.extract(source, COLUMNS, DAY), COLUMNS)[0] == (1, "N1", 5)


def test_windows_line_ends_quotes_and_line_breaks_in_a_value_are_read(
    reader: Reader, drop: Path, source: CsvFolder
) -> None:
    deliver(drop, 'flight,tailnum,delay\r\n1,"N ""1"",\r\nx",5\r\n')
    assert reader.rows(reader.extract(source, COLUMNS, DAY), COLUMNS) == [(1, 'N "1",\r\nx', 5)]


def test_a_symbolic_link_out_of_the_folder_is_refused(
    reader: Reader, drop: Path, source: CsvFolder, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(GOOD)
    (drop / "flights_2013-01-01.csv").symlink_to(secret)
    assert "symbolic link" in str(refused(reader, source, SourceUnavailable))
    assert reader.landed_files("flights") == []
    assert source.scan(datetime.now(UTC) + timedelta(hours=1)) == ()


def test_a_named_pipe_does_not_hang_an_extraction(reader: Reader, drop: Path, source: CsvFolder) -> None:
    os.mkfifo(drop / "flights_2013-01-01.csv")
    assert "not a regular file" in str(refused(reader, source, SourceUnavailable))


def test_a_folder_in_the_place_of_a_file_is_named(reader: Reader, drop: Path, source: CsvFolder) -> None:
    (drop / "flights_2013-01-01.csv").mkdir()
    assert "not a regular file" in str(refused(reader, source, SourceUnavailable))


def test_bytes_that_are_no_text_are_refused(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, b"\0" * 200_000 + b"\n")
    assert "does not begin with a CSV header" in str(refused(reader, source, SourceFormatError))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, GOOD).chmod(0)
    assert "Permission denied" in str(refused(reader, source, SourceUnavailable))


@pytest.mark.parametrize("pattern", ["../flights_{date}.csv", "/etc/passwd", "a/{date}.csv", "{day}.csv", "", ".x"])
def test_a_pattern_that_leaves_the_folder_cannot_be_declared(drop: Path, pattern: str) -> None:
    with pytest.raises(ValidationError):
        CsvFolder(name="flights", folder=drop, pattern=pattern)


@pytest.mark.parametrize("name", ["../flights", "Flights", 'a"b', "a b", ""])
def test_a_source_with_a_dangerous_name_cannot_be_declared(drop: Path, name: str) -> None:
    with pytest.raises(ValidationError):
        CsvFolder(name=name, folder=drop, pattern="x.csv")


def test_quotes_and_brackets_in_folder_file_and_column_names_do_nothing(reader: Reader, tmp_path: Path) -> None:
    drop = tmp_path / "it's [a] *drop*"
    drop.mkdir()
    reader.landing = tmp_path / "land'ing [1] *"
    (drop / "x'; DROP TABLE y;--.csv").write_text('"a""; DROP TABLE y"\n1\n')
    columns = {'a"; DROP TABLE y': "BIGINT"}
    source = CsvFolder(name="flights", folder=drop, pattern="*.csv", settle_seconds=0)
    landed = reader.extract(source, columns)
    assert verify_landed(reader.connection, landed, columns) == {"x'; DROP TABLE y;--.csv": 1}
    assert reader.connection.execute(typed_select(landed, columns)).fetchall()[0][:2] == (1, "x'; DROP TABLE y;--.csv")


def test_another_date_format_can_be_declared(reader: Reader, drop: Path) -> None:
    source = CsvFolder(name="flights", folder=drop, pattern="f{date:%Y%m%d}.csv", settle_seconds=0)
    (drop / "f20130101.csv").write_text(GOOD)
    assert reader.extract(source, COLUMNS, DAY).files[0].partition == DAY


def compressed(text: str, ending: str) -> bytes:
    if ending.endswith("gz"):
        return gzip.compress(text.encode())
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("flights.csv", text)
    return data.getvalue()
