"""What is done before an attempt's function runs: its time awaited, packages provided, source and holder waited for.

It runs within the attempt's deadline. The tuning says what, so that a repair run in another process does the same.
"""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation_sensors.level1.deadline import DeadlineExceeded
from escalation_sensors.level1.file_holders import runs, still_holds
from escalation_sensors.level1.held import Slot, SlotIsHeld
from escalation_sensors.level1.holders import Execution, holders
from escalation_sensors.level1.ledger import Attempt, Subject
from escalation_sensors.level1.packages import packages_folder, provide
from escalation_sensors.level1.remedies import scheduling_conflict, source_unavailable
from escalation_sensors.level1.setup import Setup, trouble
from escalation_sensors.level1.tuning import Tuning
from escalation_sensors.store.store import Store

PROBE_SECONDS = 5.0
"""How long one probe may take."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 20.0
"""Between two probes: twice as long each time, give or take a random half, so that many do not ask at once."""
LONGEST_SLEEP_SECONDS = 0.5
"""How long a Terminate may go unheard."""
LONGEST_QUEUE_SECONDS = 1800.0
"""How long a run without an attempt of its own stands behind another."""
LONGEST_POLL_SECONDS = 2.0
"""Between two looks at whether a holder has let go."""
LEAST_LEFT = timedelta(seconds=1)
"""So long before the attempt's deadline a wait in vain ends: it is then said what is still held."""
Clock = Callable[[], datetime]


class StillHeld(Exception):
    """What an attempt waited for was held for as long as the attempt had."""

    escalation_category = "scheduling_conflict"


@dataclass(frozen=True)
class Preparing:
    """An execution that is about to begin; not before `not_before`. `tell` takes a line for the run's log.

    `slot_is_held` asks Dagster about a slot of a pool; without it none is waited for.
    """

    execution: Execution
    subject: Subject
    attempt: Attempt | None
    tuning: Tuning
    tell: Callable[[str], None]
    not_before: datetime | None = None
    slot_is_held: SlotIsHeld | None = None


def prepare(preparing: Preparing, setup: Setup, store: Store, clock: Clock) -> None:
    """Do what the tuning and the attempt's remedy ask for.

    Raises:
        InstallFailed: a package could not be installed.
        DeadlineExceeded: by the timer of the attempt.
        StillHeld: what it waits for was not let go of within the attempt's time.
    """
    tuning, attempt = preparing.tuning, preparing.attempt
    await_time(preparing.not_before, clock, preparing.tell)
    if tuning.packages:
        provide(tuning.packages, setup.allowed, setup.policy.packages, packages_folder())
    if attempt is not None and attempt.remedy == source_unavailable.NAME:
        _await_source(preparing, setup)
    if tuning.behind_process:
        _await_process(preparing, clock)
    for each in tuning.behind_slots:
        _await_slot(preparing, Slot.from_text(each), clock)
    waits_for_holder = attempt is not None and attempt.remedy == scheduling_conflict.NAME
    if tuning.queue_behind or waits_for_holder:
        until = attempt.deadline_at if attempt is not None else None
        _stand_behind(preparing, setup, store, clock, until)


def await_time(not_before: datetime | None, clock: Clock, tell: Callable[[str], None]) -> None:
    """Wait until then. Here and not in Dagster's own delay, which a Terminate cannot interrupt in an in-process run."""
    if not_before is None or not_before <= clock():
        return
    tell(f"Action: waiting until {not_before:%H:%M:%S} UTC")
    while (left := (not_before - clock()).total_seconds()) > 0:
        _sleep(left)


def _await_source(preparing: Preparing, setup: Setup) -> None:
    sources = setup.pipeline.sources
    if sources is None:
        return
    for number, pause in enumerate(_pauses(), 1):
        try:
            answers = sources.answers(preparing.subject.name, PROBE_SECONDS)
        except DeadlineExceeded:
            raise  # the attempt's time is up: it ends here
        except Exception as error:  # noqa: BLE001 - a probe that cannot ask is no reason not to try
            trouble(f"{preparing.subject.name}: the source cannot be probed: {type(error).__name__}: {error}")
            return
        if answers is not False:
            if answers:
                preparing.tell(f"Action: probed the source, which answers (probe {number})")
            return
        preparing.tell(f"Action: probed the source, which does not answer yet (probe {number}); waiting {pause:.0f} s")
        _sleep(pause)


def _await_process(preparing: Preparing, clock: Clock) -> None:
    process, path = preparing.tuning.behind_process, preparing.tuning.behind_file
    if path:
        _await(preparing, lambda: still_holds(process, path), f"process {process} still holds {path}", clock)
    else:
        _await(preparing, lambda: runs(process), f"process {process} still holds it", clock)


def _await_slot(preparing: Preparing, slot: Slot, clock: Clock) -> None:
    is_held = preparing.slot_is_held
    if is_held is None:
        return
    try:
        _await(preparing, lambda: is_held(slot), f"{slot.holder} still holds a slot of pool {slot.pool}", clock)
    except (StillHeld, DeadlineExceeded):
        raise
    except Exception as error:  # noqa: BLE001 - Dagster's storage; what cannot be asked is no reason not to try
        trouble(f"{preparing.subject.name}: pool {slot.pool} cannot be asked: {type(error).__name__}: {error}")


def _await(preparing: Preparing, is_held: Callable[[], bool], told: str, clock: Clock) -> None:
    """Wait until something is not held any more, and tell it once."""
    began = clock()
    until = preparing.attempt.deadline_at if preparing.attempt is not None else None
    for number, pause in enumerate(_pauses()):
        if not is_held():
            return
        if number == 0:
            preparing.tell(f"Action: {told}; waiting for it to let go")
        _sleep(min(pause, LONGEST_POLL_SECONDS, _left(until, clock)))
        _give_up_in_time(told, began, until, clock)


def _left(until: datetime | None, clock: Clock) -> float:
    return float("inf") if until is None else max((until - LEAST_LEFT - clock()).total_seconds(), 0.0)


def _give_up_in_time(told: str, began: datetime, until: datetime | None, clock: Clock) -> None:
    if until is not None and clock() >= until - LEAST_LEFT:
        raise StillHeld(f"{told} after {(clock() - began).total_seconds():.0f} s, which is all the time there was")


def _stand_behind(preparing: Preparing, setup: Setup, store: Store, clock: Clock, until: datetime | None) -> None:
    began = clock()
    told = ""
    for pause in _pauses():
        others = holders(store, preparing.execution, clock(), setup.policy.stale_heartbeat_seconds)
        if not others:
            return
        named = ", ".join(f"run {each.run_id} (since {each.started_at:%H:%M:%S} UTC)" for each in others)
        if named != told:
            preparing.tell(f"Action: {named} is working on the same; waiting for it to end")
            told = named
        waited = (clock() - began).total_seconds()
        if until is None and waited > LONGEST_QUEUE_SECONDS:
            preparing.tell(f"Action: waited {waited:.0f} s for {named}; going on")
            return
        _sleep(min(pause, 5.0, _left(until, clock)))
        _give_up_in_time(f"{named} is still working on the same", began, until, clock)


def _sleep(seconds: float) -> None:
    """Sleep in short pieces: a signal that another thread of the process was given ends no sleep of the main thread."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, LONGEST_SLEEP_SECONDS))


def _pauses() -> Iterator[float]:
    pause = FIRST_PAUSE_SECONDS
    while True:
        yield pause * random.uniform(0.5, 1.5)  # noqa: S311 - jitter is no secret
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
