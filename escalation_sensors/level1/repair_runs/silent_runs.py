"""Runs that do not beat any more: their machine went, or their code server with them. They are reported failed.

Dagster leaves such a run started for ever. A process that is seen alive on this host is never taken for dead, nor is a
step that nobody accompanies: it does not beat. What runs on another host is seen by its beats alone, and those need the
store: it is taken for dead only after it could be reached for as long as a heart may stand still.
"""

import os
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from sqlalchemy import Row, delete, select

from escalation_sensors.dagster_internals import RunStory, as_planned, last_event_at, location_of, story_of
from escalation_sensors.level1.repair_runs.tick import Tick
from escalation_sensors.level1.repair_runs.what_failed import NO_SIGN_OF_LIFE
from escalation_sensors.level1.retry_policy import LevelOneRetryPolicy
from escalation_sensors.store.tables import heartbeats

PROCESSES = Path("/proc")
_START_FIELD = 19
"""Of `/proc/PID/stat`, counted from behind the name: when the process began, in ticks since the machine did."""
START_SECONDS = 180.0
"""How long a run may take to start; Dagster's own default."""
_SLACK = timedelta(seconds=2)


@dataclass
class _Clock:
    """Whether the clock was set, or the machine slept, since this process looked at it first."""

    ahead: float | None = None
    distrusted_until: float = 0.0

    def was_set(self, within_seconds: float) -> bool:
        """Whether that was seen within so many seconds."""
        ahead = time.time() - time.monotonic()
        if self.ahead is not None and abs(ahead - self.ahead) > _SLACK.total_seconds():
            self.distrusted_until = time.monotonic() + within_seconds
        self.ahead = ahead
        return time.monotonic() < self.distrusted_until


@dataclass
class _Watch:
    """Since when this process has looked at the beats without a gap, by the monotonic clock."""

    since: float | None = None
    last: float = 0.0

    def look(self) -> None:
        """Look now. After a gap, nobody knows whether beats could be written meanwhile."""
        now = time.monotonic()
        if self.since is None or now - self.last > MOST_GAP_SECONDS:
            self.since = now
        self.last = now

    def interrupt(self) -> None:
        """The store cannot be reached: nobody's beat can be written."""
        self.since = None

    def has_lasted(self, seconds: float) -> bool:
        """Whether it goes back so many seconds."""
        return self.since is not None and time.monotonic() - self.since >= seconds


MOST_GAP_SECONDS = 30.0
"""Between two ticks, which come every 5 s where all is well."""
WATCH = _Watch()
"""Of this process."""
_CLOCK = _Clock()


def report_silent_runs(tick: Tick) -> None:
    """Report failed what has given no sign of life for too long.

    Raises:
        StoreError: the store cannot be reached.
    """
    WATCH.look()
    silent_since = tick.now - timedelta(seconds=tick.setup.policy.stale_heartbeat_seconds)
    if _CLOCK.was_set(tick.setup.policy.stale_heartbeat_seconds):
        return  # beats that were written before look old, and processes young
    statuses = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING]
    records = tick.instance.get_run_records(filters=dg.RunsFilter(statuses=statuses))
    beats = _beats(tick)
    for record in records:
        run = record.dagster_run
        began = datetime.fromtimestamp(record.start_time, UTC) if record.start_time else None
        if location_of(run) != tick.location or not tick.has_time or (began is not None and began > silent_since):
            continue
        last = max((beat.at for beat in beats.get(run.run_id, [])), default=None)
        heard = max(
            (at for at in (last, last_event_at(tick.instance, run.run_id), began) if at is not None), default=None
        )
        if heard is not None and heard <= silent_since and _is_dead(tick, run, beats.get(run.run_id, []), heard):
            line = f"{NO_SIGN_OF_LIFE} since {heard:%H:%M:%S} UTC: its process or its machine is gone"
            tick.instance.report_run_failed(run, line)
            tick.tell(f"run {run.run_id}: {line}; reported failed")
    _clean(tick, {record.dagster_run.run_id for record in records}, silent_since)


def _is_dead(tick: Tick, run: dg.DagsterRun, beats: list[Row[tuple[object, ...]]], heard: datetime) -> bool:
    here = [beat for beat in beats if beat.host == socket.gethostname()[:255]]
    if any(is_alive(beat.pid, beat.started_at or beat.at) for beat in here):
        return False
    is_elsewhere = not here and (bool(beats) or type(tick.instance.run_launcher).__name__ != "DefaultRunLauncher")
    if is_elsewhere and not WATCH.has_lasted(tick.setup.policy.stale_heartbeat_seconds):
        return False
    story = story_of(tick.instance, run.run_id)
    if story.worker_pid is None or story.worker_since is None:
        return bool(beats) or heard <= tick.now - timedelta(seconds=START_SECONDS)
    # Only the default launcher is known to run workers on the host of the sensor.
    is_here = type(tick.instance.run_launcher).__name__ == "DefaultRunLauncher"
    if is_here and not beats:
        return not is_alive(story.worker_pid, story.worker_since)
    return bool(beats) or _all_would_beat(tick, run, story)


def _all_would_beat(tick: Tick, run: dg.DagsterRun, story: RunStory) -> bool:
    """Whether the steps that have not ended are accompanied by level 1, which would have told by now."""
    planned = tick.steps_of(run)
    unfinished = [as_planned(step.step_key) for step in story.steps if not step.ended]
    covered = [key in planned and isinstance(planned[key].retry_policy, LevelOneRetryPolicy) for key in unfinished]
    return bool(covered) and all(covered)


def is_alive(pid: int, since: datetime) -> bool:
    """Whether the process that had this number then is still there; another one may have been given it since."""
    try:
        fields = (
            (PROCESSES / str(pid) / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        )
        booted = next(
            int(line.split()[1]) for line in (PROCESSES / "stat").read_text().splitlines() if line.startswith("btime")
        )
    except (OSError, StopIteration):
        return False
    began = datetime.fromtimestamp(booted + int(fields[_START_FIELD]) / os.sysconf("SC_CLK_TCK"), UTC)
    return fields[0] not in {"Z", "X"} and began <= since + _SLACK


def _beats(tick: Tick) -> dict[str, list[Row[tuple[object, ...]]]]:
    found: dict[str, list[Row[tuple[object, ...]]]] = {}
    with tick.ledger.store.reading() as connection:
        for row in connection.execute(select(heartbeats).where(heartbeats.c.code_location == tick.location)):
            found.setdefault(row.run_id, []).append(row)
    return found


def _clean(tick: Tick, unfinished: set[str], silent_since: datetime) -> None:
    """Take away the rows that nobody renews, of runs that have ended."""
    stale = (heartbeats.c.code_location == tick.location) & (heartbeats.c.at < silent_since)
    with tick.ledger.store.reading() as connection:
        gone = [row.run_id for row in connection.execute(select(heartbeats.c.run_id).where(stale).distinct())]
    gone = [run_id for run_id in gone if run_id not in unfinished]
    if gone:
        with tick.ledger.store.transaction() as connection:
            connection.execute(delete(heartbeats).where(stale, heartbeats.c.run_id.in_(gone)))
