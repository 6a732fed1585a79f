"""`current_tuning()`: how the step that calls it is to run this time; what assets and resources ask."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from escalation_sensors.level1.tuning import PLAIN, Tuning

# By thread and not by context: an async generator's parts run on one thread, each in a context of its own.
_OF_THREAD = threading.local()


def current_tuning() -> Tuning:
    """The tuning of the step that is running; `PLAIN` where level 1 has changed nothing, and outside of steps."""
    _OF_THREAD.was_read = True
    return getattr(_OF_THREAD, "tuning", PLAIN)


@contextmanager
def tuned(tuning: Tuning) -> Iterator[None]:
    """Have `current_tuning()` answer `tuning` within the block."""
    before = getattr(_OF_THREAD, "tuning", PLAIN)
    _OF_THREAD.tuning, _OF_THREAD.was_read = tuning, False
    try:
        yield
    finally:
        _OF_THREAD.tuning = before


def tuning_was_read() -> bool:
    """Whether anybody on this thread has asked since the last `tuned` block began."""
    return getattr(_OF_THREAD, "was_read", False)
