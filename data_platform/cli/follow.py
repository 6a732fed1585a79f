"""Follows a run in the terminal while it executes: a thread reads Dagster's event log and draws.

On a terminal running steps are redrawn in place; elsewhere each step is one line when it ends. What steps
log is shown as it comes: warnings always, because they say what the platform recovered from.
"""

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from data_platform.cli.progress import EndedStep, Progress, StepEvent, shown_step

if TYPE_CHECKING:
    import dagster as dg

_POLL_SECONDS = 0.25
_MARKS = {"done": ("✓", "green"), "failed": ("✗", "red"), "skipped": ("-", "yellow")}


class RunFollower:
    """A context manager around the execution of one run."""

    def __init__(self, instance: "dg.DagsterInstance", run_id: str, console: Console, show_level: int) -> None:
        self._instance = instance
        self._run_id = run_id
        self._console = console
        self._show_level = show_level
        self._cursor: str | None = None
        self._finished = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="follow-run", daemon=True)
        self.progress = Progress()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._finished.set()
        self._thread.join()

    def _follow(self) -> None:
        if not self._console.is_terminal:
            self._poll_until_finished(lambda: None)
            return
        with Live(console=self._console, transient=True, auto_refresh=False) as live:
            self._poll_until_finished(lambda: live.update(self._drawn(time.time()), refresh=True))

    def _poll_until_finished(self, draw: Callable[[], None]) -> None:
        while not self._finished.wait(_POLL_SECONDS):
            self._read_events()
            draw()
        self._read_events()

    def _read_events(self) -> None:
        if not self.progress.total:
            run = self._instance.get_run_by_id(self._run_id)
            if run is None:
                return
            self.progress.total = len(run.step_keys_to_execute or ())
        records = self._instance.get_records_for_run(self._run_id, cursor=self._cursor)
        self._cursor = records.cursor
        for record in records.records:
            entry = record.event_log_entry
            if entry.dagster_event is None:
                self._tell_logged(int(entry.level), shown_step(entry.step_key or ""), entry.user_message)
            elif entry.step_key is not None:
                event = StepEvent(entry.dagster_event.event_type_value, entry.step_key, entry.timestamp)
                self._tell(self.progress.take(event))

    def _tell(self, ended: EndedStep | None) -> None:
        if ended is None:
            return
        mark, colour = _MARKS[ended.state]
        count = f"{len(self.progress.ended)}/{self.progress.total}"
        line = f"{mark} {count:>7}  {shown_step(ended.step):<40} {ended.seconds:6.1f} s"
        self._console.print(Text(line if ended.state == "done" else f"{line}  {ended.state}", colour))

    def _tell_logged(self, level: int, step: str, message: str) -> None:
        if level >= self._show_level:
            mark, colour = ("!", "yellow") if level >= logging.WARNING else ("·", "")
            self._console.print(Text(f"{mark} {step}: {message}", colour), soft_wrap=True)

    def _drawn(self, now: float) -> Text:
        lines = [f"… {shown_step(step):<49} {seconds:6.1f} s" for step, seconds in self.progress.running(now)]
        return Text("\n".join(lines or ["…"]), "cyan")
