"""A better time for the schedule that launched a run, from how long its runs and the step have taken: a proposal."""

from collections.abc import Mapping

import dagster as dg

from escalation_sensors.level1.duration_history import KEPT, kept_durations, worst_usual
from escalation_sensors.level1.ledger import Subject
from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.remedies.better_cron import better_cron
from escalation_sensors.level1.setup import Setup
from escalation_sensors.store.store import Store

NAME = "better_schedule"
SCHEDULE_TAG = "dagster/schedule_name"
"""By which Dagster says what schedule launched a run."""


def better_schedule(
    instance: dg.DagsterInstance,
    tags: Mapping[str, str],
    store: Store,
    setup: Setup,
    subject: Subject,
    *,
    partitions: int = 1,
    just_took_seconds: float | None = None,
) -> Proposed | None:
    """The proposal for a run with these tags; None where no schedule launched it, or no better time is known.

    The history is that of the schedule's runs that succeeded, and of the subject's executions over as many partitions;
    the one that has just ended, in `just_took_seconds`, is not in it yet. The longer of the two counts.

    Raises:
        StoreError: the store cannot be reached.
    """
    schedule = tags.get(SCHEDULE_TAG, "")
    cron = setup.schedules.get(schedule)
    if not cron:
        return None
    of_step = kept_durations(store, subject, partitions)
    of_step += [] if just_took_seconds is None else [just_took_seconds]
    of_runs = _run_seconds(instance, schedule)
    worst = [(worst_usual(each), len(each)) for each in (of_step, of_runs) if each]
    if not worst:
        return None
    seconds, known_from = max(worst)
    better = better_cron(cron, seconds)
    if better is None:
        return None
    effect = (
        f"schedule {schedule}: {better} instead of {cron}, "
        f"since a run takes up to {seconds:.0f} s (by the last {known_from})"
    )
    return Proposed(NAME, effect, f"write {cron} again", seconds=seconds)


def _run_seconds(instance: dg.DagsterInstance, schedule: str) -> list[float]:
    """How long the schedule's last runs took that succeeded."""
    wanted = dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS], tags={SCHEDULE_TAG: schedule})
    records = instance.get_run_records(filters=wanted, limit=KEPT)
    return [record.end_time - record.start_time for record in records if record.end_time and record.start_time]
