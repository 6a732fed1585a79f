import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from multiprocessing.synchronize import Event
from typing import Any

import pytest

from resources.lakehouse import LakehouseResource, ReplaceRange, publish, publishing, run_maintenance
from tests.resources.lakehouse.building import (
    build,
    build_and_publish,
    files_below,
    registered_files,
    rows_of,
    settings_of,
)
from tests.resources.lakehouse.processes import DEADLINE_SECONDS, other_processes, running

ROWS = 20_000
JANUARY = ReplaceRange("day", date(2013, 1, 1), date(2013, 2, 1))
KILLS = 20


def _generation(number: int) -> str:
    return (
        f"SELECT range AS id, {number}::BIGINT AS generation, DATE '2013-01-01' + (range % 60)::INTEGER AS day "
        f"FROM range({ROWS})"
    )


def _publish_generation(lakehouse: LakehouseResource, number: int) -> None:
    builds = [build(lakehouse, table, _generation(number)) for table in ("core.flight", "audit.flight")]
    publish(lakehouse, builds, run_id=f"run-{number}", message="both")


def _publish_for_ever(settings: Mapping[str, Any], begun: Event, first: int) -> None:
    lakehouse = LakehouseResource(**settings)
    with lakehouse.connection():
        begun.set()
    number = first
    while True:
        number += 1
        _publish_generation(lakehouse, number)


def _kill_myself(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _after_the_files_are_written(lakehouse: LakehouseResource) -> None:
    build(lakehouse, "core.flight", _generation(2))
    _kill_myself()


def _after_the_audit(lakehouse: LakehouseResource) -> None:
    built = build(lakehouse, "core.flight", _generation(2))
    assert rows_of(lakehouse, f"SELECT count(*) FROM '{built.files[0]}' WHERE id IS NULL") == [(0,)]
    _kill_myself()


def _inside_the_commit(lakehouse: LakehouseResource) -> None:
    # Replacing a range also writes a delete file, into the data path: the other kind of orphan.
    january = f"SELECT * FROM ({_generation(2)}) WHERE {JANUARY.sql}"
    built = build(lakehouse, "core.flight", january, JANUARY)
    publishing._commit = _kill_myself  # type: ignore[assignment]
    publish(lakehouse, [built], run_id="run-2", message="january")


POINTS = [_after_the_files_are_written, _after_the_audit, _inside_the_commit]


def _run_point(settings: Mapping[str, Any], point: Callable[[LakehouseResource], None]) -> None:
    point(LakehouseResource(**settings))


def _versions(lakehouse: LakehouseResource) -> list[tuple[object, ...]]:
    """Rows and generations of both tables, read in one transaction."""
    return rows_of(
        lakehouse,
        "SELECT count(*), min(generation), max(generation) FROM core.flight UNION ALL "
        "SELECT count(*), min(generation), max(generation) FROM audit.flight",
    )


def _maintain_later(lakehouse: LakehouseResource) -> None:
    for days in (2, 4):  # what the first schedules for deletion, the second deletes
        run_maintenance(lakehouse, keep=timedelta(hours=1), now=datetime.now(UTC) + timedelta(days=days))


def test_20_kills_at_random_points_leave_whole_versions_and_files_that_maintenance_removes(
    lakehouse: LakehouseResource,
) -> None:
    chance = random.Random(20131231)  # noqa: S311 - moments, not secrets
    _publish_generation(lakehouse, 1)
    generation = 1
    for kill in range(KILLS):
        begun = other_processes().Event()
        with running(_publish_for_ever, settings_of(lakehouse), begun, generation):
            assert begun.wait(DEADLINE_SECONDS)
            # On a machine so slow that no victim has published yet, the next one lives longer.
            time.sleep(chance.uniform(0.0, 0.35 if generation > 1 else 0.35 + 0.2 * kill))
        (rows, generation, newest), audit = _versions(lakehouse)  # type: ignore[assignment]
        assert rows == ROWS
        assert generation == newest
        assert audit == (rows, generation, newest)
    assert generation > 1, "no victim lived long enough to publish: the kills prove nothing"

    _publish_generation(lakehouse, generation + 1)  # no lock is stuck
    _maintain_later(lakehouse)

    assert _versions(lakehouse) == [(ROWS, generation + 1, generation + 1)] * 2
    builds, data = files_below(lakehouse.build_path), files_below(lakehouse.data_path)
    assert builds | data == registered_files(lakehouse)


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_a_named_point_leaves_the_last_good_version_and_orphans_that_maintenance_removes(
    each_catalog: LakehouseResource, point: Callable[[LakehouseResource], None]
) -> None:
    lakehouse = each_catalog
    build_and_publish(lakehouse, "core.flight", _generation(1))
    good = registered_files(lakehouse)
    with running(_run_point, settings_of(lakehouse), point) as victim:
        victim.join(DEADLINE_SECONDS)
        assert victim.exitcode == -signal.SIGKILL

    assert rows_of(lakehouse, "SELECT count(*), max(generation) FROM core.flight") == [(ROWS, 1)]
    left = files_below(lakehouse.build_path) | files_below(lakehouse.data_path)
    assert left > good
    if point is _inside_the_commit:
        assert files_below(lakehouse.data_path), "the kill came before the delete file was written"
    _maintain_later(lakehouse)
    assert files_below(lakehouse.build_path) | files_below(lakehouse.data_path) == registered_files(lakehouse)

    build_and_publish(lakehouse, "core.flight", _generation(3))
    assert rows_of(lakehouse, "SELECT count(*), min(generation) FROM core.flight") == [(ROWS, 3)]
