"""What level 1 would do and may not do by itself: a plan for a person to approve. Plain values."""

from dataclasses import dataclass

from escalation_sensors.level1.tuning import PLAIN, Tuning

UNDO_OF_A_REPAIR = "nothing is changed before it is approved; then `escalation undo` of the receipt that it leaves"
UNDO_BY_HAND = "level 1 has changed nothing; take back by hand what was changed by hand"


@dataclass(frozen=True)
class Proposed:
    """What level 1 would do, or what a person could, for a person to approve.

    Attributes:
        effect: exactly what would change, in one or two lines.
        undo: how that would be undone; true already before anything was done.
        tuning: what the next attempt would run with.
        rows: how many it would touch; None where nobody knows.
        seconds: how long the next execution is likely to take, by its history; None where there is none.
        why: why level 1 may not do it by itself; empty where it did its part.
    """

    remedy: str
    effect: str
    undo: str = UNDO_OF_A_REPAIR
    tuning: Tuning = PLAIN
    rows: int | None = None
    seconds: float | None = None
    why: str = ""
