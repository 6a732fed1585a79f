import pytest

from resources.lakehouse import TableName
from tests.data_platform.models.model_case import MODELS
from tests.data_platform.models.real_year import real_year

MINUTES = "({0} // 100 * 60 + {0} % 100)"


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("core.airline", 16),
        ("core.airport", 1_455),
        ("core.plane", 3_322),
        ("core.calendar_date", 367),
        ("core.weather_hour", 26_114),
        ("core.flight", 336_776),
        ("marts.punctuality_by_airline_month", 185),
        ("marts.delay_by_route", 224),
        ("marts.weather_delay_cost", 21),
        ("marts.fleet_use", 4_043),
    ],
)
def test_each_table_has_the_years_rows(table: str, rows: int) -> None:
    assert real_year().value("count(*)", table) == rows


@pytest.mark.parametrize(
    ("what", "condition", "flights"),
    [
        ("plane unknown", "tail_number NOT IN (SELECT tail_number FROM core.plane)", 50_094),
        ("no tail number", "tail_number IS NULL", 2_512),
        ("airport unknown", "destination NOT IN (SELECT airport_code FROM core.airport)", 7_602),
        ("airport unknown, by name", "destination IN ('SJU', 'BQN', 'PSE', 'STT')", 7_602),
        ("no arrival's zone", "destination_time_zone IS NULL", 7_602),
        ("cancelled", "status = 'cancelled'", 8_255),
        ("departed without air time", "status = 'diverted'", 1_175),
        ("arrival time without a delay", "actual_arrival_hhmm IS NOT NULL AND arrival_delay_minutes IS NULL", 717),
        ("left on another date", "departure_date <> flight_date", 1_236),
        ("without weather", "weather_hour_key NOT IN (SELECT weather_hour_key FROM core.weather_hour)", 1_556),
        ("arrival's instant known", "actual_arrival_utc IS NOT NULL", 319_809),
        ("no departure's instant", "scheduled_departure_utc IS NULL", 0),
    ],
)
def test_the_flights_have_the_known_flaws(what: str, condition: str, flights: int) -> None:
    assert real_year().value(f"count(*) FILTER (WHERE {condition})") == flights, what


def test_179_clock_times_are_24_00() -> None:
    times = "count(*) FILTER (WHERE {} = 2400)"
    departures, arrivals = times.format("actual_departure_hhmm"), times.format("actual_arrival_hhmm")
    assert real_year().value(f"{departures} + {arrivals}") == 179


def test_three_local_weather_hours_come_twice() -> None:
    assert real_year().value("count(*) FILTER (WHERE repeats_local_hour)", "core.weather_hour") == 3


@pytest.mark.parametrize("end", ["departure", "arrival"])
def test_every_reported_clock_is_the_scheduled_one_plus_the_delay_modulo_a_day(end: str) -> None:
    difference = (
        f"{MINUTES.format(f'actual_{end}_hhmm')} - {MINUTES.format(f'scheduled_{end}_hhmm')} - {end}_delay_minutes"
    )
    assert real_year().value(f"count(*) FILTER (WHERE ({difference}) % 1440 <> 0)") == 0
    assert real_year().value(f"count({difference})") == {"departure": 328_521, "arrival": 327_346}[end]


def test_no_flight_is_shorter_than_its_air_time() -> None:
    assert real_year().value("min(gate_to_gate_minutes - air_time_minutes)") == 5
    assert real_year().value("count(gate_to_gate_minutes - air_time_minutes)") == 319_809


def test_no_flight_is_on_the_ground_for_more_than_four_hours() -> None:
    # An arrival taken for the day after would show here, as the test before shows one taken for the day before.
    assert real_year().value("max(gate_to_gate_minutes - air_time_minutes)") == 235


def test_the_calendar_has_every_date_of_the_flights() -> None:
    for column in ("flight_date", "departure_date", "arrival_date"):
        missing = f"count(*) FILTER (WHERE {column} NOT IN (SELECT calendar_date FROM core.calendar_date))"
        assert real_year().value(missing) == 0


def test_the_marts_do_not_depend_on_the_order_of_rows_or_the_number_of_threads() -> None:
    with real_year().connection.cursor() as connection:
        (catalog,) = connection.execute("SELECT current_catalog()").fetchone() or ("",)
        connection.execute("ATTACH ':memory:' AS shuffled")
        connection.execute("CREATE SCHEMA shuffled.core; CREATE SCHEMA shuffled.marts")
        for name in (name for name in MODELS if name.schema == "core"):
            source = f"{catalog}.{name.sql}"
            connection.execute(f"CREATE TABLE shuffled.{name.sql} AS SELECT * FROM {source} AS t ORDER BY hash(t)")
        connection.execute("USE shuffled; SET threads = 1")
        try:
            for name in (name for name in MODELS if name.schema == "marts"):
                connection.execute(f"CREATE TABLE {name.sql} AS {MODELS[name].select()}")
                assert differing_rows(connection, name, catalog) == 0, name
        finally:
            connection.execute(f"RESET threads; USE {catalog}; DETACH shuffled")


def differing_rows(connection: object, name: TableName, catalog: str) -> int:
    one, other = f"SELECT * FROM {name.sql}", f"SELECT * FROM {catalog}.{name.sql}"
    query = f"SELECT count(*) FROM (({one} EXCEPT ALL {other}) UNION ALL ({other} EXCEPT ALL {one}))"
    return int(connection.execute(query).fetchone()[0])  # type: ignore[attr-defined]
