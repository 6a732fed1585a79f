"""Memory or disk exhausted: smaller batches, fewer threads, no order to keep, spilling, and a limit from the cgroup."""

from pathlib import Path

from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.remedies.pipeline_timeout import NO_SPLIT_KEY
from escalation_sensors.level1.situation import MayNotAct, Situation

NAME = "smaller_batches"
BATCHES_TIMES = 4
MOST_BATCHES = 64
SHARE_OF_LIMIT = 0.7
"""Of the memory that the cgroup allows; the rest is the interpreter's and the other libraries'."""
CGROUP_V2, CGROUP_V1 = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")
_UNLIMITED_BYTES = 2**60


def plan(situation: Situation) -> Plan | MayNotAct:
    """Four times as many batches as before, on one thread; not beyond the smallest batch.

    What must not be split runs on one thread and spills.
    """
    before = situation.tuning
    if before.batches >= MOST_BATCHES:
        return MayNotAct(f"it failed with the smallest batch, one of {before.batches}")
    why = situation.metadata.get(NO_SPLIT_KEY)
    if why and before.threads == 1 and before.spill:
        return MayNotAct(f"it failed on one thread, spilling to disk, and must not be split: {why}")
    batches = before.batches if why else min(before.batches * BATCHES_TIMES, MOST_BATCHES)
    limit = cgroup_limit_bytes()
    tuning = before.changed(
        batches=batches,
        threads=1,
        preserve_order=False,
        spill=True,
        memory_limit_bytes=int(limit * SHARE_OF_LIMIT) if limit else before.memory_limit_bytes,
    )
    change = f"{batches} batches instead of {before.batches}, one thread, spilling to disk"
    if why:
        change = f"one thread, spilling to disk, and no batches: {why}"
    return Plan(NAME, tuning, change, makes_work_smaller=True)


def cgroup_limit_bytes(v2: Path = CGROUP_V2, v1: Path = CGROUP_V1) -> int | None:
    """What the container may use, by cgroup v2 or v1; None without a limit."""
    for file in (v2, v1):
        try:
            text = file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if text.isdigit() and 0 < int(text) < _UNLIMITED_BYTES:
            return int(text)
    return None
