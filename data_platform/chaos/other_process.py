"""A second party: another Python process that takes something, says so, keeps it for a while, and gives it back."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from data_platform.chaos.scratch import Scratch
from data_platform.chaos.told import told_of

READY = "ready"
LONGEST_SECONDS = 120
LOOK_SECONDS, STAY_SECONDS = 0.1, 0.5
LONG_SECONDS = 6.0
"""Longer than level 1 waits for whom it cannot name."""
SHORT_BUDGET_SECONDS = 40.0
"""Of what waits for a holder that stays so long: no second and longer wait fits into it."""


@contextmanager
def holding(take: str) -> Iterator[subprocess.Popen[str]]:
    """Run `take` in another process, which holds what it took until the block ends, or it is killed.

    Raises:
        RuntimeError: it did not come to hold it.
    """
    script = f"{take}\nimport time\nprint({READY!r}, flush=True)\ntime.sleep({LONGEST_SECONDS})\n"
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout is None or process.stdout.readline().strip() != READY:
            raise RuntimeError("the other process did not come to hold what it was to hold")
        yield process
    finally:
        process.kill()
        process.wait(timeout=LONGEST_SECONDS)
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def held_until_seen(scratch: Scratch, subject: str, take: str, stay_seconds: float = STAY_SECONDS) -> Iterator[None]:
    """The same, until so long after the ladder has seen a failure of the subject; then it ends as by itself."""
    over = threading.Event()

    def let_go(process: subprocess.Popen[str]) -> None:
        while not over.wait(LOOK_SECONDS):
            if told_of(scratch.store, [subject]).failures:
                over.wait(stay_seconds)
                process.kill()
                process.wait(timeout=LONGEST_SECONDS)
                return

    with holding(take) as process:
        watch = threading.Thread(target=let_go, args=(process,))
        watch.start()
        try:
            yield
        finally:
            over.set()
            watch.join()
