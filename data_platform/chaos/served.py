"""A daemon with its code server in the scratch home: it launches jobs and schedules, and what repairs them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import dagster as dg

from data_platform.chaos.overlapping_schedules import JOB as OVERLAPPING_JOB
from data_platform.chaos.overlapping_schedules import OVERLAPPING
from data_platform.settings import CHECKOUT

if TYPE_CHECKING:
    from data_platform.chaos.scratch import Scratch

TOO_LARGE = "a worker killed with signal 9"
WHILE_BUILDING = "a worker killed within a transaction"
TWICE = "a worker that is killed every time"
SIDE_EFFECTS = "a worker killed in an asset with side effects"
KILLED_JOBS = {
    TOO_LARGE: "too_large",
    WHILE_BUILDING: "while_building",
    TWICE: "twice",
    SIDE_EFFECTS: "side_effects",
}
JOBS = {**KILLED_JOBS, OVERLAPPING: OVERLAPPING_JOB}
MODULE = "data_platform.chaos.served_definitions"
PATIENCE_SECONDS, LOOK_SECONDS = 150.0, 0.5
SCHEDULES_PATIENCE_SECONDS = 420.0
"""Until the killed workers are done with, the schedules have overlapped, and have ticked once more."""
_WORKSPACE = "load_from:\n  - python_module:\n      module_name: {module}\n      location_name: chaos\n"


def start_daemon(scratch: "Scratch") -> None:
    """Have the daemon run until the end of all; it launches each job once, and its schedules tick."""
    scratch.keep_open("daemon", daemon)


@contextmanager
def daemon(scratch: "Scratch") -> Iterator[None]:
    """Dagster's daemon over the definitions; ended with all that it started."""
    home = scratch.settings.dagster_home
    workspace = home / "workspace.yaml"
    workspace.write_text(_WORKSPACE.format(module=MODULE), encoding="utf-8")
    environment = {
        **os.environ,
        "DATA_PLATFORM_HOME": str(scratch.settings.home),
        "PYTHONPATH": str(CHECKOUT),
    }
    command = [sys.executable, "-m", "dagster._daemon", "run", "-w", str(workspace)]
    with (home / "daemon.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environment, cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what it started is of its session, which is its own
        process.wait(timeout=20)


def outcome_of(
    scratch: "Scratch", name: str, is_over: Callable[[], bool], patience_seconds: float = PATIENCE_SECONDS
) -> bool:
    """Wait until the ladder is done with an experiment's job; whether a run of it succeeded.

    Raises:
        TimeoutError: it is not done in time.
    """
    until = time.monotonic() + patience_seconds
    while not is_over():
        if time.monotonic() > until:
            raise TimeoutError(f"{name}: not over within {patience_seconds:.0f} s")
        time.sleep(LOOK_SECONDS)
    # A step that is proved tells the ledger before its run has ended.
    while not all(run.is_finished for run in runs_of(scratch, name)) and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
    return any(run.status is dg.DagsterRunStatus.SUCCESS for run in runs_of(scratch, name))


def runs_of(scratch: "Scratch", name: str) -> Sequence[dg.DagsterRun]:
    """The runs of an experiment's job, repair runs included."""
    return scratch.instance.get_runs(filters=dg.RunsFilter(job_name=JOBS[name]))
