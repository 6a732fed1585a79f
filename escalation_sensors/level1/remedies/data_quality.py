"""Wrong values: read the source again in case it was cut short, and set aside what the contract allows."""

from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.situation import MayNotAct, Situation

NAME = "extract_again_and_quarantine"


def plan(situation: Situation) -> Plan | MayNotAct:
    """Once: what fails the contract twice is level 2's."""
    if situation.tuning.quarantine:
        return MayNotAct("it failed again with the source read anew and all that may be set aside set aside")
    tuning = situation.tuning.changed(reextract=True, quarantine=True)
    change = "reads the source again, and sets aside the rows that the contract allows"
    return Plan(NAME, tuning, change, expected_seconds=situation.failed_after_seconds)
