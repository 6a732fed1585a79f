"""`current_tuning()`: how the step that calls it is to run this time; what assets and resources ask."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from escalation_sensors.level1.tuning import PLAIN, Tuning

# By thread and not by context: an async generator's parts run on one thread, each in a context of its own.
_OF_THREAD = threading.local()


def current_tuning() -> Tuning:
    """The tuning of the step that is running; `PLAIN` where level 1 has changed nothing, and outside of steps."""
    return getattr(_OF_THREAD, "tuning", PLAIN)


@contextmanager
def tuned(tuning: Tuning) -> Iterator[None]:
    """Have `current_tuning()` answer `tuning` within the block."""
    before = current_tuning()
    _OF_THREAD.tuning = tuning
    try:
        yield
    finally:
        _OF_THREAD.tuning = before
