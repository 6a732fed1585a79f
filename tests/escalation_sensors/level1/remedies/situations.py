"""Situations for the tests of remedies: one failure of a category, with what a test says of it."""

from datetime import UTC, datetime
from typing import Any

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.situation import Situation

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def situation(category: Category, **known: Any) -> Situation:
    """A failure of the category at noon."""
    return Situation(Diagnosis(category, 1.0, "a rule", "", "fingerprint", recoverable=True), NOON, **known)
