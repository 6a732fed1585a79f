"""What level 1 knows when it chooses a remedy: plain values, without Dagster or a store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.tuning import PLAIN, Tuning


@dataclass(frozen=True)
class Situation:
    """One failure, before an attempt.

    Attributes:
        tuning: what the failed execution ran with.
        attempts: how many attempts the case has had.
        failed_after_seconds: how long the failed execution took; None where unknown.
        retry_after_seconds: what the other side asked to wait; None if it said nothing.
        metadata: of the asset: `escalation/split_key` and the like.
    """

    diagnosis: Diagnosis
    now: datetime
    tuning: Tuning = PLAIN
    attempts: int = 0
    failed_after_seconds: float | None = None
    retry_after_seconds: float | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MayNotAct:
    """The remedy may not act here; `reason` is told to level 2."""

    reason: str
