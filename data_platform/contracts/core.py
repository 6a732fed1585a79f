"""Contracts of the star schema: airlines, airports, planes, dates, hourly weather, and flights.

The figures are those of the whole year 2013 as the sources have it. Ceilings hold for a single day's flights as for
the year: each leaves room above the worst of the 365 days, which is named where it is far from the year's rate.
The file is long because the contracts of a domain stand in one file, and each flaw where its column is declared; the
rules across a flight's columns are in `flight_rules.py`.
"""

import datetime as dt
from typing import ClassVar

import pandera.polars as pa

from data_platform.auditing import Contract, policies, quarantine, rule, warn
from data_platform.contracts.column_types import Instant, WallClock
from data_platform.contracts.flight_rules import FLIGHT_RULES, RARE

FEW = quarantine(max_rows=10, reason="None in 2013. Out of any credible range: the row is wrong, the others are not.")

AMERICAN_ZONES = [
    "America/Adak",
    "America/Anchorage",
    "America/Boise",
    "America/Chicago",
    "America/Denver",
    "America/Detroit",
    "America/Indiana/Indianapolis",
    "America/Kentucky/Louisville",
    "America/Los_Angeles",
    "America/New_York",
    "America/Phoenix",
    "America/Puerto_Rico",
    "America/Vancouver",
    "Pacific/Guam",
    "Pacific/Honolulu",
]


class Airline(Contract):
    """One airline."""

    carrier: str = pa.Field(str_matches=r"^[0-9A-Z]{2}$", description="IATA code.")
    airline_name: str

    class Config:
        """The table and its checks across columns."""

        name = "core.airline"
        strict = True
        unique: ClassVar = ["carrier"]


class Airport(Contract):
    """One airport."""

    airport_code: str = pa.Field(str_matches=r"^[0-9A-Z]{3}$", description="FAA code.")
    airport_name: str
    latitude_degrees: float = pa.Field(in_range={"min_value": -90, "max_value": 90}, description="North is positive.")
    longitude_degrees: float = pa.Field(in_range={"min_value": -180, "max_value": 180}, description="East is positive.")
    elevation_feet: int = pa.Field(in_range={"min_value": -500, "max_value": 15_000}, metadata=policies(in_range=FEW))
    time_zone: str = pa.Field(
        isin=AMERICAN_ZONES,
        description="IANA name.",
        metadata=policies(
            isin=quarantine(
                max_rows=10,
                reason="2 airports, DVT and MYF, are in China by their zone: see lies_in_the_united_states. A name "
                "that is no zone at all would fail every conversion of a time.",
            ),
            not_null=warn(
                max_rows=10,
                reason="3 airports (EEN, LRO, YAK) have none. No flight of 2013 goes there; local times would be null.",
            ),
        ),
    )
    standard_utc_offset_hours: int = pa.Field(
        in_range={"min_value": -12, "max_value": 14}, description="The source's own; `time_zone` decides."
    )
    daylight_saving_code: str = pa.Field(
        isin=["A", "N", "U"], description="The source's own: A as in the US, N none, U unknown; `time_zone` decides."
    )

    class Config:
        """The table and its checks across columns."""

        name = "core.airport"
        strict = True
        unique: ClassVar = ["airport_code"]
        metadata = policies(
            rules=[
                rule(
                    "lies_in_the_united_states",
                    "latitude_degrees BETWEEN -15 AND 72 AND (longitude_degrees <= -60 OR longitude_degrees >= 140)",
                    quarantine(
                        max_rows=10,
                        reason="3 airports lie elsewhere: DVT and MYF lost the sign of their longitude and so got "
                        "China's time zone, EEN has latitude and longitude exchanged. Their local times would be "
                        "wrong.",
                    ),
                ),
                rule(
                    "daylight_saving_code_agrees_with_the_zone",
                    "daylight_saving_code = 'U' OR (daylight_saving_code = 'N')"
                    " = (time_zone IN ('America/Phoenix', 'America/Puerto_Rico', 'Pacific/Honolulu', 'Pacific/Guam'))",
                    warn(
                        max_rows=60,
                        reason="31 codes are wrong (20 in Arizona and 9 in Hawaii claim daylight saving). Nothing uses "
                        "them.",
                    ),
                ),
            ]
        )


