"""What the contracts make of rows that are wrong in ways the real year is not."""

from collections.abc import Iterator

import duckdb
import pytest

from data_platform.auditing import Audit, audit
from resources.lakehouse import TableName
from tests.data_platform.models.real_year import CONTRACTS, real_year

ONE = "flight_number = (SELECT min(flight_number) FROM bad WHERE status = 'arrived' AND arrival_date IS NOT NULL)"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with real_year().connection.cursor() as cursor:
        yield cursor
        cursor.execute("DROP TABLE IF EXISTS bad")


def judged(connection: duckdb.DuckDBPyConnection, table: str, where: str, change: str) -> Audit:
    """The verdict on the rows of a real table after `change`, a statement on the table `bad`."""
    connection.execute(f"CREATE OR REPLACE TABLE bad AS SELECT * FROM {table} WHERE {where}")
    connection.execute(change)
    return audit(connection, "bad", CONTRACTS[TableName.parse(table)], profile=False)


def failed(audited: Audit, action: str) -> set[str]:
    return {outcome.name for outcome in audited.outcomes if outcome.action == action and not outcome.passed}


@pytest.mark.parametrize(
    ("change", "checks"),
    [
        (f"UPDATE bad SET actual_departure_hhmm = 1260 WHERE {ONE}", {"departure_is_schedule_plus_delay"}),
        (
            f"UPDATE bad SET arrival_delay_minutes = arrival_delay_minutes + 1 WHERE {ONE}",
            {"arrival_is_schedule_plus_delay"},
        ),
        (
            f"UPDATE bad SET gate_to_gate_minutes = air_time_minutes - 1 WHERE {ONE}",
            {"no_flight_is_shorter_than_its_air_time"},
        ),
        (
            f"UPDATE bad SET scheduled_departure_local = scheduled_departure_local + INTERVAL 1 HOUR WHERE {ONE}",
            {"scheduled_clock_is_the_local_time"},
        ),
        (
            f"UPDATE bad SET air_time_minutes = 1201 WHERE {ONE}",
            {"air_time_minutes__in_range", "no_flight_is_shorter_than_its_air_time"},
        ),
        (f"UPDATE bad SET destination = origin WHERE {ONE}", {"goes_somewhere_else"}),
        (
            f"UPDATE bad SET status = 'cancelled' WHERE {ONE}",
            {"cancelled_has_neither_delay_nor_arrival"},
        ),
        (f"UPDATE bad SET scheduled_departure_utc = NULL WHERE {ONE}", {"scheduled_departure_utc__not_null"}),
    ],
)
def test_a_flight_that_contradicts_itself_is_set_aside_once(
    connection: duckdb.DuckDBPyConnection, change: str, checks: set[str]
) -> None:
    audited = judged(connection, "core.flight", "flight_date = '2013-06-01'", change)
    assert failed(audited, "quarantine") == checks
    assert not audited.blocked
    assert audited.quarantined_rows == 1


@pytest.mark.parametrize(
    ("table", "where", "change", "check"),
    [
        ("core.flight", "flight_date = '2013-06-01'", "UPDATE bad SET status = 'lost'", "status__isin"),
        (
            "core.flight",
            "flight_date = '2013-06-01'",
            "INSERT INTO bad SELECT * FROM bad LIMIT 1",
            "unique__carrier_flight_number_origin_flight_date",
        ),
        (
            "core.airport",
            "true",
            "UPDATE bad SET airport_code = 'JFK' WHERE airport_code = 'LGA'",
            "unique__airport_code",
        ),
        ("raw.flights", "flight_date = '2013-06-01'", "UPDATE bad SET day = 2 WHERE flight = 1", "is_of_the_files_day"),
        (
            "raw.flights",
            "flight_date = '2013-06-01'",
            "INSERT INTO bad SELECT * FROM bad",
            "unique__carrier_flight_origin_flight_date",
        ),
        (
            "marts.fleet_use",
            "true",
            "UPDATE bad SET arrived_flights = arrived_flights + 1 WHERE tail_number = 'N10156'",
            "every_flight_is_counted_once",
        ),
    ],
)
def test_one_row_that_spoils_the_table_blocks_it(
    connection: duckdb.DuckDBPyConnection, table: str, where: str, change: str, check: str
) -> None:
    audited = judged(connection, table, where, change)
    assert check in {outcome.name for outcome in audited.outcomes if outcome.blocks}
    assert audited.quarantined_rows == 0


@pytest.mark.parametrize(
    ("table", "change", "check"),
    [
        ("core.flight", "UPDATE bad SET tail_number = 'N0' || flight_number % 1000", "tail_number__references_plane"),
        ("core.flight", "UPDATE bad SET destination = 'ZZZ'", "destination__references_airport"),
        ("core.flight", "UPDATE bad SET destination_time_zone = NULL", "destination_time_zone__not_null"),
        ("core.flight", "UPDATE bad SET departure_date = departure_date + 1", "leaves_on_its_scheduled_date"),
        ("core.flight", "UPDATE bad SET actual_departure_hhmm = 1", "departure_is_schedule_plus_delay"),
        (
            "core.weather_hour",
            "UPDATE bad SET wind_speed_mph = 1048 WHERE airport_code = 'JFK'",
            "wind_speed_mph__in_range",
        ),
        ("core.airport", "UPDATE bad SET longitude_degrees = -longitude_degrees", "lies_in_the_united_states"),
    ],
)
def test_above_its_ceiling_what_is_otherwise_tolerated_blocks(
    connection: duckdb.DuckDBPyConnection, table: str, change: str, check: str
) -> None:
    where = "flight_date = '2013-06-01'" if table == "core.flight" else "true"
    audited = judged(connection, table, where, change)
    assert check in {outcome.name for outcome in audited.outcomes if outcome.blocks}


def test_a_year_without_weather_blocks_and_a_day_without_does_not(connection: duckdb.DuckDBPyConnection) -> None:
    lose_weather = "UPDATE bad SET weather_hour_key = 'lost'"
    day = judged(connection, "core.flight", "flight_date = '2013-06-01'", lose_weather)
    month = judged(connection, "core.flight", "flight_date < '2013-02-01'", lose_weather)
    assert (day.blocked, month.blocked) == (False, True)
