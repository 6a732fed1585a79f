"""Work that ran out of its time: the same work in parts, by the model's split key."""

from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.situation import MayNotAct, Situation

NAME = "split_work"
SPLIT_KEY = "escalation/split_key"
BATCHES_TIMES = 4
MOST_BATCHES = 64


def plan(situation: Situation) -> Plan | MayNotAct:
    """Four times as many parts as before; without a split key the work cannot be split."""
    before = situation.tuning
    if SPLIT_KEY not in situation.metadata:
        return MayNotAct(f"the work has no split key (metadata {SPLIT_KEY})")
    if before.batches >= MOST_BATCHES:
        return MayNotAct(f"it ran out of time in {before.batches} parts")
    batches = min(before.batches * BATCHES_TIMES, MOST_BATCHES)
    change = f"{batches} parts by {situation.metadata[SPLIT_KEY]} instead of {before.batches}"
    return Plan(NAME, before.changed(batches=batches), change, makes_work_smaller=True)