class Plane(Contract):
    """One aircraft of the register."""

    tail_number: str = pa.Field(str_matches=r"^N[0-9A-Z]{1,5}$")
    manufactured_year: int = pa.Field(
        in_range={"min_value": 1940, "max_value": 2013},
        metadata=policies(
            not_null=warn(max_rate=0.1, reason="70 of 3,322 are without a year; the flights are real all the same."),
            in_range=FEW,
        ),
    )
    aircraft_type: str
    manufacturer: str
    model: str
    engine_count: int = pa.Field(in_range={"min_value": 1, "max_value": 8}, metadata=policies(in_range=FEW))
    engine_type: str
    seat_count: int = pa.Field(
        ge=20,
        metadata=policies(
            ge=warn(
                max_rate=0.05,
                reason="40 aircraft with 2,421 flights have under 20 seats: tail numbers that are private aircraft in "
                "the register, since given up by the airline or fleet numbers to begin with. The flights are real; "
                "seat sums leave them out.",
            ),
        ),
    )
    cruising_speed_mph: int = pa.Field(
        nullable=True,
        in_range={"min_value": 50, "max_value": 700},
        description="Known for 23 of 3,322.",
        metadata=policies(in_range=FEW),
    )

    class Config:
        """The table and its checks across columns."""

        name = "core.plane"
        strict = True
        unique: ClassVar = ["tail_number"]


class CalendarDate(Contract):
    """One date."""

    calendar_date: dt.date
    calendar_year: int
    quarter_of_year: int
    month_of_year: int
    day_of_month: int
    iso_day_of_week: int = pa.Field(description="1 is Monday.")
    iso_week_of_year: int
    month_start_date: dt.date
    day_name: str
    month_name: str
    is_weekend: bool
    new_york_hours: int = pa.Field(isin=[23, 24, 25], description="Length of the date in New York.")

    class Config:
        """The table and its checks across columns."""

        name = "core.calendar_date"
        strict = True
        unique: ClassVar = ["calendar_date"]


