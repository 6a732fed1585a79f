"""A watch over this process's memory: another process that kills it with signal 9 once it has more than it may."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NEEDED_BYTES, ALLOWED_BYTES = 640 << 20, 320 << 20
HELD_SECONDS, PATIENCE_SECONDS = 0.5, 30.0
_WATCH = """import os, sys, time
watched, most = map(int, sys.argv[1:])
page = os.sysconf("SC_PAGE_SIZE")
while True:
    try:
        with open(f"/proc/{watched}/statm") as file:
            has = int(file.read().split()[1]) * page
    except OSError:
        break
    if has > most:
        os.kill(watched, 9)
        break
    time.sleep(0.02)
"""


@contextmanager
def watched(more_bytes: int) -> Iterator[None]:
    """Have the block killed if this process comes to hold so much more memory than it does now; 0 is at once."""
    resident = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    most = resident + more_bytes if more_bytes else 0
    with subprocess.Popen([sys.executable, "-S", "-E", "-c", _WATCH, str(os.getpid()), str(most)]) as watch:
        try:
            yield
        finally:
            watch.kill()
