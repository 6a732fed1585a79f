"""A source that does not answer: wait as long as it asks, else a little longer each time, and go on reading."""

import re

from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.remedies.spread_wait import spread_wait
from escalation_sensors.level1.situation import MayNotAct, Situation

NAME = "wait_for_source"
FIRST_WAIT_SECONDS, SECOND_WAIT_SECONDS = 5.0, 30.0
_NOT_THERE = re.compile(r"not_there|no_files|thing_of_the_source_is_gone")
"""How rules are called that know that the source answers, and that what is asked for is missing."""


def plan(situation: Situation) -> Plan | MayNotAct:
    """Waits what `Retry-After` says; the budget refuses what would take too long.

    Where the source says nothing, 5 s, then 30 s, each up to half as long again, spread by the run.
    """
    asked = situation.retry_after_seconds
    own = SECOND_WAIT_SECONDS if situation.attempts else FIRST_WAIT_SECONDS
    wait = asked if asked is not None else spread_wait(own, situation.run_id, situation.attempts)
    awaited = "what is missing to come" if _NOT_THERE.search(situation.diagnosis.rule) else "the source to answer"
    who = "as the source asked" if asked is not None else f"for {awaited}"
    # Not read anew: what landed before the outage is whole, and an extraction goes on behind it.
    change = f"waits {wait:.0f} s {who}, then goes on reading"
    return Plan(NAME, situation.tuning, change, wait, situation.failed_after_seconds)
