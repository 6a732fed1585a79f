"""A lock for each run that a command executes in its own process; the operating system gives it back when that is gone.

Dagster watches over runs that its daemon launched, not over these: without it a killed `data-platform run` would stay
started for ever, and automation would wait for it.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dagster as dg

COMMAND_TAG = "data_platform/command"
"""The tag of runs that a command executes: the run's own id, since a re-execution inherits the tags of its parent."""


@contextmanager
def held(dagster_home: Path, run_id: str) -> Iterator[None]:
    """Hold a run's lock, from before the run exists until it has ended."""
    path = _path(dagster_home, run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def end_runs_of_dead_commands(instance: "dg.DagsterInstance", dagster_home: Path) -> list[str]:
    """Mark runs as failed whose command is gone; returns their ids."""
    from dagster import DagsterRunStatus, RunsFilter  # noqa: PLC0415 - `make up` must not wait for dagster's import

    unfinished = [DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.STARTED]
    ended = []
    for run in instance.get_runs(RunsFilter(statuses=[*unfinished, DagsterRunStatus.CANCELING])):
        if run.tags.get(COMMAND_TAG) == run.run_id and _is_gone(_path(dagster_home, run.run_id)):
            gone = "the command that executed this run is gone: killed, or ended with its machine"
            instance.report_run_failed(run, message=f"{gone}. What it published stays; run it again")
            ended.append(run.run_id)
    return ended


def _path(dagster_home: Path, run_id: str) -> Path:
    return dagster_home / "commands" / f"{run_id}.lock"


def _is_gone(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        return True
    finally:
        os.close(descriptor)
