"""The heartbeat: a row of the store for each step that runs, renewed by a thread. What runs and does not beat is dead.

A step that ends within the first second writes none: it would cost more than it tells.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import delete, insert, update

from escalation_sensors.level1.holders import Execution
from escalation_sensors.level1.setup import trouble
from escalation_sensors.redaction import redact
from escalation_sensors.store.store import Store, StoreError
from escalation_sensors.store.tables import heartbeats

FIRST_BEAT_SECONDS, BEAT_SECONDS = 1.0, 10.0


@contextmanager
def beating(execution: Execution, store: Store, tell: Callable[[str], None] | None = None) -> Iterator[None]:
    """Have the execution beat while the block runs.

    `tell` takes a line for the run's log, where it beats while the store does not answer: who looks for dead runs
    looks there, too.
    """
    beat = _Beat(execution, store, tell)
    with _LOCK:
        _ALL.beats.append(beat)
        try:
            _ALL.begin()
        except RuntimeError as error:  # no more threads: the step runs on, and is not seen to be alive
            trouble(f"{execution.subject.name}: it has no heartbeat: {error}")
    try:
        yield
    finally:
        with _LOCK:
            if beat in _ALL.beats:
                _ALL.beats.remove(beat)
        beat.stop()


def bury(store: Store, run_id: str) -> None:
    """Take away the rows of a run that has ended: a killed process leaves its own, and would be waited for.

    Raises:
        StoreError: the store cannot be reached.
    """
    with store.transaction() as connection:
        connection.execute(delete(heartbeats).where(heartbeats.c.run_id == run_id))


@dataclass(eq=False)
class _Beat:
    """The heartbeat of one execution; `due` is by the monotonic clock."""

    execution: Execution
    store: Store
    tell: Callable[[str], None] | None = None
    due: float = field(default_factory=lambda: time.monotonic() + FIRST_BEAT_SECONDS)
    written: bool = False
    stopped: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def beat(self) -> None:
        """Write the row, or renew it."""
        with self.lock:
            if self.stopped:
                return
            self.due = time.monotonic() + BEAT_SECONDS
            key = (heartbeats.c.run_id == self.execution.run_id) & (heartbeats.c.step_key == self.execution.step_key)
            now = datetime.now(UTC)
            with self.store.transaction() as connection:
                if self.written:
                    connection.execute(update(heartbeats).where(key).values(at=now))
                    return
                connection.execute(delete(heartbeats).where(key))
                connection.execute(
                    insert(heartbeats).values(
                        run_id=self.execution.run_id,
                        step_key=self.execution.step_key,
                        at=now,
                        host=socket.gethostname()[:255],
                        pid=os.getpid(),
                        code_location=self.execution.subject.code_location,
                        subject=self.execution.subject.name,
                        partition=self.execution.partition[:255],
                        started_at=self.execution.started_at,
                    )
                )
            self.written = True

    def stop(self) -> None:
        """Take the row away, if there is one."""
        with self.lock:
            self.stopped = True
            if not self.written:
                return
            key = (heartbeats.c.run_id == self.execution.run_id) & (heartbeats.c.step_key == self.execution.step_key)
            try:
                with self.store.transaction() as connection:
                    connection.execute(delete(heartbeats).where(key))
            except StoreError as error:
                trouble(f"{self.execution.subject.name}: the heartbeat cannot be ended: {error}")


@dataclass
class _Beats:
    """All executions of this process, and the thread that beats for them."""

    beats: list[_Beat] = field(default_factory=list)
    thread: threading.Thread | None = None
    pid: int = 0

    def begin(self) -> None:
        """Start the thread, if it does not run in this process."""
        if self.thread is None or not self.thread.is_alive() or self.pid != os.getpid():
            self.pid = os.getpid()
            self.thread = threading.Thread(target=self._run, name="escalation-heartbeat", daemon=True)
            self.thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(FIRST_BEAT_SECONDS / 2)
            with _LOCK:
                due = [each for each in self.beats if each.due <= time.monotonic()]
            for each in due:
                try:
                    each.beat()
                except Exception as error:  # noqa: BLE001 - one execution's trouble must not stop the others' hearts
                    each.due = time.monotonic() + BEAT_SECONDS
                    line = redact(f"the heartbeat cannot be written: {error}")
                    trouble(f"{each.execution.subject.name}: {line}")
                    _beat_aloud(each, line)


def _beat_aloud(beat: _Beat, line: str) -> None:
    if beat.tell is None or beat.stopped:
        return
    try:
        beat.tell(f"Escalation: still at work; {line}")
    except Exception as error:  # noqa: BLE001 - Dagster's storage may be down with the store: the heart goes on
        trouble(f"{beat.execution.subject.name}: nor can its run's log: {type(error).__name__}: {error}")


_LOCK = threading.Lock()
_ALL = _Beats()
