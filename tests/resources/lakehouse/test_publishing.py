from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from resources.lakehouse import (
    Append,
    InvalidBuild,
    InvalidName,
    LakehouseResource,
    PublishConflict,
    ReplaceRange,
    ReplaceRanges,
    ReplaceTable,
    RowCountMismatch,
    SchemaConflict,
    Scope,
    TableBuild,
    TableName,
    current_snapshot,
    publish,
    publishing,
    table_exists,
)
from tests.resources.lakehouse.building import build, build_and_publish, rows_of

DAYS = "SELECT DATE '2013-01-01' + range::INTEGER AS day, 'first' AS load FROM range(59)"
FEBRUARY = ReplaceRange("day", date(2013, 2, 1), date(2013, 3, 1))
AROUND_JANUARY = ReplaceRanges((ReplaceRange("day", date(2012, 12, 31), date(2013, 1, 1)), FEBRUARY))


def _snapshot(lakehouse: LakehouseResource) -> int:
    with lakehouse.connection() as connection:
        return current_snapshot(connection)


def test_several_tables_are_published_as_one_version(lakehouse: LakehouseResource) -> None:
    builds = [build(lakehouse, table, "SELECT 1::BIGINT AS id") for table in ("core.flight", "audit.profile")]
    publication = publish(lakehouse, builds, run_id="run-1", message="both")
    assert publication.snapshot_after == publication.snapshot_before + 1 == _snapshot(lakehouse)
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
    before = _snapshot(lakehouse)
    good = build(lakehouse, "audit.profile", "SELECT 1::BIGINT AS id")
    wrong = replace(
        build(lakehouse, "raw.flights", f"SELECT * FROM ({DAYS}) WHERE {FEBRUARY.sql}", scope), rows=claimed
    )
    with pytest.raises(RowCountMismatch, match=r"raw\.flights.*nothing was published"):
        publish(lakehouse, [good, wrong], run_id="run-2", message="wrong")
    assert _snapshot(lakehouse) == before
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


def test_a_replaced_table_takes_the_columns_of_its_build(lakehouse: LakehouseResource) -> None:
    build_and_publish(lakehouse, "core.plane", "SELECT 1::BIGINT AS id, 'a' AS maker")
    build_and_publish(lakehouse, "core.plane", "SELECT 'N1' AS id, 2.5::DECIMAL(5,2) AS seats")
    described = [row[:2] for row in rows_of(lakehouse, "DESCRIBE core.plane")]
    assert described == [("id", "VARCHAR"), ("seats", "DECIMAL(5,2)")]


@pytest.mark.parametrize("scope", [FEBRUARY, Append()])
def test_kept_rows_have_null_in_a_new_column(lakehouse: LakehouseResource, scope: Scope) -> None:
    build_and_publish(lakehouse, "raw.flights", f"SELECT * FROM ({DAYS}) WHERE day < DATE '2013-02-01'")
    build_and_publish(
        lakehouse, "raw.flights", "SELECT 9::BIGINT AS gate, DATE '2013-02-02' AS day, 'x' AS load", scope
    )
    assert rows_of(lakehouse, "SELECT gate, count(*) FROM raw.flights GROUP BY ALL ORDER BY ALL") == [
        (9, 1),
        (None, 31),
    ]


@pytest.mark.parametrize("scope", [FEBRUARY, Append()])
@pytest.mark.parametrize(
    ("select", "told"),
    [
        ("SELECT DATE '2013-02-02' AS day", "removed: load"),
        ("SELECT DATE '2013-02-02' AS day, 1::BIGINT AS load", r"changed: load \(VARCHAR in the table, BIGINT"),
    ],
)
def test_where_rows_are_kept_any_other_change_of_columns_is_refused(
    lakehouse: LakehouseResource, scope: Scope, select: str, told: str
) -> None:
    build_and_publish(lakehouse, "raw.flights", DAYS)
    with pytest.raises(SchemaConflict, match=told):
        build_and_publish(lakehouse, "raw.flights", select, scope)
    assert rows_of(lakehouse, "SELECT count(*) FROM raw.flights") == [(59,)]


def test_types_are_compared_by_what_they_are_and_not_by_how_they_are_written(lakehouse: LakehouseResource) -> None:
    built = build(lakehouse, "raw.loads", "SELECT now() AS loaded_at, 1::BIGINT AS id", Append())
    for columns in (
        {"loaded_at": "TIMESTAMPTZ", "id": "int8"},
        {"loaded_at": "timestamp with time zone", "id": "BIGINT"},
    ):
        again = build(lakehouse, "raw.loads", "SELECT now() AS loaded_at, 1::BIGINT AS id", Append())
        publish(lakehouse, [replace(again, columns=columns)], run_id="run", message="same")
    publish(lakehouse, [built], run_id="run", message="same")
    assert rows_of(lakehouse, "SELECT count(*) FROM raw.loads") == [(3,)]


@pytest.mark.parametrize(
    "columns", [{"id": "VARCHAR"}, {"id": "BIGINT", "more": "BIGINT"}, {"other": "BIGINT"}], ids=str
)
def test_a_file_that_does_not_hold_the_columns_it_is_said_to_hold_publishes_nothing(
    lakehouse: LakehouseResource, columns: dict[str, str]
) -> None:
    built = replace(build(lakehouse, "core.flight", "SELECT 1::BIGINT AS id"), columns=columns)
    with pytest.raises(SchemaConflict, match="does not hold the build's columns") as refused:
        publish(lakehouse, [built], run_id="run", message="wrong")
    assert "\n" not in str(refused.value)
    with lakehouse.connection() as connection:
        assert not table_exists(connection, TableName("core", "flight"))


