"""The deadline of an attempt: a timer signal whose handler raises, which interrupts loops, sleeps, sockets and queries.

Only on the main thread, where in-process steps and the multiprocess executor's children run. Code that holds the
interpreter's lock is not interrupted; it is ended by `faulthandler` after a grace, and with it its process.
"""

import faulthandler
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

GRACE_SECONDS = 15.0
"""How long code may fail to be interrupted before its process is ended."""


class DeadlineExceeded(TimeoutError):
    """An execution ran out of the time that its asset or its budget left it."""

    escalation_category = "pipeline_timeout"


@contextmanager
def deadline(seconds: float, *, ends_process: bool = False) -> Iterator[None]:
    """Raise `DeadlineExceeded` in the block after so many seconds; 0 is never. Somebody else's timer is left alone.

    `ends_process` allows to end the process if the block cannot be interrupted.
    """
    if seconds <= 0 or threading.current_thread() is not threading.main_thread() or _timer_is_taken():
        yield
        return
    finished = False

    def expire(_number: int, _frame: FrameType | None) -> None:
        if not finished:
            raise DeadlineExceeded(f"it did not end within the {seconds:g} s that it had")

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


def _timer_is_taken() -> bool:
    return signal.getitimer(signal.ITIMER_REAL)[0] > 0
