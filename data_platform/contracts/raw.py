"""Contracts of the raw tables: the sources' own column names and declared types, as landed.

A value that does not fit its type never gets here: that is a source's error. What is judged here is only what makes
landed rows useless as a whole (a key that comes twice, rows of another day). Whether a value is credible is judged in
`core.py`, where its row can be set aside alone.
"""

import datetime as dt
from typing import ClassVar

import pandera.polars as pa

from data_platform.auditing import block, policies, rule
from data_platform.contracts.column_types import Instant
from data_platform.contracts.raw_table import RawTable

NAMED = block(
    quarantine_on_repair=0.01,
    reason="Without it a departure cannot be told from another, or matched with a correction. The rest of the day is "
    "as good as ever, so up to 1 % may wait in quarantine for the sender.",
)
HHMM = "local, as hours * 100 + minutes, 1 to 2400"


class Airlines(RawTable):
    """Airlines of the operational database."""

    carrier: str
    name: str

    class Config:
        """The table and its checks across columns."""

        name = "raw.airlines"
        strict = True
        unique: ClassVar = ["carrier"]
        metadata = policies(unique=block(reason="A code with two names would double every flight of the airline."))


class Airports(RawTable):
    """Airports of the operational database."""

    faa: str = pa.Field(description="The FAA's code.")
    name: str
    lat: float = pa.Field(description="Degrees north.")
    lon: float = pa.Field(description="Degrees east.")
    alt: int = pa.Field(description="Feet above the sea.")
    tz: int = pa.Field(description="Hours from UTC, without daylight saving.")
    dst: str = pa.Field(description="A: as in the US, N: none, U: unknown.")
    tzone: str = pa.Field(nullable=True, description="IANA time zone; three airports have none.")

    class Config:
        """The table and its checks across columns."""

        name = "raw.airports"
        strict = True
        unique: ClassVar = ["faa"]
        metadata = policies(unique=block(reason="A code with two places would double every flight there."))


class Planes(RawTable):
    """The aircraft register of the operational database."""

    tailnum: str
    year: int = pa.Field(nullable=True, description="Year of manufacture.")
    type: str
    manufacturer: str
    model: str
    engines: int
    seats: int
    speed: int = pa.Field(nullable=True, description="Average cruising speed in mph; known for 23 of 3,322.")
    engine: str = pa.Field(description="Kind of engine.")

    class Config:
        """The table and its checks across columns."""

        name = "raw.planes"
        strict = True
        unique: ClassVar = ["tailnum"]
        metadata = policies(unique=block(reason="A tail number with two aircraft would double its flights."))


class Weather(RawTable):
    """Hourly weather of the weather API."""

    origin: str
    year: int = pa.Field(description="Local date, and so the next three.")
    month: int
    day: int
    hour: int
    temp: float = pa.Field(nullable=True, description="Degrees Fahrenheit.")
    dewp: float = pa.Field(nullable=True, description="Dew point in degrees Fahrenheit.")
    humid: float = pa.Field(nullable=True, description="Relative humidity in percent.")
    wind_dir: int = pa.Field(nullable=True, description="Degrees; 0 without wind.")
    wind_speed: float = pa.Field(nullable=True, description="Miles an hour.")
    wind_gust: float = pa.Field(nullable=True, description="Miles an hour; null without gusts.")
    precip: float = pa.Field(nullable=True, description="Inches.")
    pressure: float = pa.Field(nullable=True, description="Sea level pressure in millibars.")
    visib: float = pa.Field(nullable=True, description="Miles.")
    time_hour: Instant = pa.Field(
        description="The beginning of the hour.",
        metadata=policies(
            not_null=block(
                quarantine_on_repair=0.01,
                reason="An observation of no hour joins with nothing. Up to 1 % may be set aside: that many hours are "
                "missing from the source in any case.",
            )
        ),
    )

    class Config:
        """The table and its checks across columns."""

        name = "raw.weather"
        strict = True
        unique: ClassVar = ["origin", "time_hour"]
        metadata = policies(
            unique=block(
                reason="An hour that comes twice would double its flights. The key is the UTC hour: the local hour "
                "comes twice on 3 November at each of the 3 airports, rightly."
            )
        )


class Flights(RawTable):
    """Scheduled departures of the drop folder's daily files."""

    year: int = pa.Field(description="Local date of the scheduled departure, and so the next two.")
    month: int
    day: int
    dep_time: int = pa.Field(nullable=True, description=f"Actual departure, {HHMM}; null when cancelled.")
    sched_dep_time: int = pa.Field(description=f"Scheduled departure, {HHMM}.")
    dep_delay: int = pa.Field(nullable=True, description="Minutes; negative when early.")
    arr_time: int = pa.Field(nullable=True, description=f"Actual arrival, {HHMM}.")
    sched_arr_time: int = pa.Field(description=f"Scheduled arrival, {HHMM}.")
    arr_delay: int = pa.Field(nullable=True, description="Minutes; negative when early.")
    carrier: str = pa.Field(metadata=policies(not_null=NAMED))
    flight: int = pa.Field(metadata=policies(not_null=NAMED))
    tailnum: str = pa.Field(nullable=True)
    origin: str = pa.Field(metadata=policies(not_null=NAMED))
    dest: str
    air_time: int = pa.Field(nullable=True, description="Minutes in the air.")
    distance: int = pa.Field(description="Miles.")
    hour: int = pa.Field(description="Of the scheduled departure.")
    minute: int = pa.Field(description="Of the scheduled departure.")
    time_hour: Instant = pa.Field(description="The scheduled departure, cut to its hour.")
    flight_date: dt.date = pa.Field(description="The day that the file is for: the partition.")

    class Config:
        """The table and its checks across columns."""

        name = "raw.flights"
        strict = True
        unique: ClassVar = ["carrier", "flight", "origin", "flight_date"]
        metadata = policies(
            unique=block(reason="A departure that comes twice is a file delivered twice; every sum would be too high."),
            rules=[
                rule(
                    "is_of_the_files_day",
                    "year = EXTRACT(YEAR FROM flight_date) AND month = EXTRACT(MONTH FROM flight_date)"
                    " AND day = EXTRACT(DAY FROM flight_date)",
                    block(
                        reason="A day is replaced as a whole: rows of another day would be lost or doubled when that "
                        "day or this one is loaded again."
                    ),
                ),
            ],
        )
