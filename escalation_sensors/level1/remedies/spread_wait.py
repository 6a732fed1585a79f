"""Spreads the waits of many that failed at once, so that they do not all come back in the same second: pure."""

from hashlib import sha256

MOST_LONGER = 0.5
"""By how much of itself a wait may be longer."""


def spread_wait(seconds: float, run_id: str, attempts: int) -> float:
    """A wait of at least `seconds` and less than half as long again.

    By how much it is longer follows from the run and from how many attempts were made: the same failure always waits
    the same, and of many runs each waits otherwise. Without a run it is as long as it was.
    """
    if not run_id:
        return seconds
    share = int.from_bytes(sha256(f"{run_id}:{attempts}".encode()).digest()[:4]) / 2**32
    return seconds * (1 + MOST_LONGER * share)
