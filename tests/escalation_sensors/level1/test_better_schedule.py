"""A better time of a schedule follows from the history of its runs and of the step, and not from one execution."""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg
import pytest

from escalation_sensors.level1.better_schedule import SCHEDULE_TAG, better_schedule
from escalation_sensors.level1.duration_history import keep_duration, worst_usual
from escalation_sensors.level1.ledger import Ledger, Subject
from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.setup import Setup

LOADED = Subject("", "asset:loaded")
SETUP = Setup(schedules={"often": "*/5 * * * *"})


@dg.asset
def loaded() -> None: ...


def keep(ledger: Ledger, seconds: Sequence[float], partitions: int = 1) -> None:
    for number, each in enumerate(seconds):
        now = datetime.now(UTC)
        keep_duration(ledger.store, LOADED, f"run-{number}", seconds=each, partitions=partitions, now=now)


def proposed(ledger: Ledger, *, schedule: str = "often", just_took_seconds: float | None = None) -> Proposed | None:
    with dg.DagsterInstance.ephemeral() as instance:
        tags = {SCHEDULE_TAG: schedule}
        assert dg.materialize([loaded], instance=instance, tags={SCHEDULE_TAG: "often"}).success
        return better_schedule(instance, tags, ledger.store, SETUP, LOADED, just_took_seconds=just_took_seconds)


@pytest.mark.parametrize(
    ("seconds", "worst"),
    [
        ([600.0, 700.0, 650.0, 660.0, 640.0], 700.0),
        ([600.0, 700.0, 650.0, 660.0, 9000.0], 700.0),
        ([600.0, 9000.0], 9000.0),
        ([3.0], 3.0),
    ],
    ids=["the longest", "not one far over the others", "too few to tell", "one"],
)
def test_the_worst_usual_time_is_the_longest_that_is_not_far_over_the_others(
    seconds: list[float], worst: float
) -> None:
    assert worst_usual(seconds) == worst


def test_a_better_time_leaves_room_for_the_longest_usual_execution_and_not_only_for_the_last(ledger: Ledger) -> None:
    keep(ledger, [600.0, 700.0, 650.0, 660.0, 640.0, 9000.0])
    keep(ledger, [2000.0, 2000.0], partitions=30)
    found = proposed(ledger, just_took_seconds=400.0)
    assert found is not None
    assert found.effect == (
        "schedule often: */15 * * * * instead of */5 * * * *, since a run takes up to 700 s (by the last 7)"
    )
    assert (found.seconds, found.undo) == (700.0, "write */5 * * * * again")


def test_where_nothing_is_known_of_the_step_the_runs_of_the_schedule_count(ledger: Ledger) -> None:
    found = proposed(ledger)
    assert found is not None
    assert found.effect.startswith("schedule often: */6 * * * * instead of */5 * * * *, since a run takes up to ")
    assert found.effect.endswith(" s (by the last 1)")


def test_a_run_that_no_schedule_of_the_project_launched_gets_no_better_time(ledger: Ledger) -> None:
    keep(ledger, [600.0])
    assert proposed(ledger, schedule="of somebody else") is None
