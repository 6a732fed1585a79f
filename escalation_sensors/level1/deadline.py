"""The deadline of an attempt: a timer signal whose handler raises, which interrupts loops, sleeps, sockets and queries.

Only on the main thread, where in-process steps and the multiprocess executor's children run. Code that holds the
interpreter's lock is not interrupted; it is ended by `faulthandler` after a grace, and with it its process. On another
thread nothing can be raised: there a timer calls what was registered by `interruptible`.
"""

import faulthandler
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from escalation_sensors.level1.setup import trouble

GRACE_SECONDS = 15.0
"""How long code may fail to be interrupted before its process is ended."""
AGAIN_SECONDS = 0.5
"""How often an interrupt is called until its block ends: an engine forgets one that comes between two queries."""
# By thread and not by context, as `current_tuning()`.
_OF_THREAD = threading.local()


class DeadlineExceeded(TimeoutError):
    """An execution ran out of the time that its asset or its budget left it."""

    escalation_category = "pipeline_timeout"


@contextmanager
def deadline(seconds: float, *, ends_process: bool = False) -> Iterator[None]:
    """Raise `DeadlineExceeded` in the block after so many seconds; 0 is never. Somebody else's timer is left alone.

    Off the main thread, and where the timer is taken, only what is `interruptible` in the block is interrupted.
    `ends_process` allows to end the process if the block cannot be interrupted.
    """
    if seconds <= 0:
        yield
        return
    if threading.current_thread() is not threading.main_thread() or _timer_is_taken():
        with _interrupting(seconds):
            yield
        return
    finished = False

    def expire(_number: int, _frame: FrameType | None) -> None:
        if not finished:
            raise DeadlineExceeded(_said(seconds))

    before = signal.signal(signal.SIGALRM, expire)
    if ends_process:
        faulthandler.dump_traceback_later(seconds + GRACE_SECONDS, exit=True, file=sys.stderr)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        finished = True  # a signal that is under way already is too late, and counts as success
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if ends_process:
            faulthandler.cancel_dump_traceback_later()


@contextmanager
def interruptible(interrupt: Callable[[], object]) -> Iterator[None]:
    """Have `interrupt` called when the deadline of the step is over and nothing can be raised in its thread.

    It is called in another thread, until the block ends: of a DuckDB connection `interrupt`, of another driver what
    cancels its query.

    Raises:
        DeadlineExceeded: the block raised something after it was called.
    """
    watch: _Watch | None = getattr(_OF_THREAD, "watch", None)
    if watch is None:
        yield
        return
    registered = _Registered(interrupt)
    watch.add(registered)
    try:
        yield
    except Exception as error:
        if registered.was_called:
            raise DeadlineExceeded(_said(watch.seconds)) from error
        raise
    finally:
        watch.remove(registered)


@dataclass(eq=False)
class _Registered:
    interrupt: Callable[[], object]
    was_called: bool = False


@dataclass
class _Watch:
    """A thread that waits for the end of a block, and after so many seconds calls the interrupts that are registered.

    The thread is begun by the first of them: most steps have none.
    """

    seconds: float
    due: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    registered: list[_Registered] = field(default_factory=list)
    thread: threading.Thread | None = None

    def add(self, registered: _Registered) -> None:
        with self.lock:
            self.registered.append(registered)
        if self.thread is None:
            self.thread = threading.Thread(target=self._run, name="escalation-deadline", daemon=True)
            self.thread.start()

    def remove(self, registered: _Registered) -> None:
        with self.lock:  # no interrupt is under way after that: what comes next must not be met by it
            self.registered.remove(registered)

    def _run(self) -> None:
        wait = max(0.0, self.due - time.monotonic())
        while not self.over.wait(wait):
            wait = AGAIN_SECONDS
            with self.lock:
                for each in self.registered:
                    each.was_called = True
                    try:
                        each.interrupt()
                    except Exception as error:  # noqa: BLE001 - a stranger's; the others are to be interrupted all the same
                        trouble(f"what is over its deadline cannot be interrupted: {type(error).__name__}: {error}")


@contextmanager
def _interrupting(seconds: float) -> Iterator[None]:
    before = getattr(_OF_THREAD, "watch", None)
    watch = _Watch(seconds, time.monotonic() + seconds)
    _OF_THREAD.watch = watch
    try:
        yield
    finally:
        watch.over.set()
        _OF_THREAD.watch = before


def _said(seconds: float) -> str:
    return f"it did not end within the {seconds:g} s that it had"


def _timer_is_taken() -> bool:
    return signal.getitimer(signal.ITIMER_REAL)[0] > 0
