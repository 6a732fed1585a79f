"""Wrong values: read the source again if it changed or was cut short, else set aside what the contract allows.

The one or the other in an attempt; where the first did not help, the other is the second. Where nobody can tell whether
the source changed, it is read again first: that loses no row.
"""

import re

from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.proposed import UNDO_BY_HAND, Proposed
from escalation_sensors.level1.situation import MayNotAct, Situation

EXTRACT_AGAIN, QUARANTINE = "extract_again", "quarantine"
_DAMAGED = re.compile(
    r"truncat|corrupt|damaged|cut (?:short|off)|(?:unexpected|premature|before the) end|end of file|end-of-stream|"
    r"not a (?:gzip|zip|parquet)|magic (?:bytes|number)|\bcrc\b|checksum",
    re.IGNORECASE,
)
"""How a file that cannot be read is told apart from rows that can, and are wrong."""
_CONVERSION = re.compile(r"\b(?:cast|convert|conversion|out of range|overflow)", re.IGNORECASE)


def plan(situation: Situation) -> Plan | MayNotAct:
    """Each of the two once: what fails the contract after both is level 2's."""
    tuning = situation.tuning
    is_damaged = _DAMAGED.search(situation.said) is not None
    if is_damaged and tuning.reextract:
        return MayNotAct(
            "it was read anew, and is cut short or damaged still: it has to be delivered again", _delivery(situation)
        )
    reads_first = _reads_first(situation, is_damaged=is_damaged)
    if tuning.quarantine and not reads_first:
        anew = "the source read anew, and then " if situation.attempts > 1 else ""
        return MayNotAct(f"it failed again, with {anew}the rows set aside that the contract allows", _beyond(situation))
    return _extract_again(situation, is_damaged=is_damaged) if reads_first else _set_aside(situation)


def _reads_first(situation: Situation, *, is_damaged: bool) -> bool:
    """Whether the source is read again: it is cut short, or changed, or that is not known and it has not been yet."""
    if is_damaged:
        return True
    if situation.tuning.reextract:
        return False
    if situation.source_changed is not None:
        return situation.source_changed
    if situation.tuning.quarantine and situation.attempts > 1:
        return False  # both were tried, in whichever order
    return situation.worked is None or situation.worked.remedy != QUARANTINE


def _extract_again(situation: Situation, *, is_damaged: bool) -> Plan:
    why = ""
    if is_damaged:
        why = ", whole: what was read is cut short or damaged"
    elif situation.source_changed:
        why = ", which has changed since it was read"
    return _plan(situation, EXTRACT_AGAIN, f"reads the source again{why}", reextract=True)


def _set_aside(situation: Situation) -> Plan:
    change = "sets aside the rows that the contract allows"
    if situation.source_changed is False and not situation.tuning.reextract:
        change += "; the source has not changed since it was read"
    return _plan(situation, QUARANTINE, change, quarantine=True, reextract=False)


def _plan(situation: Situation, name: str, change: str, **changed: bool) -> Plan:
    forgotten = casts_in_the_way(situation)
    casts = {column: kind for column, kind in situation.tuning.casts.items() if column not in forgotten}
    if forgotten:
        change += f", {', '.join(forgotten)} again in the contract's type"
    tuning = situation.tuning.changed(casts=casts, **changed)
    return Plan(name, tuning, change, expected_seconds=situation.failed_after_seconds)


def _delivery(situation: Situation) -> Proposed:
    effect = f"have it delivered again, whole, and run it again: {situation.said}"
    return Proposed(EXTRACT_AGAIN, effect, tuning=situation.tuning, rows=situation.failing_rows)


def _beyond(situation: Situation) -> Proposed:
    """What a person may let through or keep out: that the failing rows are more than the contract tolerates."""
    checks = ", ".join(situation.failing_checks)
    if not checks:  # no contract judged rows: what is wrong has to be corrected
        effect = f"have it corrected where it comes from, and delivered again: {situation.said}"
        return Proposed(EXTRACT_AGAIN, effect, tuning=situation.tuning, rows=situation.failing_rows)
    more = "although they are more than the contract tolerates, by raising its tolerance for this run"
    effect = f"set the rows aside that fail {checks}, {more}"
    undo = f"{UNDO_BY_HAND}: the tolerance; rows that were set aside come back from the quarantine table"
    return Proposed(QUARANTINE, effect, undo, situation.tuning, situation.failing_rows)


def casts_in_the_way(situation: Situation) -> list[str]:
    """The columns of which an earlier repair remembered another type, and whose values may not be of that any more.

    What is in the way is told by its name; an engine that names no column says that it could not convert.
    """
    if situation.attempts or not situation.tuning.casts:
        return []
    named = [name for name in situation.tuning.casts if re.search(rf"\b{re.escape(name)}\b", situation.said)]
    return named or (list(situation.tuning.casts) if _CONVERSION.search(situation.said) else [])
