"""What is in a file is read as declared, or refused with its file, line and column."""

from pathlib import Path

import pytest

from resources.sources import CsvFolder, SourceFormatError, SourceSchemaError, SourceValueError
from tests.resources.sources.conftest import Reader
from tests.resources.sources.csv_folder.flights import COLUMNS, DAY, GOOD, NEXT_DAY, deliver, refused


def test_a_day_without_rows_is_a_day_without_rows(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, "flight,tailnum,delay\n")
    assert reader.rows(reader.extract(source, COLUMNS, DAY), COLUMNS) == []


def test_a_wrong_delimiter_is_named(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, GOOD.replace(",", ";"))
    error = refused(reader, source, SourceSchemaError)
    assert "the delimiter seems to be ';', not ','" in str(error)
    assert (dict(error.expected_columns), dict(error.found_columns)) == (dict(COLUMNS), {"flight;tailnum;delay": ""})
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


def test_bytes_that_are_no_text_are_refused(reader: Reader, drop: Path, source: CsvFolder) -> None:
    deliver(drop, b"\0" * 200_000 + b"\n")
    assert "does not begin with a CSV header" in str(refused(reader, source, SourceFormatError))
