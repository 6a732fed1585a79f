"""Two wanted the same at the same time: name the holder as it was found, and wait until it lets go."""

import re
from dataclasses import replace

from escalation_sensors.level1.held import Earlier, PoolInUse, Slot
from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.remedies.spread_wait import spread_wait
from escalation_sensors.level1.situation import MayNotAct, Situation
from escalation_sensors.level1.tuning import Tuning

NAME, QUEUE = "wait_for_holder", "queue_behind"
FREE, LIMIT = "free_slots", "raise_limit"
FIRST_WAIT_SECONDS, SECOND_WAIT_SECONDS = 3.0, 60.0
MOST_NAMED = 3
_PROCESS = re.compile(r"\(PID (\d{1,9})\)")
"""How DuckDB names the process that holds a file."""
_OF_A_SERVER = re.compile(r"blocked by process (\d+)|[Pp]rocess(?:es)? holding the lock: (\d+)")
"""How PostgreSQL names the server's process that works for the other."""
_NAMED = re.compile(
    r"\b(?:held|locked|owned|blocked) by (?:the )?"
    r"(?:(?:run|job|task|session|transaction|connection|thread|host|worker|user)\s(?:id\s)?[\"'#]?(?!that|which|and|is|has|at)[\w.:/@-]+)",
    re.IGNORECASE,
)
"""A holder that has a name; `held by another transaction` is none."""


def plan(situation: Situation) -> Plan | MayNotAct:
    """Until the holder that was found has let go; a short wait, then a longer one, where nobody was found.

    A pool without slots, or whose slots nobody will give back, is not waited for: what frees it is proposed. What
    overlapped and succeeded is not run again: its next execution stands behind the other.
    """
    if situation.has_succeeded:
        tuning = situation.tuning.changed(queue_behind=True)
        return Plan(QUEUE, tuning, "from the next execution on, it waits until the other has ended")
    held = situation.held
    full = [pool for pool in held.pools if pool.is_full]
    if stuck := next((pool for pool in full if all(slot.run_has_ended for slot in pool.slots)), None):
        return _never_free(stuck)
    if not situation.is_in_flight and (closed := [limit for limit in held.run_limits if limit.limit == 0]):
        effect = f"a limit of more than 0 for {closed[0].of} in the run queue of dagster.yaml"
        reason = f"{closed[0].of} admits 0 runs at a time, so that a repair run would never begin"
        return MayNotAct(reason, Proposed(LIMIT, effect, "write 0 again"))
    found = _behind_pools(situation, full) if full else _behind_others(situation)
    also = "".join(_as_seen(pool) for pool in held.pools if not pool.is_full and pool.slots)
    also += "".join(
        f"; {limit.of} admits {_counted(limit.limit, 'run')} at a time; run {_listed(limit.runs)} counts"
        for limit in held.run_limits
        if limit.runs
    )
    leaked = [slot for pool in held.pools for slot in pool.slots if slot.run_has_ended]
    proposed = _to_free(leaked) if leaked else None
    if proposed is None and any(_is_same(each, situation, found.tuning) for each in held.earlier):
        proposed = held.better_schedule
    return replace(found, change=found.change + also, proposed=proposed)


def _behind_pools(situation: Situation, full: list[PoolInUse]) -> Plan:
    """Slots are waited for as long as they are held: that needs no wait of its own."""
    slots = [slot for pool in full for slot in pool.slots if not slot.run_has_ended]
    tuning = situation.tuning.behind_nobody().changed(behind_slots=tuple(slot.as_text() for slot in slots))
    told = ", ".join(
        f"pool {pool.name} has {_counted(pool.limit, 'slot')}, held by {_holders(pool.slots)}" for pool in full
    )
    return Plan(NAME, tuning, f"{told}; waits until one is free", 0.0, situation.failed_after_seconds)


