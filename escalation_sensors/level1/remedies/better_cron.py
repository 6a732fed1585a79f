"""A better time for a schedule whose runs overlap, from how long they take: pure, and only ever a proposal."""

import math

MARGIN = 1.2
"""How much longer than usual a run may take before the next one begins."""
_MINUTES, _HOURS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30), (1, 2, 3, 4, 6, 8, 12)
_PARTS = 5


def better_cron(cron: str, run_seconds: float) -> str | None:
    """The schedule, so seldom or so much later that a run of so many seconds has ended; None if none is known.

    `*/5 * * * *` becomes as seldom as is needed, a fixed time moves back by the length of a run.
    """
    parts = cron.split()
    minutes = math.ceil(run_seconds * MARGIN / 60)
    if len(parts) != _PARTS or minutes < 1:
        return None
    minute, hour, *rest = parts
    if minute.startswith("*") and hour == "*":
        step = int(minute[2:]) if minute.startswith("*/") and minute[2:].isdigit() else 1
        return _every(max(minutes, step + 1), rest)
    if minute.isdigit() and (hour == "*" or hour.startswith("*/")):
        step = int(hour[2:]) if hour.startswith("*/") and hour[2:].isdigit() else 1
        hours = next((each for each in _HOURS if each > step and each * 60 >= minutes), None)
        return f"{minute} */{hours} {' '.join(rest)}" if hours else None
    if minute.isdigit() and hour.isdigit():
        at = int(hour) * 60 + int(minute) + minutes
        # Past midnight it would be another day, which days of the week or month would not follow.
        return f"{at % 60} {at // 60} {' '.join(rest)}" if at < 24 * 60 else None
    return None


def _every(minutes: int, rest: list[str]) -> str | None:
    if (step := next((each for each in _MINUTES if each >= minutes), None)) is not None:
        return f"*/{step} * {' '.join(rest)}"
    hours = next((each for each in _HOURS if each * 60 >= minutes), None)
    return None if hours is None else f"0 {'*' if hours == 1 else f'*/{hours}'} {' '.join(rest)}"
