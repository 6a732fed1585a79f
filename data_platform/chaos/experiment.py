"""What is tried: a fault that level 1 is to repair or pass on, or a trial in which it must do nothing. Values only."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from escalation_sensors.diagnosis.category import Category

if TYPE_CHECKING:
    from data_platform.chaos.scratch import Scratch

Rows = Counter[tuple[str, ...]]
"""Rows as texts, each with how often it is there."""


@dataclass(frozen=True)
class Shown:
    """What readers and Dagster saw of one experiment; none of it is what the platform or the ladder says of itself.

    Attributes:
        subjects: what the ledger calls the assets that were run (`asset:raw/orders`).
        succeeded: whether a run of it ended well.
        truth: what a run without the fault would have published, made without the platform. A row that may not be
            published is never in it, and a row that nobody can interpret is not either.
        before, after: what readers saw before the fault, and see now.
        set_aside: the rows in quarantine.
        may_be_set_aside: what was delivered beside the truth, and the contract lets a run set aside: once a run ends
            well, that is where it has to be.
        note: what else was observed, for the report.
    """

    subjects: tuple[str, ...]
    succeeded: bool
    truth: Rows = field(default_factory=Counter)
    before: Rows = field(default_factory=Counter)
    after: Rows = field(default_factory=Counter)
    set_aside: Rows = field(default_factory=Counter)
    may_be_set_aside: Rows = field(default_factory=Counter)
    note: str = ""


@dataclass(frozen=True)
class Told:
    """What the ladder wrote into its store about the subjects of one experiment.

    Attributes:
        failures: the category of each failure that was seen, oldest first.
        remedies: of each attempt.
        outcomes: of each attempt.
        changes: what each attempt was to do differently, as the ladder tells it.
        states: of each case.
        verified: of each receipt, whether checks of a contract passed.
        undone: how many receipts were undone.
        proposals: how many there are.
        began_at, ended_at: the first failure, and the end of the last attempt.
        budget_seconds: of the case that began first.
    """

    failures: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    verified: tuple[bool, ...] = ()
    undone: int = 0
    proposals: int = 0
    began_at: datetime | None = None
    ended_at: datetime | None = None
    budget_seconds: float | None = None

    @property
    def seconds(self) -> float | None:
        """From the first failure to the end of the last attempt; None where either is missing."""
        if self.began_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.began_at).total_seconds()


Act = Callable[["Scratch"], Shown]
"""Prepares, provokes, runs, and says what was to be seen."""


@dataclass(frozen=True)
class Experiment:
    """One fault or trial, and what is expected of level 1; written down before it was ever run.

    Attributes:
        group: the category of a fault, the kind of a trial.
        category: the right diagnosis; None where nothing fails.
        can_be_repaired: whether the remedies of the category can repair it, and `reason` why or why not.
        may_act: whether level 1 may make an attempt at all.
        is_trial: whether it is one of those in which nothing may be repaired.
        is_ended: whether somebody ends it, so that it succeeds as little as it fails.
        ahead: begins what takes long by itself, so that others are tried meanwhile; may be called more than once.
        plain_would_do: whether a plain retry after the same wait repairs it, too: measured, by `CHAOS_PLAIN=1`.
    """

    name: str
    group: str
    act: Act
    reason: str
    category: Category | None = None
    can_be_repaired: bool = False
    may_act: bool = True
    is_trial: bool = False
    is_ended: bool = False
    plain_would_do: bool = False
    ahead: Callable[["Scratch"], None] | None = None


def repairable(name: str, category: Category, act: Act, reason: str, *, plain_would_do: bool = False) -> Experiment:
    """A fault that level 1 is to repair; `plain_would_do` where a mere wait is all that it needs."""
    return Experiment(name, category.value, act, reason, category, can_be_repaired=True, plain_would_do=plain_would_do)


def passed_on(name: str, category: Category, act: Act, reason: str, *, may_act: bool = False) -> Experiment:
    """A fault that level 1 cannot repair, and is to pass on; `may_act` where an attempt is right all the same."""
    return Experiment(name, category.value, act, reason, category, may_act=may_act)


def trial(name: str, kind: str, act: Act, reason: str, category: Category | None = None) -> Experiment:
    """A trial in which level 1 must not act; `category` is the diagnosis of what fails, if anything does."""
    return Experiment(name, kind, act, reason, category, may_act=False, is_trial=True)
