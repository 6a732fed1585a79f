"""Publishing: what is replaced, added and kept, and that what cannot be published as it is changes nothing."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from resources.lakehouse import (
    Append,
    InvalidBuild,
    LakehouseResource,
    ReplaceRange,
    ReplaceRanges,
    ReplaceTable,
    RowCountMismatch,
    Scope,
    TableBuild,
    TableName,
    publish,
    publishing,
    table_exists,
)
from tests.resources.lakehouse.building import DAYS, FEBRUARY, build, build_and_publish, rows_of, snapshot_of


def test_several_tables_are_published_as_one_version(lakehouse: LakehouseResource) -> None:
    builds = [build(lakehouse, table, "SELECT 1::BIGINT AS id") for table in ("core.flight", "audit.profile")]
    publication = publish(lakehouse, builds, run_id="run-1", message="both")
    assert publication.snapshot_after == publication.snapshot_before + 1 == snapshot_of(lakehouse)
    assert publication.rows == {TableName("core", "flight"): 1, TableName("audit", "profile"): 1}
    assert rows_of(lakehouse, "SELECT * FROM core.flight, audit.profile") == [(1, 1)]


def test_published_files_stay_where_they_were_built(lakehouse: LakehouseResource) -> None:
    built = build(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
    publish(lakehouse, [built], run_id="run-1", message="one")
    listed = rows_of(lakehouse, "SELECT data_file FROM ducklake_list_files('lake', 'flight', schema => 'core')")
    assert listed == [(built.files[0],)]


def test_replacing_a_table_leaves_the_new_rows_alone(lakehouse: LakehouseResource) -> None:
    build_and_publish(lakehouse, "core.flight", "SELECT range AS id FROM range(10)")
    build_and_publish(lakehouse, "core.flight", "SELECT 7::BIGINT AS id")
    assert rows_of(lakehouse, "SELECT id FROM core.flight") == [(7,)]


def test_replacing_a_large_table_leaves_the_new_rows_alone(
    lakehouse: LakehouseResource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "DELETE_LIMIT_ROWS", 5)
    test_replacing_a_table_leaves_the_new_rows_alone(lakehouse)


def test_replacing_a_range_replaces_only_that_range(lakehouse: LakehouseResource) -> None:
    build_and_publish(lakehouse, "raw.flights", DAYS)
    build_and_publish(lakehouse, "raw.flights", "SELECT DATE '2013-02-14' AS day, 'second' AS load", FEBRUARY)
    assert rows_of(
        lakehouse, "SELECT load, count(*), min(day), max(day) FROM raw.flights GROUP BY ALL ORDER BY ALL"
    ) == [
        ("first", 31, date(2013, 1, 1), date(2013, 1, 31)),
        ("second", 1, date(2013, 2, 14), date(2013, 2, 14)),
    ]


def test_a_range_can_be_replaced_by_nothing(lakehouse: LakehouseResource) -> None:
    build_and_publish(lakehouse, "raw.flights", DAYS)
    nothing = TableBuild(TableName("raw", "flights"), {"day": "DATE", "load": "VARCHAR"}, (), 0, FEBRUARY)
    publish(lakehouse, [nothing], run_id="run-2", message="emptied")
    assert rows_of(lakehouse, "SELECT count(*), max(day) FROM raw.flights") == [(31, date(2013, 1, 31))]


@pytest.mark.parametrize("scope", [ReplaceTable(), FEBRUARY, Append()])
def test_a_build_without_rows_makes_an_empty_table(lakehouse: LakehouseResource, scope: Scope) -> None:
    build_and_publish(lakehouse, "raw.flights", f"SELECT * FROM ({DAYS}) WHERE false", scope)
    assert rows_of(lakehouse, "SELECT count(*) FROM raw.flights") == [(0,)]
    assert rows_of(lakehouse, "DESCRIBE raw.flights")[0][:2] == ("day", "DATE")


def test_appending_keeps_what_is_there(lakehouse: LakehouseResource) -> None:
    for number in range(3):
        build_and_publish(lakehouse, "raw.loads", f"SELECT {number}::BIGINT AS id", Append())
    assert rows_of(lakehouse, "SELECT id FROM raw.loads ORDER BY id") == [(0,), (1,), (2,)]


@pytest.mark.parametrize("scope", [ReplaceTable(), FEBRUARY, Append()])
@pytest.mark.parametrize("claimed", [0, 27, 29])
def test_a_row_count_that_does_not_match_publishes_nothing(
    lakehouse: LakehouseResource, scope: Scope, claimed: int
) -> None:
    build_and_publish(lakehouse, "raw.flights", DAYS)
    before = snapshot_of(lakehouse)
    good = build(lakehouse, "audit.profile", "SELECT 1::BIGINT AS id")
    wrong = replace(
        build(lakehouse, "raw.flights", f"SELECT * FROM ({DAYS}) WHERE {FEBRUARY.sql}", scope), rows=claimed
    )
    with pytest.raises(RowCountMismatch, match=r"raw\.flights.*nothing was published"):
        publish(lakehouse, [good, wrong], run_id="run-2", message="wrong")
    assert snapshot_of(lakehouse) == before
    assert rows_of(lakehouse, "SELECT count(*) FROM raw.flights") == [(59,)]
    with lakehouse.connection() as connection:
        assert not table_exists(connection, TableName("audit", "profile"))


@pytest.mark.parametrize("day", ["DATE '2013-03-01'", "NULL::DATE"])
def test_rows_outside_the_range_to_replace_publish_nothing(lakehouse: LakehouseResource, day: str) -> None:
    build_and_publish(lakehouse, "raw.flights", DAYS)
    outside = build(lakehouse, "raw.flights", f"SELECT {day} AS day, 'second' AS load", FEBRUARY)
    with pytest.raises(RowCountMismatch, match="1 of 1 rows lie outside"):
        publish(lakehouse, [outside], run_id="run-2", message="outside")
    assert rows_of(lakehouse, "SELECT count(*) FROM raw.flights") == [(59,)]


def test_a_file_that_was_published_before_is_refused(lakehouse: LakehouseResource) -> None:
    built = build(lakehouse, "raw.loads", "SELECT 1::BIGINT AS id", Append())
    publish(lakehouse, [built], run_id="run-1", message="once")
    build_and_publish(lakehouse, "raw.loads", "SELECT 2::BIGINT AS id")  # the file is of an earlier version now
    with pytest.raises(InvalidBuild, match="published before"):
        publish(lakehouse, [built], run_id="run-1", message="twice")
    assert rows_of(lakehouse, "SELECT id FROM raw.loads") == [(2,)]


def test_a_file_or_table_that_occurs_twice_in_one_publication_is_refused(lakehouse: LakehouseResource) -> None:
    built = build(lakehouse, "raw.loads", "SELECT 1::BIGINT AS id", Append())
    other = replace(built, table=TableName("raw", "other"))
    for builds in ([built, other], [built, replace(built, files=())], [replace(built, files=built.files * 2, rows=2)]):
        with pytest.raises(InvalidBuild, match="occurs twice"):
            publish(lakehouse, builds, run_id="run-1", message="twice")
    with pytest.raises(InvalidBuild, match="nothing to publish"):
        publish(lakehouse, [], run_id="run-1", message="none")


def test_a_file_that_is_gone_is_one_clear_line_and_publishes_nothing(lakehouse: LakehouseResource) -> None:
    built = build(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
    Path(built.files[0]).unlink()
    with pytest.raises(InvalidBuild, match="is not there") as refused:
        publish(lakehouse, [built], run_id="run-1", message="gone")
    assert "\n" not in str(refused.value)


def test_ranges_with_a_gap_are_replaced_and_the_gap_stays(lakehouse: LakehouseResource) -> None:
    build_and_publish(lakehouse, "raw.flights", f"SELECT day, 'old' AS load FROM ({DAYS})")
    days = [ReplaceRange("day", date(2013, 1, day), date(2013, 1, day + 1)) for day in (3, 5)]
    mine = "SELECT unnest([DATE '2013-01-03', DATE '2013-01-05']) AS day, 'mine' AS load"
    build_and_publish(lakehouse, "raw.flights", mine, ReplaceRanges(tuple(days)))
    found = rows_of(lakehouse, "SELECT day(day), load FROM raw.flights WHERE day < DATE '2013-01-07' ORDER BY 1")
    assert found == [(1, "old"), (2, "old"), (3, "mine"), (4, "old"), (5, "mine"), (6, "old")]
    outside = build(lakehouse, "raw.flights", mine, ReplaceRanges((days[0],)))
    with pytest.raises(RowCountMismatch, match="1 of 2 rows lie outside the range to replace"):
        publish(lakehouse, [outside], run_id="run", message="too much")
    with pytest.raises(InvalidBuild, match="all of one column"):
        ReplaceRanges((days[0], ReplaceRange("other", date(2013, 1, 1), date(2013, 1, 2))))
