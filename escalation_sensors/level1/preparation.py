"""What is done before an attempt's function runs: its time awaited, packages provided, source and holder waited for.

It runs within the attempt's deadline. The tuning says what, so that a repair run in another process does the same.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from escalation_sensors.level1.deadline import DeadlineExceeded
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
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Preparing:
    """An execution that is about to begin; not before `not_before`. `tell` takes a line for the run's log."""

    execution: Execution
    subject: Subject
    attempt: Attempt | None
    tuning: Tuning
    tell: Callable[[str], None]
    not_before: datetime | None = None


def prepare(preparing: Preparing, setup: Setup, store: Store, clock: Clock) -> None:
    """Do what the tuning and the attempt's remedy ask for.

    Raises:
        InstallFailed: a package could not be installed.
        DeadlineExceeded: by the timer of the attempt.
    """
    tuning, attempt = preparing.tuning, preparing.attempt
    await_time(preparing.not_before, clock, preparing.tell)
    if tuning.packages:
        provide(tuning.packages, setup.allowed, setup.policy.packages, packages_folder())
    if attempt is not None and attempt.remedy == source_unavailable.NAME:
        _await_source(preparing, setup)
    if tuning.behind_process:
        _await_process(preparing)
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


def _await_process(preparing: Preparing) -> None:
    process = preparing.tuning.behind_process
    told = False
    for pause in _pauses():
        if not _runs(process):
            return
        if not told:
            preparing.tell(f"Action: process {process} still holds it; waiting for it to end")
            told = True
        _sleep(min(pause, 2.0))


def _runs(process: int) -> bool:
    """Whether a process still holds what it held: one that has ended and was not waited for has given it back."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # as somebody else
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return True  # no such files here
    return stat.rpartition(")")[2].split()[:1] != ["Z"]


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
        _sleep(min(pause, 5.0))


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
