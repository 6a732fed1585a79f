"""What repaired a cause is chosen first the next time, within what is allowed, until it fails."""

from collections.abc import Callable

import dagster as dg
import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.level1.current_tuning import current_tuning
from escalation_sensors.level1.escalate import escalate
from escalation_sensors.level1.ledger import Ledger, Subject
from escalation_sensors.level1.pipeline import Pipeline, WorkSize
from escalation_sensors.level1.proposals import proposals_of
from escalation_sensors.level1.remedies import pipeline_timeout, plain
from escalation_sensors.level1.tuning import Tuning
from escalation_sensors.policy.policy import Cap, Policy

Passes = Callable[[Tuning], bool]


@pytest.fixture(autouse=True)
def _short_waits(own_store: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "WAIT_SECONDS", 0.05)
    monkeypatch.setattr(pipeline_timeout, "FIRST_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(pipeline_timeout, "SECOND_WAIT_SECONDS", 0.05)


class BadRows(ValueError):
    """As a contract says it that kept a table from being published."""

    escalation_category = "data_quality"


class TooLate(TimeoutError):
    """As a server says it of a statement that it ended."""

    escalation_category = "pipeline_timeout"


class Sizes:
    """A pipeline that knows the size of the work."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def size(self, subject: str, partition: str) -> WorkSize:  # noqa: ARG002 - the protocol's signature
        return WorkSize(self.rows, 100 * self.rows)


def remedies_of_a_run(
    ledger: Ledger, error: type[Exception], passes: Passes, policy: Policy | None = None, *, rows: int = 10**7
) -> list[tuple[str, str]]:
    """The attempts that a run of the asset had: remedy and outcome."""

    @dg.asset(name="orders", metadata={"escalation/split_key": "day"})
    def orders() -> None:
        if not passes(current_tuning()):
            raise error("it was not as it should be")

    subject = Subject("", "asset:orders")
    before = len(ledger.attempts_of(subject))
    defs = escalate(dg.Definitions(assets=[orders]), policy, pipeline=Pipeline(sizes=Sizes(rows)))
    defs.resolve_implicit_global_asset_job_def().execute_in_process(raise_on_error=False)
    return [(row["remedy"], row["outcome"]) for row in ledger.attempts_of(subject)[before:]]


def set_aside(tuning: Tuning) -> bool:
    return tuning.quarantine


def never(_tuning: Tuning) -> bool:
    return False


def test_rows_are_set_aside_first_where_that_helped_until_it_does_not(ledger: Ledger) -> None:
    again, aside = "extract_again", "quarantine"
    assert remedies_of_a_run(ledger, BadRows, set_aside) == [(again, "failed"), (aside, "repaired")]
    assert remedies_of_a_run(ledger, BadRows, set_aside) == [(aside, "repaired")]
    assert remedies_of_a_run(ledger, BadRows, never) == [(aside, "failed"), (again, "failed")]
    assert remedies_of_a_run(ledger, BadRows, set_aside) == [(again, "failed"), (aside, "repaired")]


def test_a_plain_retry_is_made_first_where_that_helped_and_parts_after_it(ledger: Ledger) -> None:
    counted: list[int] = []

    def the_second_time(_tuning: Tuning) -> bool:
        counted.append(1)
        return len(counted) == 2

    def in_parts(tuning: Tuning) -> bool:
        return tuning.batches > 1

    assert remedies_of_a_run(ledger, TooLate, the_second_time, rows=10) == [("plain", "repaired")]
    assert remedies_of_a_run(ledger, TooLate, in_parts) == [("plain", "failed"), ("split_work", "repaired")]


def test_what_worked_is_not_done_where_the_policy_only_proposes(ledger: Ledger) -> None:
    remedies_of_a_run(ledger, BadRows, set_aside)
    propose = Policy(caps={Category.DATA_QUALITY: Cap.PROPOSE})
    assert remedies_of_a_run(ledger, BadRows, set_aside, propose) == []
    (proposal,) = proposals_of(ledger.store)
    assert proposal["remedy"] == "quarantine"
