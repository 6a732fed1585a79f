"""Files, names and patterns that would lead out of the folder, or be taken for SQL."""

import io
import os
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from resources.sources import CsvFolder, SourceFormatError, SourceUnavailable, typed_select, verify_landed
from tests.resources.sources.conftest import Reader
from tests.resources.sources.csv_folder.flights import GOOD, deliver, refused


def test_a_zip_of_two_files_is_refused(reader: Reader, drop: Path) -> None:
    source = CsvFolder(name="flights", folder=drop, pattern="flights_{date}.csv.zip")
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("a.csv", GOOD)
        archive.writestr("../../b.csv", GOOD)
    deliver(drop, data.getvalue(), end=".csv.zip")
    assert "it holds 2 files" in str(refused(reader, source, SourceFormatError))


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
