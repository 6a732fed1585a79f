"""The loop: start the children, start again what dies, stop all on a signal.

Knows processes and signals only. Which children there are is `parts.py`'s; when the platform is ready
is `readiness.py`'s.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType

from data_platform.supervision import lifeline
from data_platform.supervision.child import Child
from data_platform.supervision.lifeline import group_is_alive, signal_group

_TICK_SECONDS = 0.5


class Supervisor:
    """Keeps children running until SIGINT, SIGTERM or SIGHUP; a second signal ends them at once."""

    def __init__(self, children: Sequence[Child], *, lock_descriptor: int, tell: Callable[[str], None]) -> None:
        self._children = children
        self._lock_descriptor = lock_descriptor
        self._tell = tell
        self._groups: set[int] = set()
        self._lifeline: subprocess.Popen[str] | None = None
        self._signals = 0
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_writer, False)

    @property
    def stopping(self) -> bool:
        """Whether a signal has asked it to stop."""
        return self._signals > 0

    def run(self) -> None:
        """Start everything and return when everything has been stopped."""
        with self._listening():
            try:
                while not self._signals:
                    self._keep_lifeline()
                    self._keep_children(time.monotonic())
                    self._sleep(_TICK_SECONDS)
            finally:
                self._stop()

    def _keep_lifeline(self) -> None:
        if self._lifeline is not None and self._lifeline.poll() is None:
            return
        self._lifeline = subprocess.Popen(  # noqa: S603 - this platform's own file
            [sys.executable, "-I", "-S", str(Path(lifeline.__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(self._lock_descriptor,),
            start_new_session=True,
            text=True,
            bufsize=1,
        )
        for group in self._groups:
            self._write_to_lifeline(f"+{group}")

    def _keep_children(self, now: float) -> None:
        for child in self._children:
            code = child.ended(now)
            if code is not None:
                wait = child.start_again_at - now
                how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
                self._tell(f"{child.spec.name} {how}; starting it again in {wait:.0f} s, its log is {child.log_file}")
            if not child.running and now >= child.start_again_at:
                group = child.start(now)
                self._groups.add(group)
                self._write_to_lifeline(f"+{group}")
        # What a dead child left running (a run in flight) may finish, but is not forgotten.
        for group in [group for group in self._groups if not group_is_alive(group)]:
            self._groups.discard(group)
            self._write_to_lifeline(f"-{group}")

    def _stop(self) -> None:
        self._tell("stopping")
        for group in self._groups:
            signal_group(group, signal.SIGTERM)
        deadline = time.monotonic() + lifeline.GRACE_SECONDS
        while self._left() and time.monotonic() < deadline and self._signals < 2:  # noqa: PLR2004 - the second signal
            self._sleep(0.05)
        for group in self._left():
            signal_group(group, signal.SIGKILL)
        for child in self._children:
            child.ended(time.monotonic())
        self._write_to_lifeline("done")
        if self._lifeline is not None:
            self._lifeline.wait(timeout=lifeline.GRACE_SECONDS)  # it holds the home's lock
        self._tell("stopped")

    def _left(self) -> list[int]:
        for child in self._children:
            child.ended(time.monotonic())  # collects it, else a zombie would keep its group alive
        return [group for group in self._groups if group_is_alive(group)]

    def _write_to_lifeline(self, word: str) -> None:
        # A lifeline that was killed is started again at the next tick and told everything.
        with contextlib.suppress(BrokenPipeError):
            if self._lifeline is not None and self._lifeline.stdin is not None:
                self._lifeline.stdin.write(word + "\n")

    def _sleep(self, seconds: float) -> None:
        if select.select([self._wake_reader], [], [], seconds)[0]:
            os.read(self._wake_reader, 1024)

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        def stop(_number: int, _frame: FrameType | None) -> None:
            self._signals += 1
            with contextlib.suppress(BlockingIOError):
                os.write(self._wake_writer, b"s")

        def wake(_number: int, _frame: FrameType | None) -> None:
            with contextlib.suppress(BlockingIOError):
                os.write(self._wake_writer, b"c")

        # Also where SIGINT came ignored (a shell's `&` does that); nohup's wish to outlive the terminal is kept.
        handlers = {signal.SIGINT: stop, signal.SIGTERM: stop, signal.SIGCHLD: wake}
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            handlers[signal.SIGHUP] = stop
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
