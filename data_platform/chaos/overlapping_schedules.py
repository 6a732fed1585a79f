"""Two schedules of one partition's job that tick in the same minute, every minute, until what they do to it is over.

Each run notes when it worked, so that what overlapped and what did not is known without the ladder.
"""

import itertools
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from data_platform.chaos.small_asset import select_of, small_asset, subject_of
from data_platform.chaos.told import told_of
from escalation_sensors.level1.process_ledger import ledger_of_process
from resources.lakehouse import LakehouseResource

OVERLAPPING = "two schedules that overlap"
JOB, DAY = "overlapping", "2013-01-03"
EVERY_MINUTE = "* * * * *"
WORK_SECONDS = 7.0
"""Longer than two processes of one tick are apart."""
NOTES = "overlapping-runs.jsonl"


@dataclass(frozen=True)
class Worked:
    """When one run worked on the partition, in seconds of the epoch."""

    began: float
    ended: float

    def overlaps(self, other: "Worked") -> bool:
        """Whether both were at work at some time."""
        return self.began < other.ended and other.began < self.ended


def worked(home: Path) -> Sequence[Worked]:
    """All that was noted, in the order of their beginnings."""
    file = home / NOTES
    lines = file.read_text(encoding="ascii").splitlines() if file.exists() else []
    return sorted((Worked(*json.loads(line)) for line in lines), key=lambda each: each.began)


def overlaps(found: Sequence[Worked]) -> Sequence[bool]:
    """Of each run, whether it worked while the one before did."""
    return [after.overlaps(before) for before, after in itertools.pairwise(found)]


def work(_lakehouse: LakehouseResource) -> str:
    """Works for a while, and notes when."""
    began = time.time()
    time.sleep(WORK_SECONDS)
    with (Path(os.environ["DAGSTER_HOME"]) / NOTES).open("a", encoding="ascii") as notes:
        notes.write(json.dumps([began, time.time()]) + "\n")
    return select_of()


ASSET = small_asset(OVERLAPPING, work, partitions=dg.StaticPartitionsDefinition([DAY]))
DEFINED_JOB = dg.define_asset_job(JOB, [ASSET])


def schedules(after: Sequence[str]) -> list[dg.ScheduleDefinition]:
    """The two; they begin once the ladder is done with these subjects, for which the daemon has few enough slots."""
    return [_schedule(name, after) for name in ("nightly", "hourly")]


def _schedule(name: str, after: Sequence[str]) -> dg.ScheduleDefinition:
    def ask(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        store = ledger_of_process().store
        if "repaired" in told_of(store, [subject_of(OVERLAPPING)]).states:
            return dg.SkipReason("nothing overlaps any more")
        before = [told_of(store, [subject]).states for subject in after]
        if not all(before) or any("open" in states for states in before):
            return dg.SkipReason("others come first")
        return dg.RunRequest(run_key=f"{name}@{context.scheduled_execution_time.isoformat()}", partition_key=DAY)

    return dg.ScheduleDefinition(
        name=name,
        job=DEFINED_JOB,
        cron_schedule=EVERY_MINUTE,
        execution_fn=ask,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
