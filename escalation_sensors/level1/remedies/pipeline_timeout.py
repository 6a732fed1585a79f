"""Work that ran out of its time: the same work in parts, by the model's split key."""

from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.remedies import plain
from escalation_sensors.level1.situation import MayNotAct, Situation

NAME = "split_work"
SPLIT_KEY = "escalation/split_key"
BATCHES_TIMES = 4
MOST_BATCHES = 64
FIRST_WAIT_SECONDS, SECOND_WAIT_SECONDS = 1.0, 5.0
"""Whoever was too slow is often still busy with what nobody waits for any more."""


def plan(situation: Situation) -> Plan | MayNotAct:
    """Four times as many parts as before; what has no split key gets the plain retry, if there is time for one."""
    before = situation.tuning
    if SPLIT_KEY not in situation.metadata:
        plan = plain.plan(situation)
        return MayNotAct(f"the work has no split key (metadata {SPLIT_KEY})") if isinstance(plan, MayNotAct) else plan
    if before.batches >= MOST_BATCHES:
        return MayNotAct(f"it ran out of time in {before.batches} parts")
    batches = min(before.batches * BATCHES_TIMES, MOST_BATCHES)
    change = f"{batches} parts by {situation.metadata[SPLIT_KEY]} instead of {before.batches}"
    wait = SECOND_WAIT_SECONDS if situation.attempts else FIRST_WAIT_SECONDS
    return Plan(NAME, before.changed(batches=batches), change, wait, makes_work_smaller=True)
