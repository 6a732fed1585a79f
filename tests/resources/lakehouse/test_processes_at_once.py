"""Writers, a reader and first attachers in processes of their own: no error, no lost commit, only whole versions."""

from collections.abc import Mapping
from contextlib import ExitStack
from multiprocessing.synchronize import Barrier, Event
from typing import TYPE_CHECKING, Any

from resources.lakehouse import Append, LakehouseResource, publish
from tests.resources.lakehouse.building import build, build_and_publish, rows_of, settings_of
from tests.resources.lakehouse.processes import DEADLINE_SECONDS, finish, other_processes, running

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

WRITERS = 4
PUBLICATIONS = 12
ROWS = 500
PAUSE_SECONDS = 0.02
"""Between two reads, so that the reader does not take a processor from the writers."""


def _write(settings: Mapping[str, Any], writer: int, together: Barrier) -> None:
    lakehouse = LakehouseResource(**settings)
    together.wait(DEADLINE_SECONDS)  # all attach at once
    for number in range(PUBLICATIONS):
        version = writer * 1000 + number
        rows = f"SELECT range AS id, {version}::BIGINT AS version FROM range({ROWS})"
        builds = [
            build(lakehouse, "core.shared", rows),
            build(lakehouse, "marts.shared", rows),
            build(lakehouse, "raw.loads", f"SELECT {version}::BIGINT AS version", Append()),
        ]
        publish(lakehouse, builds, run_id=f"writer-{writer}", message=f"version {version}")


def _read(settings: Mapping[str, Any], stop: Event, seen: "Queue[tuple[int, list[str]]]") -> None:
    lakehouse = LakehouseResource(**settings)
    counted = "SELECT count(*) AS rows, min(version) AS oldest, max(version) AS newest FROM"
    reads, wrong = 0, []
    while not stop.is_set():
        try:
            core, marts = rows_of(lakehouse, f"{counted} core.shared UNION ALL {counted} marts.shared")
            if core[0] != ROWS or core[1] != core[2] or core != marts:
                wrong.append(f"a version in parts: {core} {marts}")
        except Exception as error:  # noqa: BLE001 - any error at all is what this looks for
            wrong.append(f"{type(error).__name__}: {error}")
        reads += 1
        stop.wait(PAUSE_SECONDS)
    seen.put((reads, wrong))


def test_four_writers_publish_while_a_reader_sees_no_error_and_only_whole_versions(
    each_catalog: LakehouseResource,
) -> None:
    lakehouse, context = each_catalog, other_processes()
    for table in ("core.shared", "marts.shared"):
        build_and_publish(lakehouse, table, f"SELECT range AS id, 0::BIGINT AS version FROM range({ROWS})")
    stop, seen, together = context.Event(), context.Queue(), context.Barrier(WRITERS)
    settings = settings_of(lakehouse)
    with running(_read, settings, stop, seen) as reader, ExitStack() as stack:
        writers = [stack.enter_context(running(_write, settings, number, together)) for number in range(1, WRITERS + 1)]
        for writer in writers:
            finish(writer)
        stop.set()
        reads, wrong = seen.get(timeout=DEADLINE_SECONDS)
        finish(reader)

    assert wrong == []
    assert reads > PUBLICATIONS
    # Not one commit was lost.
    assert rows_of(lakehouse, "SELECT count(*), count(DISTINCT version) FROM raw.loads") == [
        (WRITERS * PUBLICATIONS, WRITERS * PUBLICATIONS)
    ]


def _attach_first(settings: Mapping[str, Any], together: Barrier) -> None:
    together.wait(DEADLINE_SECONDS)
    assert rows_of(LakehouseResource(**settings), "SELECT count(*) FROM lake.snapshots()") == [(1,)]


def test_four_processes_that_attach_to_an_empty_catalog_at_once_all_succeed(each_catalog: LakehouseResource) -> None:
    together = other_processes().Barrier(WRITERS)
    settings = settings_of(each_catalog)
    with ExitStack() as stack:
        for process in [stack.enter_context(running(_attach_first, settings, together)) for _ in range(WRITERS)]:
            finish(process)
