"""A failure as the classifier takes it: plain values, whatever shape it was observed in.

How an exception, a log or a Dagster event becomes one stands in `exceptions.py`, `log_reading.py` and the sensors.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class FailureKind(StrEnum):
    """What was observed."""

    STEP = "step"
    RUN = "run"
    WORKER_DIED = "worker_died"
    CHECK = "check"
    STALE = "stale"
    TICK = "tick"
    HANG = "hang"
    SLOW = "slow"
    OVERLAP = "overlap"
    CODE_LOCATION = "code_location"


@dataclass(frozen=True)
class Link:
    """One exception of a chain.

    Attributes:
        types: its class and the bases of it, most specific first, qualified where the module is known
            (`psycopg2.errors.DeadlockDetected`); empty for text of which nothing more is known.
        message: what it says.
        codes: what it carries, each `kind:value` (`sqlstate:40P01`, `errno:ECONNREFUSED`, `http:503`, `signal:9`).
        quoted: whether it was read out of a log, and not taken from an exception in flight.
    """

    types: tuple[str, ...] = ()
    message: str = ""
    codes: frozenset[str] = frozenset()
    quoted: bool = False

    @property
    def type(self) -> str:
        """The class itself, without its module; empty if unknown."""
        return self.types[0].rpartition(".")[2] if self.types else ""


@dataclass(frozen=True)
class Failure:
    """One observed failure.

    Attributes:
        links: the exceptions, innermost cause first; empty where there was none (a killed worker).
        codes: what is known beside the exceptions: the orchestrator's reason, an exit signal, a breached deadline.
        text: whatever else was printed: an engine event, the end of a log.
        code_location, subject: where and what failed (asset, check, op, schedule or sensor); empty where unknown.
    """

    kind: FailureKind = FailureKind.STEP
    links: tuple[Link, ...] = ()
    codes: frozenset[str] = field(default_factory=frozenset)
    text: str = ""
    code_location: str = ""
    subject: str = ""


def vendor_codes(codes: Sequence[str] | frozenset[str]) -> list[str]:
    """The codes that say who the other side is and what it said, for the fingerprint; sorted."""
    return sorted(code for code in codes if not code.startswith(("exit:", "signal:", "frame:")))
