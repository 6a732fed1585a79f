"""Memory or disk exhausted: smaller batches, fewer threads, no order to keep, spilling, and a limit from the cgroup."""

import re
from pathlib import Path

from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.proposed import UNDO_BY_HAND, Proposed
from escalation_sensors.level1.remedies.pipeline_timeout import NO_SPLIT_KEY
from escalation_sensors.level1.situation import MayNotAct, Situation

NAME = "smaller_batches"
BATCHES_TIMES = 4
MOST_BATCHES = 64
SHARE_OF_LIMIT = 0.7
"""Of the memory that the cgroup allows; the rest is the interpreter's and the other libraries'."""
CGROUP_V2, CGROUP_V1 = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")
_UNLIMITED_BYTES = 2**60
MORE_ROOM = "more_room"
_DISK = re.compile(r"no space left|enospc|disk (?:is )?full|disk quota|max_temp_directory_size", re.IGNORECASE)
"""How a disk that is full is told apart from memory that is."""


def plan(situation: Situation) -> Plan | MayNotAct:
    """Four times as many batches as before, on one thread; not beyond the smallest batch.

    What must not be split runs on one thread and spills.
    """
    before = situation.tuning
    if before.batches >= MOST_BATCHES:
        return MayNotAct(f"it failed with the smallest batch, one of {before.batches}", _more_room(situation))
    why = situation.metadata.get(NO_SPLIT_KEY)
    if why and before.threads == 1 and before.spill:
        return MayNotAct(
            f"it failed on one thread, spilling to disk, and must not be split: {why}", _more_room(situation)
        )
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


def _more_room(situation: Situation) -> Proposed:
    """What a person can give: room on the disk, or memory beyond what the smallest piece of work did not fit in."""
    tuning = situation.tuning
    if _DISK.search(situation.said):
        return Proposed(MORE_ROOM, f"make room on the disk, then run it again: {situation.said}", UNDO_BY_HAND, tuning)
    limit = tuning.memory_limit_bytes or cgroup_limit_bytes()
    had = f"the {limit / 2**20:,.0f} MiB" if limit else "what"
    pieces = f"one of {tuning.batches} batches" if tuning.batches > 1 else "the whole"
    effect = f"run it where there is more memory than {had} it had: {pieces} did not fit, on one thread and spilling"
    return Proposed(MORE_ROOM, effect, f"{UNDO_BY_HAND}: the memory", tuning)


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
