"""What level 1 knows when it chooses a remedy: plain values, without Dagster or a store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.allow_list import AllowList
from escalation_sensors.level1.pipeline import WorkSize
from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.tuning import PLAIN, Tuning


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
        missing_module: the module that could not be imported; empty if that is not what failed.
        allowed: what may be installed.
        has_succeeded: whether it is told only as slow.
        can_improve_layout: whether the pipeline can profile and change the layout.
        was_killed: whether the process was ended from outside, and nothing could be raised.
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
    allowed: AllowList = field(default_factory=AllowList)
    has_succeeded: bool = False
    can_improve_layout: bool = False
    was_killed: bool = False
    size: WorkSize | None = None


@dataclass(frozen=True)
class MayNotAct:
    """The remedy may not act here; `reason` is told to level 2, with what it would do if a person approves."""

    reason: str
    proposed: Proposed | None = None
