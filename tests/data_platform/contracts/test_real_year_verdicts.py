"""What the contracts say of the untouched real year: nothing blocks, and each known flaw is told with its figure."""

from datetime import UTC, date, datetime

import pytest

from data_platform.auditing import Audit, audit, quarantined_rows_sql
from resources.lakehouse import TableName
from tests.data_platform.models.model_case import COLUMNS, MODELS
from tests.data_platform.models.real_year import CONTRACTS, real_year

WARNINGS = {
    "core.airport": {"time_zone__not_null": 3, "daylight_saving_code_agrees_with_the_zone": 31},
    "core.plane": {"manufactured_year__not_null": 70, "seat_count__ge": 40},
    "core.weather_hour": {
        "wind_direction_degrees__not_null": 460,
        "pressure_millibars__not_null": 2_729,
        "temperature_jump_fahrenheit__in_range": 1,
        "observation_is_complete": 5,
        "local_hour_comes_once": 3,
    },
    "core.flight": {
        "tail_number__not_null": 2_512,
        "tail_number__str_matches": 4,
        "tail_number__references_plane": 50_094,
        "destination_time_zone__not_null": 7_602,
        "destination__references_airport": 7_602,
        "distance_miles__ge": 1,
        "weather_hour_key__references_weather_hour": 1_556,
        "reported_clocks_are_local_times": 1,
        "is_not_cancelled": 8_255,
        "departed_has_an_air_time": 1_175,
        "arrival_time_has_a_delay": 717,
        "leaves_on_its_scheduled_date": 1_236,
        "no_clock_shows_24_00": 179,
        "flies_below_600_mph": 4,
    },
    "marts.delay_by_route": {"destination_name__not_null": 7},
    "marts.fleet_use": {"overlapping_flights__le": 36, "is_in_the_register": 721},
}
IN_NO_PART_OF_AMERICA = "lies_in_the_united_states"
SET_ASIDE = {
    "core.airport": [
        ("DVT", ["time_zone__isin", IN_NO_PART_OF_AMERICA]),
        ("EEN", [IN_NO_PART_OF_AMERICA]),
        ("MYF", ["time_zone__isin", IN_NO_PART_OF_AMERICA]),
    ],
    "core.weather_hour": [("EWR 2013-02-12T08Z", ["wind_speed_mph__in_range"])],
}
# The days on which each warning is nearest to its ceiling. All 365 were tried when the ceilings were set.
WORST_DAYS = [date(2013, month, day) for month, day in ((1, 20), (2, 9), (6, 7), (7, 10), (7, 28), (12, 25), (12, 31))]


def warnings(audited: Audit) -> dict[str, int]:
    return {each.name: each.failing_rows for each in audited.outcomes if each.action == "warn" and not each.passed}


def test_nothing_blocks() -> None:
    audits = real_year().audits.items()
    assert [
        (str(table), each.name, each.message) for table, one in audits for each in one.outcomes if each.blocks
    ] == []


def test_each_known_flaw_warns_with_its_figure() -> None:
    assert {str(table): found for table, each in real_year().audits.items() if (found := warnings(each))} == WARNINGS


def test_only_airports_and_weather_have_rows_set_aside() -> None:
    found = {str(table): each.quarantined_rows for table, each in real_year().audits.items() if each.quarantined_rows}
    assert found == {table: len(rows) for table, rows in SET_ASIDE.items()}


@pytest.mark.parametrize("table", SET_ASIDE)
def test_a_wrong_row_is_set_aside_once_with_all_its_reasons(table: str) -> None:
    name = TableName.parse(table)
    with real_year().connection.cursor() as connection:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE built AS {MODELS[name].select()}")
        audited = audit(connection, "built", CONTRACTS[name], profile=False)
        bad = quarantined_rows_sql(audited, run_id="run", source=table, now=datetime(2013, 12, 31, tzinfo=UTC))
        (key, *_) = COLUMNS[name]
        assert connection.execute(f"SELECT {key}, _checks FROM ({bad}) ORDER BY {key}").fetchall() == SET_ASIDE[table]


@pytest.mark.parametrize("day", WORST_DAYS, ids=str)
def test_the_worst_single_days_do_not_block_either(day: date) -> None:
    flight = TableName("core", "flight")
    relation = f"(SELECT * FROM core.flight WHERE flight_date = DATE '{day}')"
    audited = audit(real_year().connection.cursor(), relation, CONTRACTS[flight], profile=False)
    assert [outcome.message for outcome in audited.outcomes if outcome.blocks] == []
    assert audited.quarantined_rows == 0
