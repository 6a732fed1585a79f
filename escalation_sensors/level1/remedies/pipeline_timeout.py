"""Work that ran out of its time: look at its size and its plan; the same work in parts, by the model's split key."""

from dataclasses import replace

from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.pipeline import WorkSize
from escalation_sensors.level1.proposed import UNDO_BY_HAND, Proposed
from escalation_sensors.level1.remedies import plain
from escalation_sensors.level1.situation import MayNotAct, Situation

NAME, MORE_TIME = "split_work", "more_time"
SPLIT_KEY, NO_SPLIT_KEY = "escalation/split_key", "escalation/no_split_key"
"""The metadata that names the key, or says why the work must not be split by the one that was meant."""
BATCHES_TIMES = 4
MOST_BATCHES = 64
PART_BYTES = 256 * 2**20
"""What one part should read at most: larger work is cut into more than four parts at once."""
FEW_ROWS = 10_000
"""Work on fewer rows, without a cross product, is not slow by its size: parts would not help it."""
FIRST_WAIT_SECONDS, SECOND_WAIT_SECONDS = 1.0, 5.0
"""Whoever was too slow is often still busy with what nobody waits for any more."""


def plan(situation: Situation) -> Plan | MayNotAct:
    """Four times as many parts as before, more if the data ask for it.

    What has no split key gets the plain retry, if there is time for one, and so does what is small.
    """
    before, size = situation.tuning, situation.size
    if SPLIT_KEY not in situation.metadata:
        why = situation.metadata.get(NO_SPLIT_KEY)
        said = f"the work has no split key that it may be split by: {why}" if why else "the work has no split key"
        plan = plain.plan(situation)
        if isinstance(plan, MayNotAct):
            return MayNotAct(said if why else f"{said} (metadata {SPLIT_KEY})", _without_key(situation, why))
        return replace(plan, change=f"nothing is changed: {said}") if why else plan
    parts_worked = situation.worked is not None and situation.worked.remedy == NAME
    if size is not None and size.rows < FEW_ROWS and not size.has_cross_product and not parts_worked:
        return plain.plan(situation)
    if before.batches >= MOST_BATCHES:
        return MayNotAct(f"it ran out of time in {before.batches} parts", _more_time(situation))
    by_size = -(-size.size_bytes // PART_BYTES) if size else 0
    batches = min(max(before.batches * BATCHES_TIMES, by_size), MOST_BATCHES)
    change = f"{batches} parts by {situation.metadata[SPLIT_KEY]} instead of {before.batches}{_because(size)}"
    wait = SECOND_WAIT_SECONDS if situation.attempts else FIRST_WAIT_SECONDS
    return Plan(NAME, before.changed(batches=batches), change, wait, makes_work_smaller=True)


def _without_key(situation: Situation, why: object) -> Proposed:
    """A key to split by, where one would do or none was thought of; else more time."""
    if why:
        return _more_time(situation)
    size = situation.size
    keys = size.split_keys if size is not None else ()
    would_do = f": {', '.join(keys)} would do" if keys else "; which columns would do is not known"
    effect = f"name a column to split the work by, in the metadata {SPLIT_KEY}{would_do}{_because(size)}"
    return Proposed(NAME, effect, f"{UNDO_BY_HAND}: the metadata", situation.tuning, size.rows if size else None)


def _more_time(situation: Situation) -> Proposed:
    size, tuning = situation.size, situation.tuning
    parts = f" in {tuning.batches} parts" if tuning.batches > 1 else ""
    effect = (
        f"give it more time than the {situation.budget_seconds:g} s that level 1 has (tag escalation/budget_seconds), "
        f"or a larger engine: it did not end{parts}{_because(size)}"
    )
    return Proposed(MORE_TIME, effect, f"{UNDO_BY_HAND}: the tag", tuning, size.rows if size else None)


def _because(size: WorkSize | None) -> str:
    if size is None:
        return ""
    megabytes = f"{size.size_bytes / 2**20:,.0f} MiB" if size.size_bytes >= 2**20 else "less than 1 MiB"
    heaviest = f", mostly {size.heaviest_operator}" if size.heaviest_operator else ""
    crossed = ", with a cross product" if size.has_cross_product else ""
    return f"; it reads about {size.rows:,} rows ({megabytes}){heaviest}{crossed}"
