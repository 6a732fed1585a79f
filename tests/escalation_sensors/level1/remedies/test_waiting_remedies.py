"""Remedies that wait: for a source, for the holder of what is wanted; and the plain retry."""

from dataclasses import replace
from typing import Any

import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.level1.held import BusyRun, Earlier, Held, PoolInUse, ProcessHolder, RunLimit, Slot
from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.level1.remedies import plain, scheduling_conflict, source_unavailable
from escalation_sensors.level1.situation import MayNotAct
from escalation_sensors.level1.tuning import PLAIN, Tuning
from tests.escalation_sensors.level1.remedies.situations import NOON, situation


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


def test_after_an_outage_a_source_is_read_on_from_where_it_was_and_not_anew() -> None:
    assert source().tuning == PLAIN
    assert source().change.endswith("then goes on reading")
    assert source(tuning=Tuning(batches=4, reextract=True)).tuning == Tuning(batches=4, reextract=True)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("Conflicting lock is held in python (PID 47)", "process 47, which is not seen to hold it now"),
        ("Process 12 waits for ShareLock; blocked by process 34.", "process 34 of the database server"),
        ("Process holding the lock: 35. Wait queue: 12.", "process 35 of the database server"),
        ("the publish lock is held by run abc", "held by run abc"),
    ],
)
def test_a_holder_that_nobody_sees_is_named_as_the_failure_names_it(said: str, named: str) -> None:
    assert f"the holder ({named})" in conflict(said).change


@pytest.mark.parametrize(
    "said",
    [
        "database is locked",
        "another extraction of orders is under way",
        "Transaction (Process ID 54) was deadlocked on lock resources with another process",
        "the lock is held by another transaction",
        "it is locked by the session that came first",
    ],
)
def test_who_has_no_name_is_given_none(said: str) -> None:
    assert conflict(said).change == "waits 3 s for the other, which is not named, to end"


@pytest.mark.parametrize(
    ("found", "behind", "told"),
    [
        (ProcessHolder(47, "python", "/x.db"), (47, "/x.db"), "process 47 (python)) has let go of /x.db"),
        (ProcessHolder(47, "python"), (47, ""), "process 47 (python)) has ended"),
    ],
)
def test_a_process_that_was_found_is_waited_for_and_no_fixed_time(
    found: ProcessHolder, behind: tuple[int, str], told: str
) -> None:
    plan = conflict("database is locked", held=Held(processes=(found,)), attempts=1)
    assert (plan.tuning.behind_process, plan.tuning.behind_file, plan.wait_seconds) == (*behind, 0)
    assert plan.change == f"waits until the holder ({told}"


def test_a_run_of_the_same_is_named_and_waited_for() -> None:
    plan = conflict("database is locked", held=Held(runs=(BusyRun("abc", NOON),)))
    assert plan.change == "waits until run abc (since 12:00:00 UTC), which works on the same, has ended"
    assert plan.wait_seconds == 0


def test_a_full_pool_is_named_with_its_holder_and_waited_for() -> None:
    lake = PoolInUse("lake", 1, (Slot("lake", "abc", "x"),))
    found = conflict("blocked", held=Held(pools=(lake,), processes=(ProcessHolder(47, "python"),)))
    assert found.change == "pool lake has 1 slot, held by run abc step x; waits until one is free"
    assert (found.tuning, found.wait_seconds) == (Tuning(behind_slots=("lake abc x",)), 0)


def test_a_pool_with_a_free_slot_is_named_and_not_waited_for() -> None:
    lake = PoolInUse("lake", 2, (Slot("lake", "abc", "x"),))
    found = conflict("database is locked", held=Held(pools=(lake,)))
    assert found.change.endswith("to end; pool lake has 2 slots, and run abc step x has one")
    assert (found.tuning.behind_slots, found.wait_seconds) == ((), 3)


def test_a_slot_of_a_run_that_has_ended_is_proposed_to_be_freed_while_others_are_waited_for() -> None:
    lake = PoolInUse("lake", 2, (Slot("lake", "abc", "x"), Slot("lake", "old", "y", run_has_ended=True)))
    found = conflict("blocked", held=Held(pools=(lake,)))
    assert found.change.startswith("pool lake has 2 slots, held by run abc step x, run old step y, which has ended;")
    assert found.tuning.behind_slots == ("lake abc x",)
    assert found.proposed is not None
    assert (found.proposed.remedy, "'old'" in found.proposed.effect) == (scheduling_conflict.FREE, True)