def _behind_others(situation: Situation) -> Plan:
    """A process that has the file, else a run of the same: both are seen to let go. Else so many seconds."""
    held, tuning, expected = situation.held, situation.tuning.behind_nobody(), situation.failed_after_seconds
    if held.processes:
        first, *more = held.processes
        tuning = tuning.changed(behind_process=first.process, behind_file=first.path)
        until = f"has let go of {first.path}" if first.path else "has ended"
        besides = f"; so has {_listed([each.named for each in more])}" if more else ""
        return Plan(NAME, tuning, f"waits until the holder ({first.named}) {until}{besides}", 0.0, expected)
    if held.runs:
        named = _listed([f"run {each.run_id} (since {each.since:%H:%M:%S} UTC)" for each in held.runs])
        return Plan(NAME, tuning, f"waits until {named}, which works on the same, has ended", 0.0, expected)
    own = SECOND_WAIT_SECONDS if situation.attempts else FIRST_WAIT_SECONDS
    wait = spread_wait(own, situation.run_id, situation.attempts)
    who = _who_says_the_failure(situation.said)
    return Plan(NAME, tuning, f"waits {wait:.0f} s for {who} to end", wait, expected)


def _who_says_the_failure(said: str) -> str:
    """The holder, where the failure names one that nobody could be seen to be."""
    if process := _PROCESS.search(said):
        return f"the holder (process {process[1]}, which is not seen to hold it now)"
    if server := _OF_A_SERVER.search(said):
        return f"the holder (process {server[1] or server[2]} of the database server)"
    named = _NAMED.search(said)
    return f"the holder ({named[0]})" if named else "the other, which is not named,"


def _never_free(pool: PoolInUse) -> MayNotAct:
    if pool.slots:
        reason = f"pool {pool.name} has {_counted(pool.limit, 'slot')}, held by {_holders(pool.slots)}: nobody frees it"
        return MayNotAct(reason, _to_free(list(pool.slots)))
    effect = f"pool {pool.name} gets a slot: `dagster instance concurrency set {pool.name} 1`"
    undo = f"`dagster instance concurrency set {pool.name} 0`"
    return MayNotAct(f"pool {pool.name} has 0 slots, so that nobody gets one", Proposed(LIMIT, effect, undo))


def _to_free(slots: list[Slot]) -> Proposed:
    """What frees slots of runs that have ended; Dagster has no command for it, its storage has."""
    runs = list(dict.fromkeys(slot.run_id for slot in slots))
    program = f"""import dagster as dg; storage = dg.DagsterInstance.get().event_log_storage; \
[storage.free_concurrency_slots_for_run(run) for run in {" ".join(runs)!r}.split()]"""
    pools = _listed(list(dict.fromkeys(slot.pool for slot in slots)))
    effect = f'the slots of pool {pools} that ended runs hold are free again: `python -c "{program}"`'
    return Proposed(FREE, effect, "nothing is to be undone: those runs are over")


def _is_same(earlier: Earlier, situation: Situation, tuning: Tuning) -> bool:
    """Whether an earlier conflict was with the same holder; where it is not known of both, of the same cause."""
    now, then = _wanted(tuning), _wanted(earlier.tuning)
    return now == then if now and then else earlier.fingerprint == situation.diagnosis.fingerprint


def _wanted(tuning: Tuning) -> frozenset[str]:
    """What an attempt waited for: pools or a file, whoever held them. A process's number is another each time."""
    pools = {Slot.from_text(each).pool for each in tuning.behind_slots}
    return frozenset({*(f"pool {name}" for name in pools), *([tuning.behind_file] if tuning.behind_file else [])})


def _as_seen(pool: PoolInUse) -> str:
    return f"; pool {pool.name} has {_counted(pool.limit, 'slot')}, and {_holders(pool.slots)} has one"


def _holders(slots: tuple[Slot, ...]) -> str:
    return _listed([f"{slot.holder}{', which has ended' if slot.run_has_ended else ''}" for slot in slots])


def _counted(number: int, of: str) -> str:
    return f"{number} {of}" if number == 1 else f"{number} {of}s"


def _listed(names: list[str] | tuple[str, ...]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
