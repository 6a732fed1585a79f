import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from resources.lakehouse import (
    Append,
    InvalidBuild,
    LakehouseResource,
    MaintenanceReport,
    ReplaceRange,
    RetentionTooShort,
    list_snapshots,
    publish,
    run_maintenance,
)
from tests.resources.lakehouse.building import build, build_and_publish, files_below, registered_files, rows_of

KEEP = timedelta(hours=24)


def _maintain(
    lakehouse: LakehouseResource, *, after: timedelta, keep_snapshots: tuple[int, ...] = ()
) -> MaintenanceReport:
    return run_maintenance(lakehouse, keep=KEEP, now=datetime.now(UTC) + after, keep_snapshots=keep_snapshots)


def _age(file: str | Path, *, by: timedelta) -> None:
    then = (datetime.now(UTC) - by).timestamp()
    os.utime(file, (then, then))


def test_a_retention_below_an_hour_is_refused(lakehouse: LakehouseResource) -> None:
    with pytest.raises(RetentionTooShort, match="at least 1:00:00"):
        run_maintenance(lakehouse, keep=timedelta(minutes=59), now=datetime.now(UTC))


def test_nothing_younger_than_the_retention_is_touched(lakehouse: LakehouseResource) -> None:
    build_and_publish(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
    build_and_publish(lakehouse, "core.flight", "SELECT 2::BIGINT AS id")
    unpublished = build(lakehouse, "core.flight", "SELECT 3::BIGINT AS id")
    orphan = Path(lakehouse.data_path) / "core" / "flight" / "orphan.parquet"
    orphan.parent.mkdir(parents=True, exist_ok=True)
    orphan.write_bytes(b"half written")
    before = files_below(lakehouse.build_path) | files_below(lakehouse.data_path)
    report = _maintain(lakehouse, after=KEEP - timedelta(minutes=1))
    assert report == MaintenanceReport(0, (), 0, 0, 0, 0)
    assert files_below(lakehouse.build_path) | files_below(lakehouse.data_path) == before
    publish(lakehouse, [unpublished], run_id="run", message="a long build ends")
    assert rows_of(lakehouse, "SELECT id FROM core.flight") == [(3,)]


def test_files_are_abandoned_by_their_own_age_and_registered_ones_stay_however_old(
    lakehouse: LakehouseResource,
) -> None:
    published = build(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
    publish(lakehouse, [published], run_id="run", message="good")
    failed, young = (build(lakehouse, "core.flight", "SELECT 2::BIGINT AS id") for _ in range(2))
    for old in (published, failed):
        _age(old.files[0], by=timedelta(days=30))
        _age(Path(old.files[0]).parent, by=timedelta(days=30))
    orphan, fresh = (Path(lakehouse.data_path) / f"{name}.parquet" for name in ("orphan", "fresh"))
    orphan.write_bytes(b"half written")
    fresh.write_bytes(b"half written")
    _age(orphan, by=timedelta(days=30))
    report = _maintain(lakehouse, after=timedelta(0))
    assert (report.deleted_orphans, report.deleted_abandoned_builds) == (1, 1)
    assert files_below(lakehouse.build_path) == {published.files[0], young.files[0]}
    assert files_below(lakehouse.data_path) == {str(fresh)}
    assert rows_of(lakehouse, "SELECT id FROM core.flight") == [(1,)]
    # Deleting made the folder young; it goes next time.
    _maintain(lakehouse, after=KEEP * 2)
    assert not Path(failed.files[0]).parent.exists()


def test_replaced_files_go_with_the_last_version_that_knows_them(lakehouse: LakehouseResource) -> None:
    first = build(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
    publish(lakehouse, [first], run_id="run", message="first")
    build_and_publish(lakehouse, "core.flight", "SELECT 2::BIGINT AS id")
    _age(first.files[0], by=timedelta(days=30))
    assert files_below(lakehouse.build_path) > registered_files(lakehouse)

    # The version expires now, and its file is only scheduled: someone may have begun to read it just before.
    snapshots = rows_of(lakehouse, "SELECT max(snapshot_id) FROM lake.snapshots()")[0][0]
    with lakehouse.connection() as connection:
        connection.execute(f"CALL ducklake_expire_snapshots('lake', versions => [{int(str(snapshots)) - 1}])")
        connection.execute("CALL ducklake_expire_snapshots('lake', versions => [0])")
    report = _maintain(lakehouse, after=timedelta(0))
    assert report.deleted_old_files == report.deleted_abandoned_builds == 0
    assert Path(first.files[0]).exists()
    with pytest.raises(InvalidBuild, match="published before"):
        publish(lakehouse, [first], run_id="run", message="a file that is about to be deleted")

    report = _maintain(lakehouse, after=KEEP * 2)
    assert report.deleted_old_files == 1
    assert files_below(lakehouse.build_path) == registered_files(lakehouse)
    assert rows_of(lakehouse, "SELECT id FROM core.flight") == [(2,)]


def test_a_file_of_the_data_path_that_is_scheduled_for_deletion_is_no_orphan(lakehouse: LakehouseResource) -> None:
    build_and_publish(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
    for number in range(3):
        build_and_publish(lakehouse, "raw.loads", f"SELECT {number}::BIGINT AS id", Append())
    assert _maintain(lakehouse, after=timedelta(0)).merged_files == 3
    (merged,) = files_below(lakehouse.data_path)
    build_and_publish(lakehouse, "raw.loads", "SELECT 9::BIGINT AS id")
    with lakehouse.connection() as connection:
        listed = [version for (version,) in connection.execute("SELECT snapshot_id FROM lake.snapshots()").fetchall()]
        connection.execute(f"CALL ducklake_expire_snapshots('lake', versions => {sorted(listed)[:-1]})")
    _age(merged, by=timedelta(days=30))
    report = _maintain(lakehouse, after=timedelta(0))
    assert (report.deleted_orphans, report.deleted_old_files) == (0, 0)
    assert Path(merged).exists()
    _maintain(lakehouse, after=KEEP * 2)
    assert not Path(merged).exists()


def test_small_files_are_merged_and_the_rows_stay(each_catalog: LakehouseResource) -> None:
    for day in range(1, 11):
        scope = ReplaceRange("day", date(2013, 1, day), date(2013, 1, day + 1))
        build_and_publish(
            each_catalog, "raw.flights", f"SELECT DATE '2013-01-{day}' AS day, range AS id FROM range(9)", scope
        )
    report = _maintain(each_catalog, after=timedelta(0))
    assert report.merged_files == 10
    assert len(registered_files(each_catalog)) == 1
    assert rows_of(each_catalog, "SELECT count(*), count(DISTINCT day) FROM raw.flights") == [(90, 10)]
    _maintain(each_catalog, after=KEEP * 2)
    assert files_below(each_catalog.build_path) == set()
    assert files_below(each_catalog.data_path) == registered_files(each_catalog)
    # A day within a merged file can still be replaced.
    scope = ReplaceRange("day", date(2013, 1, 3), date(2013, 1, 4))
    build_and_publish(each_catalog, "raw.flights", "SELECT DATE '2013-01-03' AS day, 99::BIGINT AS id", scope)
    assert rows_of(each_catalog, "SELECT count(*), max(id) FROM raw.flights") == [(82, 99)]


def test_a_kept_snapshot_stays_readable_and_the_current_one_never_expires(each_catalog: LakehouseResource) -> None:
    ids = [build_and_publish(each_catalog, "core.flight", f"SELECT {number}::BIGINT AS id") for number in range(4)]
    report = _maintain(each_catalog, after=KEEP * 2, keep_snapshots=(ids[1],))
    assert report.expired_snapshots == (0, ids[0], ids[2])
    _maintain(each_catalog, after=KEEP * 4, keep_snapshots=(ids[1],))
    assert rows_of(each_catalog, f"SELECT id FROM core.flight AT (VERSION => {ids[1]})") == [(1,)]
    assert rows_of(each_catalog, "SELECT id FROM core.flight") == [(3,)]
    assert len(files_below(each_catalog.build_path)) == 2


def test_an_old_version_that_was_current_until_just_now_does_not_expire_under_its_readers(
    lakehouse: LakehouseResource,
) -> None:
    old = build_and_publish(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
    build_and_publish(lakehouse, "core.flight", "SELECT 2::BIGINT AS id")
    with lakehouse.connection() as connection:
        newer, older, _created = list_snapshots(connection, 3)
    between = older.at + (newer.at - older.at) / 2
    report = run_maintenance(lakehouse, keep=KEEP, now=between + KEEP)
    assert old not in report.expired_snapshots
    assert rows_of(lakehouse, f"SELECT id FROM core.flight AT (VERSION => {old})") == [(1,)]


def test_a_build_path_reached_by_a_symbolic_link_keeps_its_registered_files(
    lakehouse: LakehouseResource, tmp_path: Path
) -> None:
    build_and_publish(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
    link = tmp_path / "link"
    link.symlink_to(lakehouse.build_path)
    linked = lakehouse.model_copy(update={"build_path": f"{link}/"})
    try:
        assert _maintain(linked, after=KEEP * 2).deleted_abandoned_builds == 0
    finally:
        linked.close()
    assert rows_of(lakehouse, "SELECT id FROM core.flight") == [(1,)]
