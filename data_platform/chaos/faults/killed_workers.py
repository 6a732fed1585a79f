"""Workers that are killed with signal 9 under Dagster's own daemon, and repaired, or not, by a run of the ladder's."""

from dataclasses import replace

from data_platform.chaos.experiment import Experiment, Shown, passed_on, repairable
from data_platform.chaos.scratch import Scratch
from data_platform.chaos.served import SIDE_EFFECTS, TOO_LARGE, TWICE, WHILE_BUILDING, outcome_of, start_daemon
from data_platform.chaos.small_asset import shown_of, subject_of
from data_platform.chaos.told import told_of
from escalation_sensors.diagnosis.category import Category

MEMORY = Category.OUT_OF_MEMORY


def killed(scratch: Scratch, name: str) -> Shown:
    """What came of a job of the daemon's, which is started with the first that asks."""
    start_daemon(scratch)

    def is_over() -> bool:
        told = told_of(scratch.store, [subject_of(name)])
        return bool(told.states) and "open" not in told.states and "running" not in told.outcomes

    return shown_of(scratch, name, succeeded=outcome_of(scratch, name, is_over))


_KILLED: tuple[Experiment, ...] = (
    repairable(TOO_LARGE, MEMORY, lambda scratch: killed(scratch, TOO_LARGE), "a run of the ladder's works in batches"),
    repairable(
        WHILE_BUILDING,
        MEMORY,
        lambda scratch: killed(scratch, WHILE_BUILDING),
        "the next worker is not killed",
        plain_would_do=True,
    ),
    passed_on(TWICE, MEMORY, lambda scratch: killed(scratch, TWICE), "it is killed however it works", may_act=True),
    passed_on(
        SIDE_EFFECTS, MEMORY, lambda scratch: killed(scratch, SIDE_EFFECTS), "it may not be run again without a person"
    ),
)

FAULTS = tuple(replace(each, ahead=start_daemon) for each in _KILLED)
