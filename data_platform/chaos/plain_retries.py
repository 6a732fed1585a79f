"""The ladder without its remedies, to measure what they are worth: each plan becomes a plain retry after the same wait.

Switched on by the environment, so that the processes of the experiments obey it, too.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType

from data_platform.chaos.experiment import Experiment
from data_platform.chaos.judging import Verdict
from escalation_sensors.diagnosis.category import Category
from escalation_sensors.level1 import decide
from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.remedies import plain
from escalation_sensors.level1.remedies.by_category import REMEDIES, Remedy
from escalation_sensors.level1.situation import MayNotAct, Situation

VARIABLE = "CHAOS_PLAIN"


def are_wanted() -> bool:
    """Whether the environment asks for plain retries only."""
    return os.environ.get(VARIABLE, "") not in {"", "0"}


def as_expected(experiment: Experiment) -> Experiment:
    """What is expected of an experiment where there are only plain retries: whether they do is declared."""
    if not experiment.can_be_repaired or experiment.plain_would_do:
        return experiment
    return replace(experiment, can_be_repaired=False)


def as_measured(verdict: Verdict) -> Verdict:
    """The verdict, which is about what was repaired: what without remedies stays as it is need not be handed on."""
    is_left = not verdict.repaired and verdict.unexpected in {"not passed on", "not repaired"}
    of_the_next_run = verdict.experiment.category is Category.SLOW_PERFORMANCE
    if is_left and (of_the_next_run or not verdict.experiment.can_be_repaired):
        return replace(verdict, unexpected="")
    return verdict


@contextmanager
def plain_if_wanted() -> Iterator[None]:
    """Within the block level 1 makes plain retries only, if the environment asks for it."""
    if not are_wanted():
        yield
        return
    take_away_remedies()
    try:
        yield
    finally:
        _decide_by(REMEDIES)


def take_away_remedies() -> None:
    """From now on level 1 of this process makes plain retries only."""
    _decide_by({category: _plain(remedy) for category, remedy in REMEDIES.items()})


def _decide_by(remedies: Mapping[Category, Remedy]) -> None:
    decide.REMEDIES = MappingProxyType(remedies)  # type: ignore[attr-defined] # the name that it imported, and looks up


def _plain(remedy: Remedy) -> Remedy:
    def plan(situation: Situation) -> Plan | MayNotAct:
        planned = remedy(situation)
        if isinstance(planned, MayNotAct):
            return planned
        return replace(planned, remedy=plain.NAME, tuning=situation.tuning, change="nothing is changed")

    return plan
