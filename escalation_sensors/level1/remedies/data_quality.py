"""Wrong values: read the source again in case it was cut short, and set aside what the contract allows."""

import re

from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.situation import MayNotAct, Situation

NAME = "extract_again_and_quarantine"
_DAMAGED = re.compile(
    r"truncat|corrupt|damaged|cut (?:short|off)|(?:unexpected|premature|before the) end|end of file|end-of-stream|"
    r"not a (?:gzip|zip|parquet)|magic (?:bytes|number)|\bcrc\b|checksum",
    re.IGNORECASE,
)
"""How a file that cannot be read is told apart from rows that can, and are wrong."""
_CONVERSION = re.compile(r"\b(?:cast|convert|conversion|out of range|overflow)", re.IGNORECASE)


def plan(situation: Situation) -> Plan | MayNotAct:
    """Once: what fails the contract twice is level 2's."""
    is_damaged = _DAMAGED.search(situation.said) is not None
    if situation.tuning.quarantine and is_damaged:
        return MayNotAct("it was read anew, and is cut short or damaged still: it has to be delivered again")
    if situation.tuning.quarantine:
        return MayNotAct("it failed again, with the source read anew and the rows set aside that the contract allows")
    forgotten = casts_in_the_way(situation)
    casts = {name: kind for name, kind in situation.tuning.casts.items() if name not in forgotten}
    tuning = situation.tuning.changed(reextract=True, quarantine=True, casts=casts)
    change = "reads the source again" + (
        ", whole: what was read is cut short or damaged"
        if is_damaged
        else ", and sets aside the rows that the contract allows"
    )
    if forgotten:
        change += f", {', '.join(forgotten)} again in the contract's type"
    return Plan(NAME, tuning, change, expected_seconds=situation.failed_after_seconds)


def casts_in_the_way(situation: Situation) -> list[str]:
    """The columns of which an earlier repair remembered another type, and whose values may not be of that any more.

    What is in the way is told by its name; an engine that names no column says that it could not convert.
    """
    if situation.attempts or not situation.tuning.casts:
        return []
    named = [name for name in situation.tuning.casts if re.search(rf"\b{re.escape(name)}\b", situation.said)]
    return named or (list(situation.tuning.casts) if _CONVERSION.search(situation.said) else [])
