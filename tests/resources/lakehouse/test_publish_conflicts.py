"""What others published since a build read its input is never overwritten unseen."""

from datetime import date

import pytest

from resources.lakehouse import (
    Append,
    LakehouseResource,
    PublishConflict,
    ReplaceRange,
    ReplaceRanges,
    ReplaceTable,
    Scope,
    publish,
    publishing,
)
from tests.resources.lakehouse.building import DAYS, FEBRUARY, build, build_and_publish, rows_of, snapshot_of

AROUND_JANUARY = ReplaceRanges((ReplaceRange("day", date(2012, 12, 31), date(2013, 1, 1)), FEBRUARY))


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
    read_snapshot = snapshot_of(lakehouse)
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
    read_snapshot = snapshot_of(lakehouse)
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
