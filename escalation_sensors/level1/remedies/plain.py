"""The plain retry: nothing changes but the time. What is unknown gets one; what a remedy cannot act on gets one too."""

from dataclasses import replace

from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.situation import MayNotAct, Situation

NAME = "plain"
WAIT_SECONDS = 2.0


def plan(situation: Situation) -> Plan | MayNotAct:
    """Once; a second plain retry of something unknown would be hope."""
    if situation.attempts:
        return MayNotAct("one plain retry was made, and nothing is known that would help")
    return Plan(NAME, situation.tuning, "nothing is changed", WAIT_SECONDS, situation.failed_after_seconds)


def that_worked(situation: Situation) -> Plan | MayNotAct:
    """The same, first, where it was what repaired the same cause the last time."""
    found = plan(situation)
    return replace(found, change=f"{found.change}, as it worked before") if isinstance(found, Plan) else found
