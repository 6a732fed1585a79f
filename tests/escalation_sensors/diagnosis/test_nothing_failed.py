"""What no rule knows and in which nothing failed is slow if times are told, and unknown otherwise."""

import pytest

from escalation_sensors.diagnosis.observed import failure_from
from escalation_sensors.diagnosis.own_rules import own_classifier


@pytest.mark.parametrize(
    ("exception", "message", "category"),
    [
        ("", "GET /panel/632 200 2.2 hours (59 visits)", "slow_performance"),
        ("", "[etl] chapter 7 of 9: 41.7 s", "slow_performance"),
        ("", "GET /panel/632 200 (59 visits)", "unknown"),
        ("", "[etl] chapter 7 of 9 failed: 41.7 s", "unknown"),
        ("acme.Odd", "chapter 7 of 9: 41.7 s", "unknown"),
    ],
)
def test_times_without_a_failure_are_slowness(exception: str, message: str, category: str) -> None:
    diagnosis = own_classifier().diagnose(failure_from(exception, message))
    assert diagnosis.category == category
    assert diagnosis.confidence < 0.6
