"""Contracts of the marts: their keys, their ranges, and the sums that have to add up.

Flaws of the data are decided on in `core.py`; what blocks here is a fault of the model.
"""

import datetime as dt
from typing import ClassVar

import pandera.polars as pa

from data_platform.auditing import Contract, block, policies, rule, warn

EVERY_FLIGHT_COUNTED = rule(
    "every_flight_is_counted_once",
    "scheduled_flights = arrived_flights + diverted_flights + cancelled_flights",
    block(reason="The three ways a scheduled flight can end are all there are."),
)


class PunctualityByAirlineMonth(Contract):
    """Punctuality of one airline in one month."""

    carrier: str
    airline_name: str = pa.Field(
        metadata=policies(not_null=warn(max_rate=0.2, reason="None in 2013. A new airline has no name yet."))
    )
    month_start_date: dt.date
    scheduled_flights: int
    arrived_flights: int
    diverted_flights: int
    cancelled_flights: int
    on_time_flights: int = pa.Field(description="Arrived less than 15 minutes late.")
    on_time_rate: float = pa.Field(in_range={"min_value": 0, "max_value": 1}, description="Of all scheduled flights.")
    cancelled_rate: float = pa.Field(in_range={"min_value": 0, "max_value": 1}, description="Of all scheduled flights.")
    average_departure_delay_minutes: float = pa.Field(nullable=True)
    average_arrival_delay_minutes: float = pa.Field(nullable=True, description="Of arrived flights, as the next two.")
    median_arrival_delay_minutes: float = pa.Field(nullable=True)
    p90_arrival_delay_minutes: float = pa.Field(nullable=True)

    class Config:
        """The table and its checks across columns."""

        name = "marts.punctuality_by_airline_month"
        strict = True
        unique: ClassVar = ["carrier", "month_start_date"]
        metadata = policies(
            rules=[
                EVERY_FLIGHT_COUNTED,
                rule(
                    "on_time_flights_arrived",
                    "on_time_flights <= arrived_flights",
                    block(reason="Cancelled and diverted flights never count as on time."),
                ),
            ]
        )


class DelayByRoute(Contract):
    """Delay to expect of one route."""

    origin: str
    destination: str
    destination_name: str = pa.Field(
        metadata=policies(
            not_null=warn(max_rate=0.2, reason="7 of 224 routes go to the 4 airports that the airport table lacks.")
        )
    )
    distance_miles: int
    scheduled_flights: int
    arrived_flights: int
    diverted_flights: int
    cancelled_flights: int
    airlines: int
    on_time_rate: float = pa.Field(in_range={"min_value": 0, "max_value": 1}, description="Of all scheduled flights.")
    cancelled_rate: float = pa.Field(in_range={"min_value": 0, "max_value": 1}, description="Of all scheduled flights.")
    average_departure_delay_minutes: float = pa.Field(
        nullable=True, description="Of arrived flights, as the next ones."
    )
    average_arrival_delay_minutes: float = pa.Field(nullable=True)
    median_arrival_delay_minutes: float = pa.Field(nullable=True)
    p90_arrival_delay_minutes: float = pa.Field(nullable=True)
    average_gate_to_gate_minutes: float = pa.Field(nullable=True)
    average_air_time_minutes: float = pa.Field(nullable=True)

    class Config:
        """The table and its checks across columns."""

        name = "marts.delay_by_route"
        strict = True
        unique: ClassVar = ["origin", "destination"]
        metadata = policies(rules=[EVERY_FLIGHT_COUNTED])


class WeatherDelayCost(Contract):
    """What one kind of weather costs at one airport."""

    origin: str
    weather_condition: str = pa.Field(
        isin=["snow or ice", "heavy rain", "poor visibility", "strong wind", "rain", "fair", "not observed"]
    )
    scheduled_flights: int
    departed_flights: int
    cancelled_flights: int
    departure_delay_minutes: int
    average_departure_delay_minutes: float = pa.Field(nullable=True)
    compared_flights: int = pa.Field(description="Those at an hour of the day that also saw fair weather.")
    extra_delay_minutes: float = pa.Field(nullable=True, description="Beyond fair weather at the same hour of the day.")
    extra_delay_minutes_per_flight: float = pa.Field(nullable=True)
    extra_cancelled_flights: float = pa.Field(
        nullable=True, description="Beyond fair weather at the same hour of the day."
    )

    class Config:
        """The table and its checks across columns."""

        name = "marts.weather_delay_cost"
        strict = True
        unique: ClassVar = ["origin", "weather_condition"]
        metadata = policies(
            rules=[
                rule(
                    "every_flight_departed_or_was_cancelled",
                    "scheduled_flights = departed_flights + cancelled_flights",
                    block(reason="A flight either has a departure delay or never departed."),
                ),
                rule(
                    "fair_weather_costs_nothing",
                    "weather_condition <> 'fair'"
                    " OR (ABS(extra_delay_minutes) < 0.01 AND ABS(extra_cancelled_flights) < 0.01)",
                    block(reason="Fair weather is what the cost is measured from."),
                ),
            ]
        )


class FleetUse(Contract):
    """Use of one aircraft."""

    tail_number: str
    is_registered: bool
    manufacturer: str = pa.Field(nullable=True, description="Null where not registered, as the next three.")
    model: str = pa.Field(nullable=True)
    manufactured_year: int = pa.Field(nullable=True)
    seat_count: int = pa.Field(nullable=True)
    airlines: int
    scheduled_flights: int
    arrived_flights: int
    diverted_flights: int
    cancelled_flights: int
    overlapping_flights: int = pa.Field(
        le=0,
        metadata=policies(
            le=warn(
                max_rate=0.1,
                reason="36 of 4,043 aircraft left New York 127 times before they had landed from their previous "
                "flight: a wrong tail number, of which flight is not known.",
            )
        ),
    )
    days_flown: int
    first_flight_date: dt.date
    last_flight_date: dt.date
    flown_miles: int
    air_time_hours: float
    seat_miles: int = pa.Field(nullable=True)

    class Config:
        """The table and its checks across columns."""

        name = "marts.fleet_use"
        strict = True
        unique: ClassVar = ["tail_number"]
        metadata = policies(
            rules=[
                EVERY_FLIGHT_COUNTED,
                rule(
                    "is_in_the_register",
                    "is_registered",
                    warn(max_rate=0.4, reason="721 of 4,043 aircraft are not: see the tail number in `core.flight`."),
                ),
            ]
        )
