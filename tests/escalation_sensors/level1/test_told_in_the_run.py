"""What a run tells of its repair: the four lines of its log, its tags, and its materializations."""

import logging

import dagster as dg
import pytest

from escalation_sensors.level1.ledger import Ledger
from escalation_sensors.level1.recoverable import recoverable
from tests.escalation_sensors.level1.memory_bound import asset_with_context, calls, materialize, plain_asset


@pytest.fixture(autouse=True)
def _fresh(own_store: None) -> None:
    calls.clear()


def test_the_log_tells_error_attempted_action_and_result(ledger: Ledger) -> None:
    instance = dg.DagsterInstance.ephemeral()
    result = materialize(recoverable(plain_asset), instance=instance)
    logged = [entry for entry in instance.all_logs(result.run_id) if entry.dagster_event is None]
    told = [entry.user_message for entry in logged if entry.level >= logging.INFO]
    assert [line.partition(":")[0] for line in told] == ["Error", "Attempted", "Action", "Result", "Result"]
    assert told[0].startswith("Error: out_of_memory (by rule python.")
    assert told[-1].startswith("Result: attempt 1 of 2 (smaller_batches) succeeded in ")
    assert told[-1].endswith("unverified: it has no checks; `escalation receipt 1` tells all of it")


class Throttled(Exception):
    """Says its category itself, and far more than a line holds."""

    escalation_category = "source_unavailable"


def test_an_error_that_says_its_category_is_told_so_and_shortened_with_a_mark(ledger: Ledger) -> None:
    @dg.asset(tags={"escalation/side_effects": "true"})
    def throttled() -> None:
        raise Throttled("try later " * 100)

    instance = dg.DagsterInstance.ephemeral()
    run = materialize(recoverable(throttled), instance=instance)
    logged = [entry for entry in instance.all_logs(run.run_id) if entry.dagster_event is None]
    told = [entry.user_message for entry in logged if entry.level >= logging.INFO]
    assert told[0].startswith("Error: source_unavailable (as the error itself says): Throttled: try later")
    assert told[0].endswith("…")
    assert told[-1] == "Result: handed on to level 2"


def test_the_run_and_the_materialization_say_which_attempt_they_are(ledger: Ledger) -> None:
    instance = dg.DagsterInstance.ephemeral()
    result = materialize(recoverable(asset_with_context), instance=instance)
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    assert run.tags["escalation/attempted"].startswith("smaller_batches, attempt 1 of 2: 4 batches instead of 1")
    (event,) = result.asset_materializations_for_node("asset_with_context")
    assert event.metadata["escalation/repaired_by"].text == run.tags["escalation/attempted"]
    assert "batches" in event.metadata