def test_hostile_column_names_and_types_are_refused_and_hostile_text_is_only_text(lakehouse: LakehouseResource) -> None:
    hostile = 'id" BIGINT); DROP TABLE core.flight; --'
    with pytest.raises(InvalidName):
        TableBuild(TableName("core", "flight"), {hostile: "BIGINT"}, (), 0, ReplaceTable())
    with pytest.raises(InvalidName):
        ReplaceRange(hostile, date(2013, 1, 1), date(2013, 1, 2))
    build_and_publish(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
    with pytest.raises(SchemaConflict, match="not a type"):
        publish(
            lakehouse,
            [TableBuild(TableName("core", "flight"), {"id": "BIGINT); DROP TABLE core.flight; --"}, (), 0, Append())],
            run_id="run",
            message="hostile",
        )
    text = "'); DROP TABLE core.flight; --"
    built = build(lakehouse, "core.flight", "SELECT 2::BIGINT AS id", run_id=text)
    publish(lakehouse, [built], run_id=text, message=text)
    assert rows_of(lakehouse, "SELECT id FROM core.flight") == [(2,)]
    assert rows_of(lakehouse, "SELECT commit_message FROM lake.snapshots() ORDER BY snapshot_id DESC LIMIT 1") == [
        (text,)
    ]


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


@pytest.mark.parametrize(
    ("mine", "theirs", "conflict"),
    [
        (ReplaceTable(), ReplaceTable(), True),
        (ReplaceTable(), Append(), True),
        (ReplaceTable(), FEBRUARY, True),
        (FEBRUARY, FEBRUARY, True),
        (FEBRUARY, ReplaceRange("day", date(2013, 2, 28), date(2013, 3, 2)), True),
        (FEBRUARY, ReplaceRange("day", date(2013, 3, 1), date(2013, 3, 2)), False),
        (FEBRUARY, ReplaceRange("day", date(2013, 1, 31), date(2013, 2, 1)), False),
        (AROUND_JANUARY, ReplaceRange("day", date(2013, 1, 31), date(2013, 2, 1)), False),
        (AROUND_JANUARY, ReplaceRange("day", date(2013, 1, 31), date(2013, 2, 2)), True),
        (FEBRUARY, AROUND_JANUARY, True),
        (Append(), Append(), False),
        (Append(), ReplaceTable(), False),
    ],
)
def test_rows_that_another_run_published_since_the_build_read_are_not_overwritten(
    lakehouse: LakehouseResource,
    mine: Scope,
    theirs: Scope,
    conflict: bool,  # noqa: FBT001 - a case of the table
) -> None:
    build_and_publish(lakehouse, "raw.flights", f"SELECT * FROM ({DAYS}) WHERE day < DATE '2013-01-15'")
    read_snapshot = _snapshot(lakehouse)
    ranges = theirs.ranges if isinstance(theirs, ReplaceRange | ReplaceRanges) else (FEBRUARY,)
    day = ranges[-1].start.isoformat()
    theirs_select = f"SELECT DATE '{day}' AS day, 'theirs' AS load"
    snapshot = build_and_publish(lakehouse, "raw.flights", theirs_select, theirs, run_id="run-theirs")
    built = build(lakehouse, "raw.flights", "SELECT DATE '2013-02-01' AS day, 'mine' AS load", mine)
    if conflict:
        with pytest.raises(PublishConflict, match=rf"raw\.flights: run run-theirs .* snapshot {snapshot}"):
            publish(lakehouse, [built], run_id="run-mine", message="mine", read_snapshot=read_snapshot)
    else:
        publish(lakehouse, [built], run_id="run-mine", message="mine", read_snapshot=read_snapshot)
    found = {load for (load,) in rows_of(lakehouse, "SELECT DISTINCT load FROM raw.flights")}
    assert ("mine" in found) is not conflict
    assert "theirs" in found


def test_rows_that_a_stranger_wrote_since_the_build_read_are_not_overwritten_either(
    lakehouse: LakehouseResource,
) -> None:
    build_and_publish(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
    build_and_publish(lakehouse, "core.other", "SELECT 1::BIGINT AS id")
    read_snapshot = _snapshot(lakehouse)
    built = build(lakehouse, "core.flight", "SELECT 3::BIGINT AS id")
    rows_of(lakehouse, "INSERT INTO core.flight VALUES (2)")
    with pytest.raises(PublishConflict, match="somebody"):
        publish(lakehouse, [built], run_id="run", message="late", read_snapshot=read_snapshot)
    other = build(lakehouse, "core.other", "SELECT 3::BIGINT AS id")
    publish(lakehouse, [other], run_id="run", message="another table", read_snapshot=read_snapshot)


def test_a_conflict_that_ducklake_itself_finds_is_a_publish_conflict(
    each_catalog: LakehouseResource, monkeypatch: pytest.MonkeyPatch
) -> None:
    lakehouse = each_catalog
    build_and_publish(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
    commit = publishing._commit

    def commit_after_a_stranger(connection: object) -> None:
        rows_of(lakehouse, "DELETE FROM core.flight")  # a stranger takes no lock
        commit(connection)  # type: ignore[arg-type]

    monkeypatch.setattr(publishing, "_commit", commit_after_a_stranger)
    with pytest.raises(PublishConflict, match="build and audit again"):
        build_and_publish(lakehouse, "core.flight", "SELECT 2::BIGINT AS id")
