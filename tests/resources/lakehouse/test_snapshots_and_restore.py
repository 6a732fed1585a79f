from datetime import UTC, date, datetime, timedelta

import pytest

from resources.lakehouse import (
    LakehouseResource,
    ReplaceRange,
    ReplaceRanges,
    SnapshotNotFound,
    TableName,
    build_of_snapshot,
    current_snapshot,
    list_snapshots,
    new_build_folder,
    publish,
    restore_table,
    run_maintenance,
)
from tests.resources.lakehouse.building import build, build_and_publish, rows_of

FLIGHT = TableName("core", "flight")


def test_the_list_names_run_message_time_and_tables_newest_first(each_catalog: LakehouseResource) -> None:
    before = datetime.now(UTC)
    builds = [build(each_catalog, table, "SELECT 1::BIGINT AS id") for table in ("core.flight", "raw.loads")]
    publish(each_catalog, builds, run_id="run-1", message="flights and their load")
    rows_of(each_catalog, "INSERT INTO core.flight VALUES (2)")
    with each_catalog.connection() as connection:
        strange, published, created = list_snapshots(connection, 10)
        assert [snapshot.id for snapshot in list_snapshots(connection, 1)] == [current_snapshot(connection)]
    assert (published.run_id, published.message) == ("run-1", "flights and their load")
    assert published.tables == ("core.flight", "raw.loads")
    assert before - timedelta(seconds=1) < published.at < datetime.now(UTC) + timedelta(seconds=1)
    assert (strange.run_id, strange.tables) == (None, ("core.flight",))
    assert (created.run_id, created.tables) == (None, ())


def test_restoring_brings_back_rows_and_columns_as_a_new_version(each_catalog: LakehouseResource) -> None:
    good = build_and_publish(each_catalog, "core.flight", "SELECT range AS id, 'good' AS load FROM range(5)")
    build_and_publish(each_catalog, "core.plane", "SELECT 1::BIGINT AS id")
    bad = build_and_publish(each_catalog, "core.flight", "SELECT 'bad' AS load")
    publication = restore_table(each_catalog, FLIGHT, good, run_id="run-restore")
    assert publication.snapshot_before == bad
    assert publication.rows == {FLIGHT: 5}
    assert rows_of(each_catalog, "SELECT count(*), min(load), max(id) FROM core.flight") == [(5, "good", 4)]
    assert rows_of(each_catalog, "SELECT id FROM core.plane") == [(1,)]
    # And the restoring can itself be undone.
    restore_table(each_catalog, FLIGHT, bad, run_id="run-restore")
    assert rows_of(each_catalog, "SELECT * FROM core.flight") == [("bad",)]


def test_only_ranges_of_a_table_are_restored_and_a_column_that_came_since_is_null_in_them(
    each_catalog: LakehouseResource,
) -> None:
    days = "DATE '2013-01-01' + range::INTEGER AS day FROM range(4)"
    good = build_and_publish(each_catalog, "core.flight", f"SELECT 'good' AS load, {days}")
    all_days = ReplaceRange("day", date(2013, 1, 1), date(2013, 1, 5))
    build_and_publish(each_catalog, "core.flight", f"SELECT 'bad' AS load, 'A1' AS gate, {days}", all_days)
    ends = [ReplaceRange("day", date(2013, 1, day), date(2013, 1, day + 1)) for day in (1, 4)]
    with each_catalog.connection() as connection:
        built = build_of_snapshot(
            connection, FLIGHT, good, new_build_folder(each_catalog, FLIGHT, "run"), ReplaceRanges(tuple(ends))
        )
    publish(each_catalog, [built], run_id="run-restore", message="the first and the last")
    found = rows_of(each_catalog, "SELECT day(day), load, gate FROM core.flight ORDER BY 1")
    assert found == [(1, "good", None), (2, "bad", "A1"), (3, "bad", "A1"), (4, "good", None)]


def test_restored_rows_outlive_the_version_they_came_from(lakehouse: LakehouseResource) -> None:
    good = build_and_publish(lakehouse, "core.flight", "SELECT range AS id FROM range(5)")
    build_and_publish(lakehouse, "core.flight", "SELECT 9::BIGINT AS id")
    restore_table(lakehouse, FLIGHT, good, run_id="run-restore")
    for days in (2, 4):
        run_maintenance(lakehouse, keep=timedelta(hours=1), now=datetime.now(UTC) + timedelta(days=days))
    assert rows_of(lakehouse, "SELECT count(*) FROM core.flight") == [(5,)]
    with pytest.raises(SnapshotNotFound, match=r"core\.flight cannot be restored"):
        restore_table(lakehouse, FLIGHT, good, run_id="run-restore")


def test_a_snapshot_or_table_that_never_was_is_one_clear_line(lakehouse: LakehouseResource) -> None:
    snapshot = build_and_publish(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
    for table, version in ((FLIGHT, 99), (FLIGHT, 0), (TableName("core", "nowhere"), snapshot)):
        with pytest.raises(SnapshotNotFound) as refused:
            restore_table(lakehouse, table, version, run_id="run")
        assert "\n" not in str(refused.value)
