"""Two wanted the same at the same time: name the holder, and let it end first."""

import re

from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.situation import MayNotAct, Situation

NAME, QUEUE = "wait_for_holder", "queue_behind"
FIRST_WAIT_SECONDS, SECOND_WAIT_SECONDS = 3.0, 60.0
_PROCESS = re.compile(r"\(PID (\d{1,9})\)")
"""How DuckDB names the process that holds a file."""
_NAMED = re.compile(
    r"blocked by process \d+|held (?:by|in) [^;,.()]{1,80}(?:\(PID \d+\))?|\(PID \d+\)|"
    r"another (?:run|process|extraction)[^;,.]{0,60}",
    re.IGNORECASE,
)


def plan(situation: Situation) -> Plan | MayNotAct:
    """A short wait, then a longer one; if the holder is a process of this machine, until that has ended.

    What overlapped and succeeded is not run again: its next execution stands behind the other.
    """
    if situation.has_succeeded:
        tuning = situation.tuning.changed(queue_behind=True)
        return Plan(QUEUE, tuning, "from the next execution on, it waits until the other has ended")
    wait = SECOND_WAIT_SECONDS if situation.attempts else FIRST_WAIT_SECONDS
    process = _PROCESS.search(situation.said)
    tuning = situation.tuning.changed(behind_process=int(process[1]) if process else 0)
    named = _NAMED.search(situation.said)
    who = f"the holder ({named[0].strip()})" if named else "the other, which is not named,"
    change = f"waits {wait:.0f} s and until {who} has ended" if process else f"waits {wait:.0f} s for {who} to end"
    return Plan(NAME, tuning, change, wait, situation.failed_after_seconds)
