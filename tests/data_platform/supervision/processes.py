"""Started processes as tests see them: their lines as they come, and what is left of their trees."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from queue import Empty, Queue

import psutil

CHECKOUT = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 60.0


class Started:
    """A process under test; its lines are collected while it runs."""

    def __init__(
        self, module: str, *arguments: str, environment: Mapping[str, str], ignoring: Sequence[int] = ()
    ) -> None:
        def ignore_signals() -> None:
            for number in ignoring:
                signal.signal(number, signal.SIG_IGN)

        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env={**os.environ, "PYTHONPATH": str(CHECKOUT), **environment},
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=ignore_signals if ignoring else None,  # noqa: PLW1509 - as a shell's `&` and nohup do
        )
        self.lines: list[str] = []
        self._queue: Queue[str] = Queue()
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._queue.put(line.rstrip("\n"))

    def wait_for_line(self, part: str) -> str:
        """The next line that holds `part`."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                line = self._queue.get(timeout=0.2)
            except Empty:
                if self.process.poll() is not None and self._queue.empty():
                    break
                continue
            self.lines.append(line)
            if part in line:
                return line
        raise AssertionError(f"no line with {part!r} came, but: {self.lines}")

    def tree(self) -> list[psutil.Process]:
        """All its descendants."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        """Its exit code."""
        return self.process.wait(PATIENCE_SECONDS)

    def clean_up(self) -> None:
        """End what a failed test left."""
        if self.process.poll() is None:
            self.send(signal.SIGTERM)
            self.wait()


def eventually(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)


def all_gone(processes: Sequence[psutil.Process]) -> bool:
    return not any(alive(process) for process in processes)


def command_of(process: psutil.Process) -> str:
    """Its command line; empty if it ended since it was listed."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
