"""Two wanted the same at the same time: let the other end first."""

from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.situation import MayNotAct, Situation

NAME = "wait_for_holder"
FIRST_WAIT_SECONDS, SECOND_WAIT_SECONDS = 5.0, 30.0


def plan(situation: Situation) -> Plan | MayNotAct:
    """A short wait, then a longer one."""
    wait = SECOND_WAIT_SECONDS if situation.attempts else FIRST_WAIT_SECONDS
    return Plan(
        NAME, situation.tuning, f"waits {wait:.0f} s for the other to end", wait, situation.failed_after_seconds
    )
