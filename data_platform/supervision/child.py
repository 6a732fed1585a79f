"""One supervised process: start it in a group of its own, keep its output, start it again when it dies.

Its output goes to a log file of bounded size. When and whether to start again is decided here, from the
time it lived; the loop that calls this is the supervisor's.
"""

import logging
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

_LONGEST_WAIT_SECONDS = 30.0
_STABLE_AFTER_SECONDS = 60.0
_LOG_BYTES = 5_000_000


@dataclass(frozen=True)
class ChildSpec:
    """What to start: a name for people and log files, the command, its environment and folder."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    folder: Path


class Child:
    """A process that is to be there until the supervisor stops."""

    def __init__(self, spec: ChildSpec, logs: Path) -> None:
        self.spec = spec
        self.log_file = logs / f"{spec.name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._failures = 0
        self.start_again_at = 0.0
        self._log = logging.Logger(spec.name)  # noqa: LOG001 - it ends with the child; nobody else may configure it
        self._log.addHandler(RotatingFileHandler(self.log_file, maxBytes=_LOG_BYTES, backupCount=2, encoding="utf-8"))

    @property
    def running(self) -> bool:
        """Whether it was started and has not been seen to end."""
        return self._process is not None

    def start(self, now: float) -> int:
        """Start it; returns its process group. `now` is a monotonic time in seconds."""
        # A session of its own: the terminal's Ctrl-C reaches the supervisor alone, which then stops in order.
        self._process = subprocess.Popen(  # noqa: S603 - the platform's own commands
            self.spec.command,
            env=self.spec.environment,
            cwd=self.spec.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._started_at = now
        threading.Thread(target=self._keep_output, args=(self._process.stdout,), daemon=True).start()
        return self._process.pid

    def ended(self, now: float) -> int | None:
        """Its exit code if it has ended since the last call, having set when to start it again."""
        code = self._process.poll() if self._process else None
        if code is not None:
            self._process = None
            self._failures = 1 if now - self._started_at > _STABLE_AFTER_SECONDS else self._failures + 1
            self.start_again_at = now + min(2.0 ** (self._failures - 1), _LONGEST_WAIT_SECONDS)
        return code

    def _keep_output(self, stream: IO[bytes]) -> None:
        for line in stream:
            self._log.info(line.decode("utf-8", errors="replace").rstrip())
