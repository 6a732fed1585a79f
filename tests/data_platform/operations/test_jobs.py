"""The jobs for people: restoring, releasing what was quarantined, and maintenance; on one platform for all."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from data_platform.operations.expire import expire_quarantined
from resources.lakehouse import TableName, current_snapshot
from tests.scratch_platform import ScratchPlatform, errors_of, scratch_platform

AIRPORTS = ("raw/airports", "core/airport")


def snapshot_of(platform: ScratchPlatform) -> int:
    with platform.lakehouse.connection() as connection:
        return current_snapshot(connection)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScratchPlatform]:
    with scratch_platform(tmp_path_factory.mktemp("jobs"), date(2013, 1, 3)) as platform:
        yield platform


def materialize_airports(platform: ScratchPlatform) -> None:
    result = platform.materialize(*AIRPORTS)
    assert result.success, errors_of(result)


@pytest.fixture(scope="module")
def airports(platform: ScratchPlatform) -> ScratchPlatform:
    """A platform with its airports only."""
    materialize_airports(platform)
    return platform


@pytest.fixture
def quarantined(airports: ScratchPlatform) -> ScratchPlatform:
    """The same with its three quarantined airports, for a test to change."""
    materialize_airports(airports)
    return airports


def test_a_table_is_restored_to_an_earlier_version_as_a_run(airports: ScratchPlatform) -> None:
    good = snapshot_of(airports)
    before = airports.query("SELECT * FROM core.airport ORDER BY ALL")
    with airports.lakehouse.connection() as connection:
        connection.execute("DELETE FROM core.airport WHERE airport_code < 'M'")
    assert airports.query("SELECT * FROM core.airport ORDER BY ALL") != before

    config = {"ops": {"restore": {"config": {"table": "core.airport", "snapshot": good}}}}
    result = airports.run("restore_table", config=config)
    assert result.success, errors_of(result)
    assert airports.query("SELECT * FROM core.airport ORDER BY ALL") == before
    assert [event.event_type_value for event in result.all_events].count("ASSET_MATERIALIZATION") == 1


def test_the_platforms_own_records_are_not_restored(airports: ScratchPlatform) -> None:
    config = {"ops": {"restore": {"config": {"table": "raw.loads", "snapshot": snapshot_of(airports)}}}}
    result = airports.run("restore_table", config=config)
    assert not result.success
    assert "raw.loads is no table that can be restored" in errors_of(result)[0]


@pytest.mark.parametrize("table", ["core.airport; DROP TABLE core.airport", 'core."airport"', "airport"])
def test_a_table_name_with_sql_in_it_restores_nothing_and_says_so(airports: ScratchPlatform, table: str) -> None:
    before = snapshot_of(airports)
    config = {"ops": {"restore": {"config": {"table": table, "snapshot": before}}}}
    result = airports.run("restore_table", config=config)
    assert not result.success
    assert "name" in errors_of(result)[0]
    assert snapshot_of(airports) == before


def test_quarantined_rows_are_published_once_they_pass_and_stay_while_they_do_not(quarantined: ScratchPlatform) -> None:
    release = {"ops": {"release": {"config": {"table": "core.airport"}}}}
    assert quarantined.value("SELECT count(*) FROM quarantine.core_airport") == 3
    published = quarantined.value("SELECT count(*) FROM core.airport")

    assert quarantined.run("release_quarantined", config=release).success
    assert quarantined.value("SELECT count(*) FROM quarantine.core_airport") == 3

    with quarantined.lakehouse.connection() as connection:  # the fix: EEN lies where it really lies
        connection.execute(
            "UPDATE quarantine.core_airport SET latitude_degrees = 42.898333, longitude_degrees = -72.270833 "
            "WHERE airport_code = 'EEN'"
        )
    result = quarantined.run("release_quarantined", config=release)
    assert result.success, errors_of(result)
    assert quarantined.value("SELECT count(*) FROM core.airport") == published + 1
    assert quarantined.query("SELECT airport_code FROM quarantine.core_airport ORDER BY 1") == [("DVT",), ("MYF",)]


def test_a_release_of_a_table_without_contract_fails_clearly(airports: ScratchPlatform) -> None:
    result = airports.run("release_quarantined", config={"ops": {"release": {"config": {"table": "core.unknown"}}}})
    assert not result.success
    assert "core.unknown has no contract" in errors_of(result)[0]


def test_quarantined_rows_expire_after_their_time_and_not_before(quarantined: ScratchPlatform) -> None:
    table = TableName("core", "airport")
    now = datetime.now(UTC)
    assert expire_quarantined(quarantined.lakehouse, [table], older_than=now - timedelta(days=30), run_id="r") == {}
    expired = expire_quarantined(quarantined.lakehouse, [table], older_than=now + timedelta(days=1), run_id="r")
    assert expired == {TableName("quarantine", "core_airport"): 3}
    assert quarantined.value("SELECT count(*) FROM quarantine.core_airport") == 0


def test_the_maintenance_job_runs_and_the_tables_stay_as_they_were(airports: ScratchPlatform) -> None:
    before = airports.query("SELECT * FROM core.airport ORDER BY ALL")
    result = airports.run("maintain_lakehouse")
    assert result.success, errors_of(result)
    assert airports.query("SELECT * FROM core.airport ORDER BY ALL") == before


def test_flights_quarantined_by_day_are_released_for_their_days(platform: ScratchPlatform) -> None:
    assert platform.settings.today == date(2013, 1, 3)
    result = platform.run("release_quarantined", config={"ops": {"release": {"config": {"table": "core.flight"}}}})
    assert result.success, errors_of(result)  # nothing was ever quarantined
