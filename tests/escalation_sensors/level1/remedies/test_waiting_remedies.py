"""Remedies that wait: for a source, for the holder of what is wanted; and the plain retry."""

from typing import Any

import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.remedies import plain, scheduling_conflict, source_unavailable
from escalation_sensors.level1.situation import MayNotAct
from escalation_sensors.level1.tuning import Tuning
from tests.escalation_sensors.level1.remedies.situations import situation


def source(**known: Any) -> Plan:
    found = source_unavailable.plan(situation(Category.SOURCE_UNAVAILABLE, **known))
    assert isinstance(found, Plan)
    return found


def conflict(said: str, **known: Any) -> Plan:
    found = scheduling_conflict.plan(situation(Category.SCHEDULING_CONFLICT, said=said, **known))
    assert isinstance(found, Plan)
    return found


def test_a_source_gets_the_time_it_asks_for_else_a_little_more_each_time() -> None:
    assert source(retry_after_seconds=42.0).wait_seconds == 42
    assert source(retry_after_seconds=0.0).wait_seconds == 0
    assert [source(attempts=number).wait_seconds for number in (0, 1)] == [5, 30]
    assert source().tuning == Tuning(reextract=True)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("Could not set lock on file: Conflicting lock is held in python (PID 47)", "held in python (PID 47)"),
        ("the file is used by somebody (PID 4711)", "(PID 4711)"),
        ("Process 12 waits for ShareLock; blocked by process 34.", "blocked by process 34"),
        ("the publish lock is held by run abc", "held by run abc"),
        ("another extraction of orders is under way", "another extraction of orders is under way"),
    ],
)
def test_the_holder_is_named_as_the_failure_names_it(said: str, named: str) -> None:
    assert f"the holder ({named})" in conflict(said).change


def test_a_process_of_this_machine_is_waited_for_by_its_id() -> None:
    assert conflict("held in python (PID 4711)").tuning.behind_process == 4711
    assert conflict("database is locked").tuning.behind_process == 0
    assert "which is not named" in conflict("database is locked").change


def test_what_overlapped_and_succeeded_only_queues_its_next_execution() -> None:
    found = conflict("overlapped run abc", has_succeeded=True)
    assert (found.remedy, found.tuning, found.wait_seconds) == ("queue_behind", Tuning(queue_behind=True), 0)


def test_a_plain_retry_is_made_once() -> None:
    first = plain.plan(situation(Category.UNKNOWN, failed_after_seconds=3.0))
    assert isinstance(first, Plan)
    assert (first.tuning, first.expected_seconds) == (Tuning(), 3.0)
    assert isinstance(plain.plan(situation(Category.UNKNOWN, attempts=1)), MayNotAct)
