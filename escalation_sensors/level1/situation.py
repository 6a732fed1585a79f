"""What level 1 knows when it chooses a remedy: plain values, without Dagster; a store was asked before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.allow_list import AllowList
from escalation_sensors.level1.budget import BUDGET_SECONDS
from escalation_sensors.level1.held import Held
from escalation_sensors.level1.pipeline import WorkSize
from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.tuning import PLAIN, Tuning
from escalation_sensors.level1.tuning_memory import Worked


@dataclass(frozen=True)
class Columns:
    """The columns that were expected and those found, name to type; a type is empty where none is known."""

    expected: Mapping[str, str]
    found: Mapping[str, str]


@dataclass(frozen=True)
class Situation:
    """One failure, before an attempt.

    Attributes:
        tuning: what the failed execution ran with.
        attempts: how many attempts the case has had.
        failed_after_seconds: how long the failed execution took; None where unknown.
        retry_after_seconds: what the other side asked to wait; None if it said nothing.
        metadata: of the asset: `escalation/split_key` and the like.
        columns: where the failure is about columns and says which.
        said: what the failure said, in one line.
        failing_rows: how many rows failed the contract; None where that is not known.
        failing_checks: the checks that they failed.
        budget_seconds: what level 1 may take for the case.
        missing_module: the module that could not be imported; empty if that is not what failed.
        allowed: what may be installed.
        has_succeeded: whether it is told only as slow.
        can_improve_layout: whether the pipeline can profile and change the layout.
        was_killed: whether the process was ended from outside, and nothing could be raised.
        run_id: of the run that failed; what spreads waits is derived from it.
        is_in_flight: whether the next attempt is of the same run; else the run queue has to admit it.
        held: who holds what it wanted, where the category is about that.
        source_changed: whether the source is another than when it was read; None where nobody can tell.
        worked: what repaired the same cause the last time, unless that was undone or then failed.
        size: how much work it is; None where that is not known, or does not matter for the category.
    """

    diagnosis: Diagnosis
    now: datetime
    tuning: Tuning = PLAIN
    attempts: int = 0
    failed_after_seconds: float | None = None
    retry_after_seconds: float | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    columns: Columns | None = None
    said: str = ""
    missing_module: str = ""
    failing_rows: int | None = None
    failing_checks: tuple[str, ...] = ()
    budget_seconds: float = BUDGET_SECONDS
    allowed: AllowList = field(default_factory=AllowList)
    has_succeeded: bool = False
    can_improve_layout: bool = False
    was_killed: bool = False
    size: WorkSize | None = None
    run_id: str = ""
    is_in_flight: bool = True
    held: Held = field(default_factory=Held)
    source_changed: bool | None = None
    worked: Worked | None = None


@dataclass(frozen=True)
class MayNotAct:
    """The remedy may not act here; `reason` is told to level 2, with what it would do if a person approves."""

    reason: str
    proposed: Proposed | None = None
