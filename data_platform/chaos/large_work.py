"""Work that is too large as a whole for the memory it is given, and fits in parts."""

import itertools
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from data_platform.chaos.experiment import Rows

NUMBERS, ROWS_EACH, SORTED_EACH = 64, 150_000, 80_000
CHILD_BYTES, LIMIT_BYTES = 600 << 20, 400 << 20


def listed_between(first: int, end: int, *, per_number: int = 1) -> str:
    """For each number a list of its rows, whose length is published: lists stay in memory."""
    rows = (end - first) * ROWS_EACH * per_number
    share = ROWS_EACH * per_number
    return (
        f"SELECT number, len(held)::DOUBLE AS amount FROM (SELECT ({first} + i // {share})::BIGINT AS number, "
        f"list(hash(i)) AS held FROM range({rows}) AS r(i) GROUP BY ALL)"
    )


def sorted_between(first: int, end: int) -> str:
    """For each number how many rows it has, by way of sorting all of them by a text: sorting spills."""
    rows = (end - first) * SORTED_EACH
    return (
        "SELECT number, count(*) FILTER (place > 0)::DOUBLE AS amount FROM (SELECT "
        f"({first} + i // {SORTED_EACH})::BIGINT AS number, row_number() OVER (ORDER BY md5(i::VARCHAR)) AS place "
        f"FROM range({rows}) AS r(i)) GROUP BY ALL"
    )


def parts_by(between: Callable[[int, int], str]) -> Callable[[int], Sequence[str]]:
    """Parts of the numbers."""

    def parts(batches: int) -> Sequence[str]:
        bounds = [number * NUMBERS // batches for number in range(batches + 1)]
        return tuple(between(first, end) for first, end in itertools.pairwise(bounds) if first < end)

    return parts


def large_rows(each: int = ROWS_EACH) -> Rows:
    """What is published: as many rows as each number has."""
    return Rows((str(number), str(float(each))) for number in range(NUMBERS))


def allocated_under_limit(batches: int) -> int:
    """In a process of its own: take a part of what the whole needs, under a limit that the whole exceeds."""
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + LIMIT_BYTES, used + LIMIT_BYTES))
    return len(bytearray(CHILD_BYTES // batches))


def child_under_watch(batches: int) -> None:
    """A tool under a watch that kills it with signal 9 as soon as it has more memory than it may, as a container does.

    Raises:
        CalledProcessError: it was killed.
    """
    script = f"held = b'x' * {CHILD_BYTES // batches}\nimport time\ntime.sleep(0.5)"
    with subprocess.Popen([sys.executable, "-c", script]) as child:
        until = time.monotonic() + 60
        while child.poll() is None:
            if _resident_bytes(child.pid) > LIMIT_BYTES or time.monotonic() > until:
                child.kill()
                break
            time.sleep(0.02)
        child.wait(timeout=60)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, [sys.executable, "-c", "…"])


def _resident_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    found = next((line for line in lines if line.startswith("VmRSS:")), "VmRSS: 0 kB")
    return int(found.split()[1]) * 1024
