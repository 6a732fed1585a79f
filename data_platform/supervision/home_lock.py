"""One supervisor for a home: a lock that the operating system gives back when its holders are gone.

The lifeline holds it too, so that a home whose supervisor was killed is not taken over before its
children are gone. The pid beside the lock is for people and for `make clean`.
"""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from data_platform.supervision.errors import SupervisionError

_WAIT_FOR_A_KILLED_ONE_SECONDS = 15.0


class HomeLock:
    """The lock of one home, as a context manager. `descriptor` is what the lifeline inherits."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._pid_file = home / "supervisor.pid"
        self.descriptor = -1

    def __enter__(self) -> Self:
        self._home.mkdir(parents=True, exist_ok=True)
        self.descriptor = os.open(self._home / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o644)
        deadline = time.monotonic() + _WAIT_FOR_A_KILLED_ONE_SECONDS
        while not self._taken():
            pid = holder(self._home)
            if pid is not None or time.monotonic() > deadline:
                os.close(self.descriptor)
                way_out = f"stop it with kill {pid}" if pid else "what it left running has not ended yet"
                raise SupervisionError(f"the platform is already up in {self._home}: {way_out}")
            time.sleep(0.1)
        self._pid_file.write_text(f"{os.getpid()}\n", encoding="ascii")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pid_file.unlink(missing_ok=True)
        os.close(self.descriptor)

    def _taken(self) -> bool:
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def holder(home: Path) -> int | None:
    """The process id of the supervisor that is up in this home, if one is."""
    try:
        pid = int((home / "supervisor.pid").read_text(encoding="ascii"))
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    return pid
