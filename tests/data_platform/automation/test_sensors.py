"""Sensors, schedules and automation conditions: what is asked for, once, and what is left alone."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from data_platform.assets.partitions import RANGE_END_TAG, RANGE_START_TAG
from data_platform.automation.first_materialization import first_materialization_sensor
from data_platform.demo.drop_folder import deliver_correction, file_name
from resources.lakehouse import TableName
from tests.scratch_platform import ScratchPlatform, errors_of, scratch_platform

FIRST, LAST = date(2013, 1, 1), date(2013, 1, 3)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScratchPlatform]:
    """Everything materialized once; each test tells what it changed from what it found."""
    with scratch_platform(tmp_path_factory.mktemp("filled"), LAST) as platform:
        result = platform.materialize()
        assert result.success, errors_of(result)
        yield platform


def look(
    platform: ScratchPlatform, sensor: str, cursor: str | None = None
) -> dg.SensorResult | dg.SkipReason | dg.RunRequest:
    definition = platform.definitions.resolve_sensor_def(sensor)
    assert isinstance(definition, dg.SensorDefinition)
    context = dg.build_sensor_context(
        instance=platform.instance,
        cursor=cursor,
        definitions=platform.definitions,
        resources={"lakehouse": platform.lakehouse},
    )
    return definition(context)  # type: ignore[return-value]


def days_of(requests: Sequence[dg.RunRequest] | None) -> list[tuple[str, str]]:
    return [(request.tags[RANGE_START_TAG], request.tags[RANGE_END_TAG]) for request in requests or ()]


def nothing_asked(found: dg.SensorResult | dg.SkipReason | dg.RunRequest) -> bool:
    return isinstance(found, dg.SensorResult) and not found.run_requests


def load_flights(platform: ScratchPlatform) -> None:
    result = platform.run("load_sources", assets=["raw/flights"], days=(FIRST, LAST))
    assert result.success, errors_of(result)


def test_an_empty_lakehouse_asks_for_everything_once_and_a_filled_one_for_nothing(platform: ScratchPlatform) -> None:
    first = look(platform, "first_materialization")
    again = look(platform, "first_materialization")
    assert isinstance(first, dg.RunRequest)
    assert isinstance(again, dg.RunRequest)
    assert days_of([first]) == [("2013-01-01", "2013-01-03")]
    assert first.run_key == again.run_key  # by which Dagster launches it once
    load_flights(platform)
    assert isinstance(look(platform, "first_materialization"), dg.SkipReason)


def test_a_source_that_was_added_before_the_others_does_not_make_a_filled_lakehouse_empty(
    platform: ScratchPlatform,
) -> None:
    load_flights(platform)
    added = TableName("raw", "added")
    sensor = first_materialization_sensor("materialize_everything", [added, TableName("raw", "flights")], LAST)
    context = dg.build_sensor_context(instance=platform.instance, resources={"lakehouse": platform.lakehouse})
    found = sensor(context)
    assert isinstance(found, dg.SkipReason)
    assert found.skip_message == "the lakehouse has raw.flights: it is not empty"


def test_late_and_changed_files_are_asked_for_and_loaded_ones_are_not(platform: ScratchPlatform) -> None:
    folder = platform.settings.drop_folder
    assert isinstance(look(platform, "flights_drop_folder"), dg.SkipReason)  # the first materialization takes all
    late = (folder / file_name(FIRST)).rename(folder / "withheld")
    result = platform.run("load_sources", assets=["raw/flights"], days=(FIRST + timedelta(days=1), LAST))
    assert result.success, errors_of(result)
    assert nothing_asked(look(platform, "flights_drop_folder"))

    late.rename(folder / file_name(FIRST))
    before = platform.value("SELECT count(*) FROM raw.flights WHERE flight_date = '2013-01-03'")
    deliver_correction(folder, LAST, datetime.now(UTC) - timedelta(minutes=1), withdrawn_rows=4)
    found = look(platform, "flights_drop_folder")
    assert isinstance(found, dg.SensorResult)
    assert days_of(found.run_requests) == [("2013-01-01", "2013-01-01"), ("2013-01-03", "2013-01-03")]

    assert [request.asset_selection for request in found.run_requests or ()] == [[dg.AssetKey(["raw", "flights"])]] * 2

    (folder / "flights_2013-02-30.csv").touch()
    again = look(platform, "flights_drop_folder", cursor=found.cursor)
    (folder / "flights_2013-02-30.csv").unlink()
    assert isinstance(again, dg.SensorResult)
    assert not again.run_requests
    assert "2 were asked for and are not loaded" in str(again.skip_reason)
    assert "1 are no file flights_{date}.csv, such as 'flights_2013-02-30.csv'" in str(again.skip_reason)
    assert "362 of days before 2013-01-01 or after 2013-01-03 are left alone" in str(again.skip_reason)
    load_flights(platform)
    assert platform.value("SELECT count(*) FROM raw.flights WHERE flight_date = '2013-01-03'") == before - 4
    assert nothing_asked(look(platform, "flights_drop_folder", cursor=again.cursor))


def test_a_file_that_is_still_being_written_is_not_asked_for_yet(platform: ScratchPlatform) -> None:
    load_flights(platform)
    file = platform.settings.drop_folder / file_name(LAST)
    file.write_bytes(file.read_bytes()[:-10])  # modified this moment, its last line cut
    assert nothing_asked(look(platform, "flights_drop_folder"))


def test_the_daily_schedule_asks_for_the_sources_day(filled: ScratchPlatform) -> None:
    repository = filled.definitions.get_repository_def()
    schedule = repository.get_schedule_def("load_sources_daily")
    tick = datetime(2026, 11, 24, 6, tzinfo=UTC)
    with dg.build_schedule_context(
        instance=filled.instance, scheduled_execution_time=tick, repository_def=repository
    ) as context:
        data = schedule.evaluate_tick(context)
    assert [request.partition_key for request in data.run_requests or ()] == ["2013-01-03"]
    assert schedule.job_name == "load_sources"


def test_every_schedule_and_sensor_runs_without_being_switched_on(filled: ScratchPlatform) -> None:
    repository = filled.definitions.get_repository_def()
    for schedule in repository.schedule_defs:
        assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING, schedule.name
    assert {sensor.name for sensor in repository.sensor_defs} == {
        "dead_commands",
        "escalation_improve_layouts",
        "escalation_repair_failed_runs",
        "first_materialization",
        "flights_drop_folder",
        "refresh_downstream",
    }
    for sensor in repository.sensor_defs:
        assert sensor.default_status is dg.DefaultSensorStatus.RUNNING, sensor.name


def test_a_corrected_day_is_carried_downstream_and_no_other_day(filled: ScratchPlatform) -> None:
    first = dg.evaluate_automation_conditions(defs=filled.definitions, instance=filled.instance)
    assert filled.run("load_sources", assets=["raw/flights"], days=(FIRST, FIRST)).success
    after = dg.evaluate_automation_conditions(defs=filled.definitions, instance=filled.instance, cursor=first.cursor)
    assert after.get_requested_partitions(dg.AssetKey(["core", "flight"])) == {"2013-01-01"}
    assert filled.run("materialize_everything", assets=["core/flight"], days=(FIRST, FIRST)).success
    last = dg.evaluate_automation_conditions(defs=filled.definitions, instance=filled.instance, cursor=after.cursor)
    assert last.get_num_requested(dg.AssetKey(["marts", "delay_by_route"])) == 1


def test_a_refreshed_dimension_refreshes_the_marts_but_not_every_day_of_the_past(filled: ScratchPlatform) -> None:
    first = dg.evaluate_automation_conditions(defs=filled.definitions, instance=filled.instance)
    assert filled.materialize("raw/airports").success
    after = dg.evaluate_automation_conditions(defs=filled.definitions, instance=filled.instance, cursor=first.cursor)
    assert after.get_num_requested(dg.AssetKey(["core", "airport"])) == 1
    assert after.get_num_requested(dg.AssetKey(["core", "flight"])) == 0
