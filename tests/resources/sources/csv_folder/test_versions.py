"""What is delivered is landed unchanged, each version of it beside the others, and read by the day."""

from pathlib import Path

import pytest

from resources.sources import CsvFolder, SourceUnavailable, typed_select
from tests.resources.sources.conftest import Reader
from tests.resources.sources.csv_folder.flights import COLUMNS, DAY, GOOD, NEXT_DAY, compressed, deliver, refused


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


def test_a_missing_day_is_named(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, GOOD)
    error = refused(reader, source, SourceUnavailable, DAY, NEXT_DAY)
    assert "flights_2013-01-02.csv" in str(error)
    assert "flights_2013-01-01.csv" not in str(error)


def test_a_missing_folder_is_named(reader: Reader, drop: Path, source: CsvFolder) -> None:
    drop.rmdir()
    assert f"cannot list the folder {drop}" in str(refused(reader, source, SourceUnavailable))


def test_another_date_format_can_be_declared(reader: Reader, drop: Path) -> None:
    source = CsvFolder(name="flights", folder=drop, pattern="f{date:%Y%m%d}.csv", settle_seconds=0)
    (drop / "f20130101.csv").write_text(GOOD)
    assert reader.extract(source, COLUMNS, DAY).files[0].partition == DAY
