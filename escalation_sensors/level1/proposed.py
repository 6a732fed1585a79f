"""What level 1 would do and may not do by itself: a plan for a person to approve. Plain values."""

from dataclasses import dataclass

from escalation_sensors.level1.tuning import PLAIN, Tuning


@dataclass(frozen=True)
class Proposed:
    """What level 1 would do, for a person to approve.

    Attributes:
        effect: exactly what would change, in one or two lines.
        undo: how that would be undone.
        tuning: what the next attempt would run with.
        rows, seconds: how much it would touch and take, where known.
    """

    remedy: str
    effect: str
    undo: str
    tuning: Tuning = PLAIN
    rows: int | None = None
    seconds: float | None = None