class WeatherHour(Contract):
    """One hour of weather at one airport."""

    weather_hour_key: str = pa.Field(description="Airport and UTC hour, for example `JFK 2013-01-01T06Z`.")
    airport_code: str = pa.Field(
        references="core.airport.airport_code",
        metadata=policies(references=warn(max_rate=0.05, reason="None in 2013. Its local hours would be null.")),
    )
    observed_hour_utc: Instant
    observed_hour_local: WallClock = pa.Field(
        nullable=True, description="At the airport; null where its zone is unknown."
    )
    reported_hour_local: WallClock = pa.Field(
        nullable=True, description="The source's own date and hour; null when impossible."
    )
    repeats_local_hour: bool = pa.Field(nullable=True)
    temperature_fahrenheit: float = pa.Field(
        nullable=True, in_range={"min_value": -60, "max_value": 130}, metadata=policies(in_range=FEW)
    )
    temperature_jump_fahrenheit: float = pa.Field(
        nullable=True,
        in_range={"min_value": -30, "max_value": 30},
        description="Difference from both neighbours, in one direction.",
        metadata=policies(
            in_range=warn(
                max_rows=10,
                reason="1: JFK on 8 May at 22:00, 13 °F between two hours of 57 °F. Its wind, rain and visibility are "
                "credible and 6 flights use them, so the row stays.",
            )
        ),
    )
    dew_point_fahrenheit: float = pa.Field(
        nullable=True, in_range={"min_value": -80, "max_value": 100}, metadata=policies(in_range=FEW)
    )
    relative_humidity_percent: float = pa.Field(
        nullable=True, in_range={"min_value": 0, "max_value": 100}, metadata=policies(in_range=FEW)
    )
    wind_direction_degrees: int = pa.Field(
        in_range={"min_value": 0, "max_value": 360},
        metadata=policies(
            not_null=warn(max_rate=0.1, reason="460 are missing: mostly light wind from no one direction."),
            in_range=FEW,
        ),
    )
    wind_speed_mph: float = pa.Field(
        nullable=True,
        in_range={"min_value": 0, "max_value": 120},
        metadata=policies(
            in_range=quarantine(
                max_rows=10,
                reason="1: EWR on 12 February at 3:00, 1,048 mph (911 knots); the next highest is 43. The weather mart "
                "classes hours by wind, so the row must not stay; no flight was scheduled in that hour.",
            )
        ),
    )
    wind_gust_mph: float = pa.Field(
        nullable=True,
        in_range={"min_value": 0, "max_value": 150},
        description="Null without gusts.",
        metadata=policies(in_range=FEW),
    )
    precipitation_inches: float = pa.Field(
        nullable=True, in_range={"min_value": 0, "max_value": 10}, metadata=policies(in_range=FEW)
    )
    pressure_millibars: float = pa.Field(
        in_range={"min_value": 870, "max_value": 1085},
        metadata=policies(
            not_null=warn(max_rate=0.2, reason="2,729 of 26,115 (10 %) are missing; nothing is derived from it."),
            in_range=FEW,
        ),
    )
    visibility_miles: float = pa.Field(
        nullable=True, in_range={"min_value": 0, "max_value": 100}, metadata=policies(in_range=FEW)
    )

    class Config:
        """The table and its checks across columns."""

        name = "core.weather_hour"
        strict = True
        unique: ClassVar = ["weather_hour_key"]
        metadata = policies(
            rules=[
                rule(
                    "observation_is_complete",
                    "temperature_fahrenheit IS NOT NULL AND dew_point_fahrenheit IS NOT NULL"
                    " AND relative_humidity_percent IS NOT NULL AND wind_speed_mph IS NOT NULL"
                    " AND precipitation_inches IS NOT NULL AND visibility_miles IS NOT NULL",
                    warn(
                        max_rate=0.02,
                        reason="5 are not: 1 lacks temperature, dew point and humidity, 4 lack the wind speed. What is "
                        "missing counts as nothing out of the ordinary.",
                    ),
                ),
                rule(
                    "local_hour_comes_once",
                    "NOT repeats_local_hour",
                    warn(
                        max_rows=20,
                        reason="3: at each airport 1 o'clock of 3 November comes twice, as the clocks go back. The key "
                        "is the UTC hour, and nothing may join on the local one.",
                    ),
                ),
                rule(
                    "reported_hour_is_the_local_hour",
                    "reported_hour_local IS NOT DISTINCT FROM observed_hour_local OR observed_hour_local IS NULL",
                    quarantine(max_rows=10, reason="None in 2013. Which of the two hours is right cannot be known."),
                ),
                rule(
                    "gusts_exceed_the_wind",
                    "wind_gust_mph >= wind_speed_mph",
                    warn(max_rows=100, reason="None in 2013. One of the two is wrong, by little."),
                ),
                rule(
                    "dew_point_is_at_most_the_temperature",
                    "dew_point_fahrenheit <= temperature_fahrenheit",
                    warn(max_rows=100, reason="None in 2013. Physically impossible, but of rounding's size."),
                ),
            ]
        )


