"""Failures that state no cause: one plain retry is right, and helps where the fault was of the moment."""

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from data_platform.chaos.experiment import Experiment, Shown, passed_on, repairable
from data_platform.chaos.scratch import Scratch
from data_platform.chaos.small_asset import Work, run_small, select_of
from escalation_sensors.diagnosis.category import Category
from resources.lakehouse import LakehouseResource

UNKNOWN = Category.UNKNOWN


def child(script: str) -> None:
    """Run a child process, as assets do that call a tool."""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60, capture_output=True)


def failing_times(times: int, fail: Callable[[], None]) -> Work:
    """Work that fails so often."""
    calls: list[int] = []

    def work(_lakehouse: LakehouseResource) -> str:
        calls.append(1)
        if len(calls) <= times:
            fail()
        return select_of()

    return work


def exits_with_1() -> None:
    """A tool that ends with 1 and says nothing."""
    child("import sys; sys.exit(1)")


def exits_with_3() -> None:
    """A tool that ends with a number of its own."""
    child("import os; os._exit(3)")


def aborts() -> None:
    """A tool that aborts: signal 6."""
    child("import os; os.abort()")


def segmentation_fault() -> None:
    """A tool that crashes: signal 11."""
    child(f"import os; os.kill(os.getpid(), {int(signal.SIGSEGV)})")


def silent_worker() -> None:
    """A worker process that ends without an answer: whoever waits for one finds nothing, and is told nothing."""
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[int] = context.Queue()
    worker = context.Process(target=os._exit, args=(0,))
    worker.start()
    worker.join(timeout=60)
    answers.get_nowait()


def too_many_files() -> None:
    """A tool that may open no more files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(each.name) for each in Path("/dev/fd").iterdir() if each.name.isdigit())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, hard))
    try:
        kept = [Path(os.devnull).open("rb") for _ in range(1000)]  # noqa: SIM115 - they are to stay open
        del kept
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def of_the_moment(name: str, fail: Callable[[], None]) -> Experiment:
    """A fault that does not come again."""

    def act(scratch: Scratch) -> Shown:
        return run_small(name, failing_times(1, fail))(scratch)

    reason = "it does not come again: one plain retry is what level 1 makes"
    return repairable(name, UNKNOWN, act, reason, plain_would_do=True)


def for_good(name: str, fail: Callable[[], None]) -> Experiment:
    """A fault that stays."""

    def act(scratch: Scratch) -> Shown:
        return run_small(name, failing_times(9, fail))(scratch)

    return passed_on(name, UNKNOWN, act, "it stays, and nothing is known that would help", may_act=True)


FAULTS = (
    of_the_moment("a tool that ends with 1, once", exits_with_1),
    of_the_moment("a tool that crashes with signal 11, once", segmentation_fault),
    of_the_moment("a worker that ends without a word, once", silent_worker),
    for_good("a tool that always ends with 3", exits_with_3),
    for_good("a tool that always aborts", aborts),
    of_the_moment("too many open files, once", too_many_files),
)
