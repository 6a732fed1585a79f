"""Faults of this platform's own sources, with its definitions, its contracts and its policy file as they are.

The truth is the demo's data as Python reads it.
"""

import csv
import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing

from data_platform.chaos.experiment import Experiment, Rows, Shown, repairable
from data_platform.chaos.own_platform import DAY, LONG_AGO, own_platform
from data_platform.chaos.scratch import Scratch
from data_platform.demo.nycflights import NULL, read_table
from data_platform.demo.weather_faults import Fault
from escalation_sensors.diagnosis.category import Category
from resources.lakehouse import TableName

FLIGHTS, WEATHER, AIRLINES = (TableName("raw", name) for name in ("flights", "weather", "airlines"))
FLIGHT_COLUMNS = ("year", "month", "day", "sched_dep_time", "carrier", "flight", "tailnum", "origin", "dest")
OBSERVED = ("origin", "year", "month", "day", "hour", "wind_dir")
NAMELESS = 5


def nameless_flights(scratch: Scratch) -> Shown:
    """A day's file in which a few flights have no carrier, after one in which all had."""
    platform = own_platform(scratch)
    lines = list(csv.reader(platform.flights_file.read_text(encoding="utf-8").splitlines()))
    platform.load(FLIGHTS)
    before = platform.rows(FLIGHTS, FLIGHT_COLUMNS)
    carrier = lines[0].index("carrier")
    for line in lines[1 : NAMELESS + 1]:
        line[carrier] = NULL
    text = "".join(f"{','.join(line)}\n" for line in lines)
    platform.flights_file.write_text(text, encoding="utf-8")
    os.utime(platform.flights_file, (LONG_AGO.timestamp() + 3600,) * 2)
    succeeded = platform.load(FLIGHTS)
    return platform.shown(
        FLIGHTS,
        FLIGHT_COLUMNS,
        succeeded=succeeded,
        truth=_texts(lines[0], lines[NAMELESS + 1 :], FLIGHT_COLUMNS),
        before=before,
        may_be_set_aside=_texts(lines[0], lines[1 : NAMELESS + 1], FLIGHT_COLUMNS),
    )


def respelt_airlines(scratch: Scratch) -> Shown:
    """The operational database spells a column of the airlines otherwise from now on."""
    platform = own_platform(scratch)
    columns, rows = read_table("airlines")
    truth = _texts(columns, rows, columns)
    platform.load(AIRLINES)
    before = platform.rows(AIRLINES, columns)
    path = platform.settings.operational_database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute('ALTER TABLE airlines RENAME COLUMN carrier TO "CARRIER "')
        connection.commit()
    return platform.shown(AIRLINES, columns, succeeded=platform.load(AIRLINES), truth=truth, before=before)


def weather_with_mood(scratch: Scratch) -> Shown:
    """The weather API sends a field with every record that nobody knows, whenever it is asked."""
    platform = own_platform(scratch)
    columns, rows = read_table("weather")
    of_day = [row for row in rows if row[1:4] == (str(DAY.year), str(DAY.month), str(DAY.day))]
    platform.load(WEATHER)
    before = platform.rows(WEATHER, OBSERVED)
    platform.weather.add_fault(Fault("extra_field", times=99))
    succeeded = platform.load(WEATHER)
    platform.weather.clear_faults()
    truth = _texts(columns, of_day, OBSERVED)
    return platform.shown(WEATHER, OBSERVED, succeeded=succeeded, truth=truth, before=before)


def _texts(header: Sequence[str], rows: Iterable[Sequence[str]], columns: Sequence[str]) -> Rows:
    places = [header.index(name) for name in columns]
    return Rows(tuple("" if row[place] == NULL else row[place] for place in places) for row in rows)


FAULTS: tuple[Experiment, ...] = (
    repairable(
        "flights of the platform's that name no carrier",
        Category.DATA_QUALITY,
        nameless_flights,
        "its contract allows a repair to set so many rows aside",
    ),
    repairable(
        "airlines of the platform's under another spelling",
        Category.SCHEMA_MISMATCH,
        respelt_airlines,
        "without case and blanks the name is the contract's",
    ),
    repairable(
        "weather of the platform's with a new field",
        Category.SCHEMA_MISMATCH,
        weather_with_mood,
        "what is new can be taken in",
    ),
)