@pytest.mark.parametrize(
    ("lake", "reason", "remedy"),
    [
        (PoolInUse("lake", 0), "pool lake has 0 slots, so that nobody gets one", scheduling_conflict.LIMIT),
        (
            PoolInUse("lake", 1, (Slot("lake", "old", "y", run_has_ended=True),)),
            "pool lake has 1 slot, held by run old step y, which has ended: nobody frees it",
            scheduling_conflict.FREE,
        ),
    ],
)
def test_what_nobody_will_give_back_is_not_waited_for(lake: PoolInUse, reason: str, remedy: str) -> None:
    found = scheduling_conflict.plan(situation(Category.SCHEDULING_CONFLICT, held=Held(pools=(lake,))))
    assert isinstance(found, MayNotAct)
    assert found.proposed is not None
    assert (found.reason, found.proposed.remedy) == (reason, remedy)


def test_limits_of_the_run_queue_are_named_and_one_of_0_keeps_only_a_new_run_from_beginning() -> None:
    held = Held(run_limits=(RunLimit("tag team=lake", 1, ("abc",)),))
    told = conflict("database is locked", held=held).change
    assert told.endswith("; tag team=lake admits 1 run at a time; run abc counts")
    none = Held(run_limits=(RunLimit("tag team=lake", 0),))
    assert conflict("database is locked", held=none).wait_seconds == 3
    found = scheduling_conflict.plan(situation(Category.SCHEDULING_CONFLICT, held=none, is_in_flight=False))
    assert isinstance(found, MayNotAct)
    assert found.reason.startswith("tag team=lake admits 0 runs at a time")


SEEN = Held(processes=(ProcessHolder(47, "python", "/lake/x.db"),))
BETTER = Proposed("better_schedule", "schedule nightly: 30 6 * * *", "write it again")


@pytest.mark.parametrize(
    ("held", "before", "proposed"),
    [
        (SEEN, Earlier("another", Tuning(behind_process=12, behind_file="/lake/x.db")), BETTER),
        (SEEN, Earlier("fingerprint", Tuning(behind_process=12, behind_file="/lake/y.db")), None),
        (SEEN, Earlier("another", Tuning()), None),
        (Held(), Earlier("fingerprint", Tuning()), BETTER),
        (Held(), Earlier("another", Tuning()), None),
    ],
    ids=["the same file", "another file", "nobody known before", "the same cause", "another cause"],
)
def test_a_better_time_is_proposed_when_the_same_holder_is_met_again(
    held: Held, before: Earlier, proposed: Proposed | None
) -> None:
    known = replace(held, earlier=(before,), better_schedule=BETTER)
    assert conflict("database is locked", held=known).proposed == proposed


def test_waits_are_spread_by_the_run_within_half_of_themselves_and_stay_the_same() -> None:
    waits = [source(run_id=f"run-{number}").wait_seconds for number in range(200)]
    assert len(set(waits)) == 200
    assert 5 <= min(waits) < 5.1
    assert 7.4 < max(waits) < 7.5
    assert waits == [source(run_id=f"run-{number}").wait_seconds for number in range(200)]
    second = source(run_id="run-1", attempts=1).wait_seconds
    assert 30 <= second < 45
    assert second / 30 != source(run_id="run-1").wait_seconds / 5
    assert source(run_id="run-1", retry_after_seconds=42.0).wait_seconds == 42
    assert conflict("database is locked", run_id="run-1").wait_seconds != conflict("", run_id="run-2").wait_seconds


def test_what_overlapped_and_succeeded_only_queues_its_next_execution() -> None:
    found = conflict("overlapped run abc", has_succeeded=True)
    assert (found.remedy, found.tuning, found.wait_seconds) == ("queue_behind", Tuning(queue_behind=True), 0)


def test_a_plain_retry_is_made_once() -> None:
    first = plain.plan(situation(Category.UNKNOWN, failed_after_seconds=3.0))
    assert isinstance(first, Plan)
    assert (first.tuning, first.expected_seconds) == (Tuning(), 3.0)
    assert isinstance(plain.plan(situation(Category.UNKNOWN, attempts=1)), MayNotAct)
