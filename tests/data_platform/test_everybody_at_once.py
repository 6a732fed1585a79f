"""An analyst, four writers and `data-platform run` on one lakehouse at once, each in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data_platform.connections import lakehouse_of
from data_platform.settings import Settings
from resources.lakehouse import LakehouseResource
from tests.resources.lakehouse.building import build_and_publish, rows_of, settings_of
from tests.resources.lakehouse.processes import DEADLINE_SECONDS, finish, other_processes, running
from tests.servers.free_port import free_ports

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

CHECKOUT = Path(__file__).resolve().parents[2]
WRITERS = 4
ROWS = 200
PAUSE_SECONDS = 0.5
"""Between two versions of a writer, a tenth of it between two questions: all are in each other's way, and none takes
the processors from the others."""
RUN_WITHIN_SECONDS = 240


def _write(settings: Mapping[str, Any], writer: int, stop: Event, written: "Queue[int]") -> None:
    lakehouse, versions = LakehouseResource(**settings), 0
    while not stop.is_set():
        versions += 1
        select = f"SELECT range AS id, {versions}::BIGINT AS version FROM range({ROWS})"
        build_and_publish(lakehouse, f"sandbox.writer_{writer}", select)
        stop.wait(PAUSE_SECONDS)
    written.put(versions)


def _ask(settings: Mapping[str, Any], stop: Event, seen: "Queue[tuple[int, list[str]]]") -> None:
    lakehouse, questions, wrong = LakehouseResource(**settings), 0, []
    while not stop.is_set():
        try:
            for (table,) in rows_of(
                lakehouse,
                "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = 'lake' ORDER BY 1",
            ):
                ((rows, *_),) = rows_of(lakehouse, f"SELECT count(*) FROM {table}")
                if table.startswith("sandbox.") and rows != ROWS:
                    wrong.append(f"{table} has {rows} rows")
                questions += 1
                stop.wait(PAUSE_SECONDS / 10)
        except Exception as error:  # noqa: BLE001 - any error at all is what this looks for
            wrong.append(f"{type(error).__name__}: {error}")
    seen.put((questions, wrong))


def test_an_analyst_has_not_one_error_while_the_platform_runs_and_four_writers_publish(tmp_path: Path) -> None:
    home = tmp_path / "home"
    lakehouse = lakehouse_of(Settings(home=home))
    for writer in range(WRITERS):
        build_and_publish(
            lakehouse, f"sandbox.writer_{writer}", f"SELECT range AS id, 0::BIGINT AS version FROM range({ROWS})"
        )
    settings, context = settings_of(lakehouse), other_processes()
    stop, seen, written = context.Event(), context.Queue(), context.Queue()
    with running(_ask, settings, stop, seen) as analyst, ExitStack() as stack:
        writers = [stack.enter_context(running(_write, settings, number, stop, written)) for number in range(WRITERS)]
        run = _run_the_platform(home)
        stop.set()
        questions, wrong = seen.get(timeout=DEADLINE_SECONDS)
        versions = [written.get(timeout=DEADLINE_SECONDS) for _ in writers]
        for process in (analyst, *writers):
            finish(process)
    lakehouse.close()

    assert run.returncode == 0, run.stdout + run.stderr
    assert wrong == []
    assert questions > 100
    assert min(versions) > 5


def _run_the_platform(home: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **{
            name: value for name, value in os.environ.items() if not name.startswith(("DATA_PLATFORM_", "DAGSTER_HOME"))
        },
        "DATA_PLATFORM_HOME": str(home),
        "DATA_PLATFORM_TODAY": "2013-01-03",
        "DATA_PLATFORM_WEATHER_API_PORT": str(free_ports(1)[0]),
    }
    return subprocess.run(
        [sys.executable, "-m", "data_platform", "run"],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=RUN_WITHIN_SECONDS,
        check=False,
    )
