"""What is remembered of what worked: tuning that somebody read, packages, and how many parts."""

from datetime import UTC, datetime

import dagster as dg
import pytest

from escalation_sensors.level1.current_tuning import current_tuning
from escalation_sensors.level1.ledger import Ledger, Subject
from escalation_sensors.level1.recoverable import recoverable
from escalation_sensors.level1.tuning import PLAIN, Tuning
from escalation_sensors.level1.tuning_memory import remember, tuning_in_force
from tests.escalation_sensors.level1.memory_bound import calls, materialize


@pytest.fixture(autouse=True)
def _fresh(own_store: None, short_waits: None) -> None:
    calls.clear()


def test_a_remedy_that_nobody_asked_for_is_recorded_as_the_plain_retry_that_it_was(ledger: Ledger) -> None:
    fails = iter([True])

    @dg.asset
    def deaf() -> None:
        if next(fails, False):
            raise MemoryError

    assert materialize(recoverable(deaf)).success
    (attempt,) = ledger.attempts_of(Subject("", "asset:deaf"))
    assert (attempt["remedy"], attempt["tuning"], attempt["outcome"]) == ("plain", {}, "repaired")
    assert tuning_in_force(ledger.store, Subject("", "asset:deaf")) is None


def test_what_nobody_would_hear_of_is_tried_once_as_it_was(ledger: Ledger) -> None:
    tries = []

    @dg.asset
    def deaf() -> None:
        tries.append(1)
        raise MemoryError

    assert not materialize(recoverable(deaf)).success
    assert [row["remedy"] for row in ledger.attempts_of(Subject("", "asset:deaf"))] == ["plain"]
    assert len(tries) == 2


def test_packages_stay_remembered_where_a_remedy_turns_out_to_be_a_plain_retry(ledger: Ledger) -> None:
    @dg.asset
    def deaf() -> None:
        calls.append(1)
        if len(calls) < 2:
            raise MemoryError("the whole does not fit")

    subject = Subject("", "asset:deaf")
    with ledger.store.transaction() as connection:
        remember(connection, subject, Tuning(packages=("pyyaml",)), None, datetime.now(UTC))
    assert materialize(recoverable(deaf)).success
    assert tuning_in_force(ledger.store, subject) == Tuning(packages=("pyyaml",))


def test_what_worked_before_brings_back_no_tuning_of_then(ledger: Ledger) -> None:
    @dg.asset
    def fetched() -> None:
        calls.append(current_tuning().batches)
        if len(calls) in {1, 3}:
            raise ConnectionError("connection refused")

    subject, asset = Subject("", "asset:fetched"), recoverable(fetched)
    assert materialize(asset).success
    with ledger.store.transaction() as connection:
        remember(connection, subject, Tuning(batches=4, columns={"a": "A"}), None, datetime.now(UTC))
    assert materialize(asset).success
    assert calls == [1, 1, 4, 4]
    assert tuning_in_force(ledger.store, subject) == Tuning(batches=4, columns={"a": "A"})


def test_as_many_parts_as_worked_before_are_tried_first(ledger: Ledger) -> None:
    @dg.asset
    def large() -> None:
        calls.append(current_tuning().batches)
        if calls[-1] < 16:
            raise MemoryError("the whole does not fit")

    asset = recoverable(large)
    assert materialize(asset).success
    with ledger.store.transaction() as connection:
        remember(connection, Subject("", "asset:large"), PLAIN, None, datetime.now(UTC))
    assert materialize(asset).success
    assert calls == [1, 4, 16, 1, 16]