class Flight(Contract):
    """One scheduled departure from a New York airport."""

    flight_date: dt.date = pa.Field(
        references="core.calendar_date.calendar_date",
        description="Of the scheduled departure, local.",
        metadata=policies(references=warn(max_rows=100, reason="None in 2013. The calendar has to be made longer.")),
    )
    carrier: str = pa.Field(
        references="core.airline.carrier",
        metadata=policies(references=warn(max_rate=0.05, reason="None in 2013. A new airline has no name yet.")),
    )
    flight_number: int = pa.Field(in_range={"min_value": 1, "max_value": 9999}, metadata=policies(in_range=RARE))
    origin: str = pa.Field(
        references="core.airport.airport_code",
        metadata=policies(references=warn(max_rate=0.01, reason="None in 2013. Without its zone there are no times.")),
    )
    destination: str = pa.Field(
        references="core.airport.airport_code",
        metadata=policies(
            references=warn(
                max_rate=0.08,
                reason="7,602 flights (2.3 %, at most 3.9 % a day) go to SJU, BQN, PSE or STT, in the Caribbean, which "
                "the airport table lacks. They are real; their arrival's instant stays null.",
            )
        ),
    )
    tail_number: str = pa.Field(
        str_matches=r"^N[0-9A-Z]{1,5}$",
        references="core.plane.tail_number",
        metadata=policies(
            not_null=warn(
                max_rate=0.4,
                reason="2,512 flights have none (0.7 %, 25 % on 9 February): cancelled before an aircraft was "
                "assigned.",
            ),
            str_matches=warn(
                max_rate=0.02, reason="4 flights of `D942DN`: a slip of the pen for an N. The flights are real."
            ),
            references=warn(
                max_rate=0.25,
                reason="50,094 flights (14.9 %, at most 17.7 % a day) have a plane that the register lacks, nearly all "
                "of MQ and AA, who report fleet numbers instead. The flights are real.",
            ),
        ),
    )
    status: str = pa.Field(isin=["arrived", "diverted", "cancelled"])
    scheduled_departure_hhmm: int = pa.Field(
        in_range={"min_value": 0, "max_value": 2400}, metadata=policies(in_range=RARE)
    )
    actual_departure_hhmm: int = pa.Field(
        nullable=True, in_range={"min_value": 0, "max_value": 2400}, metadata=policies(in_range=RARE)
    )
    scheduled_arrival_hhmm: int = pa.Field(
        in_range={"min_value": 0, "max_value": 2400}, metadata=policies(in_range=RARE)
    )
    actual_arrival_hhmm: int = pa.Field(
        nullable=True, in_range={"min_value": 0, "max_value": 2400}, metadata=policies(in_range=RARE)
    )
    departure_delay_minutes: int = pa.Field(
        nullable=True, in_range={"min_value": -180, "max_value": 2880}, metadata=policies(in_range=RARE)
    )
    arrival_delay_minutes: int = pa.Field(
        nullable=True, in_range={"min_value": -180, "max_value": 2880}, metadata=policies(in_range=RARE)
    )
    air_time_minutes: int = pa.Field(
        nullable=True, in_range={"min_value": 5, "max_value": 1200}, metadata=policies(in_range=RARE)
    )
    distance_miles: int = pa.Field(
        ge=30,
        metadata=policies(
            ge=warn(
                max_rate=0.01, reason="1: EWR to LGA, 17 miles, at 1:06, cancelled: a ferry flight in the schedule."
            ),
        ),
    )
    origin_time_zone: str = pa.Field(
        nullable=True, description="Null where the origin is unknown; such a flight has no times and is set aside."
    )
    destination_time_zone: str = pa.Field(
        metadata=policies(
            not_null=warn(
                max_rate=0.08,
                reason="7,602 flights to the 4 airports that the airport table lacks: no zone, no arrival's instant.",
            )
        )
    )
    scheduled_departure_utc: Instant = pa.Field(metadata=policies(not_null=RARE))
    scheduled_departure_local: WallClock = pa.Field(nullable=True, description="At the origin, as the next two.")
    actual_departure_utc: Instant = pa.Field(nullable=True)
    actual_departure_local: WallClock = pa.Field(nullable=True)
    departure_date: dt.date = pa.Field(
        nullable=True,
        references="core.calendar_date.calendar_date",
        metadata=policies(references=warn(max_rows=100, reason="None in 2013. The calendar has to be made longer.")),
    )
    scheduled_arrival_utc: Instant = pa.Field(nullable=True)
    scheduled_arrival_local: WallClock = pa.Field(nullable=True, description="At the destination, as the next two.")
    actual_arrival_utc: Instant = pa.Field(nullable=True)
    actual_arrival_local: WallClock = pa.Field(nullable=True)
    arrival_date: dt.date = pa.Field(
        nullable=True,
        references="core.calendar_date.calendar_date",
        metadata=policies(references=warn(max_rows=100, reason="None in 2013. The calendar has to be made longer.")),
    )
    gate_to_gate_minutes: int = pa.Field(nullable=True, description="From actual departure to actual arrival.")
    weather_hour_key: str = pa.Field(
        references="core.weather_hour.weather_hour_key",
        nullable=True,
        description="Origin and UTC hour of the scheduled departure.",
        metadata=policies(
            references=warn(
                max_rows=2500,
                reason="1,556 flights are without weather, 776 of them all of 31 December: the observations end on the "
                "30th. In rows, because a whole day (at most 1,014 flights) may be missing.",
            ),
        ),
    )

    class Config:
        """The table and its checks across columns."""

        name = "core.flight"
        strict = True
        unique: ClassVar = ["carrier", "flight_number", "origin", "flight_date"]
        metadata = policies(rules=FLIGHT_RULES)
