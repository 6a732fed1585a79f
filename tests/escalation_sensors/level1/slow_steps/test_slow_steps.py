"""A step far over its history: its layout is improved by a job, and its next run shows whether that helped."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.duration_history import is_far_over, keep_duration, usual_duration
from escalation_sensors.level1.ledger import Attempt, Ledger, Origin, Plan, Subject
from escalation_sensors.level1.pipeline import Pipeline, Profile
from escalation_sensors.level1.process_ledger import forget_ledger, ledger_of_process
from escalation_sensors.level1.proposals import proposals_of
from escalation_sensors.level1.receipt_book import receipts_of
from escalation_sensors.level1.recoverable import recoverable
from escalation_sensors.level1.setup import Setup
from escalation_sensors.level1.slow_steps.improve_layout_job import (
    improve_layout,
    improve_layout_job,
    improve_layout_sensor,
)
from escalation_sensors.level1.slow_steps.judge import improvement_of
from escalation_sensors.level1.tuning import PLAIN
from escalation_sensors.policy.policy import Policy

SUBJECT = Subject("", "asset:joined")


class Layouts:
    """A layout that makes the step quick again once it is improved."""

    def __init__(self, *, helps: bool = True, has_cross_product: bool = False) -> None:
        self.seconds, self.helps, self.has_cross_product = 0.0, helps, has_cross_product

    def profile(self, _subject: str) -> Profile | None:
        return Profile("HASH_JOIN, 71 %", self.has_cross_product, {"core.flight": ("carrier",)})

    def improve(self, _subject: str, _profile: Profile) -> str:
        if self.helps:
            self.seconds = 0.0
        return "core.flight was sorted by carrier"


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.setenv("ESCALATION_STORE_URL", f"sqlite:///{tmp_path / 'escalation.db'}")
    forget_ledger()
    yield ledger_of_process()
    forget_ledger()


def asset(layouts: Layouts) -> dg.AssetsDefinition:
    @dg.asset
    def joined() -> None:
        time.sleep(layouts.seconds)

    return recoverable(joined, Setup(Policy(slow_over_seconds=0.5), Pipeline(layouts=layouts)))


def run(of: dg.AssetsDefinition) -> None:
    assert dg.materialize([of], instance=dg.DagsterInstance.ephemeral()).success


def slowed(layouts: Layouts) -> dg.AssetsDefinition:
    of = asset(layouts)
    for _ in range(5):
        run(of)
    layouts.seconds = 1.2
    run(of)
    return of


def test_a_step_is_far_over_only_by_times_and_by_seconds(ledger: Ledger) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(4):
        keep_duration(ledger.store, SUBJECT, str(number), seconds=10.0 + number, partitions=1, now=now)
    assert usual_duration(ledger.store, SUBJECT) is None
    keep_duration(ledger.store, SUBJECT, "5", seconds=10.0, partitions=1, now=now + timedelta(days=1))
    usual = usual_duration(ledger.store, SUBJECT)
    assert usual is not None
    assert usual.seconds == 11.0
    assert usual_duration(ledger.store, SUBJECT, partitions=365) is None
    assert not is_far_over(32.0, usual, 0.5)
    assert is_far_over(34.0, usual, 0.5)
    assert not is_far_over(34.0, None, 0.5)


def test_a_slow_step_is_improved_and_its_next_run_proves_it(ledger: Ledger) -> None:
    layouts = Layouts()
    of = slowed(layouts)
    attempt = improvement_of(ledger, SUBJECT)
    assert attempt is not None
    assert receipts_of(ledger.store) == []
    told = improve_layout(ledger, attempt, layouts, "run-of-the-job")
    assert told == "HASH_JOIN, 71 % dominates; core.flight was sorted by carrier"
    run(of)
    (receipt,) = receipts_of(ledger.store)
    assert receipt.body["remedy"] == "improve_layout"
    assert receipt.body["change"] == told
    assert receipt.body["evidence"]["category"] == "slow_performance"
    assert improvement_of(ledger, SUBJECT) is None


def test_the_sensor_launches_what_is_of_its_own_code_location(ledger: Ledger) -> None:
    layouts = Layouts()
    run(slowed(layouts))
    job = improve_layout_job(Setup())
    with dg.DagsterInstance.ephemeral() as instance, dg.build_sensor_context(instance=instance) as context:
        assert len(_requests(improve_layout_sensor(job), context)) == 1
        with ledger.store.transaction() as connection:
            connection.exec_driver_sql("UPDATE cases SET code_location = 'a neighbour'")
        assert _requests(improve_layout_sensor(job), context) == []


def _requests(sensor: dg.SensorDefinition, context: dg.SensorEvaluationContext) -> list[dg.RunRequest]:
    return list(sensor.evaluate_tick(context).run_requests or ())


def test_while_a_slow_step_is_proved_its_failures_are_decided_on(ledger: Ledger) -> None:
    run(slowed(Layouts()))
    failed = ledger.begin_attempt(
        SUBJECT,
        Origin("another run"),
        Diagnosis(Category.UNKNOWN, 0.5, "none", "", "f", recoverable=True),
        Plan("plain", PLAIN, "nothing is changed"),
        failed_at=datetime.now(UTC),
        now=datetime.now(UTC),
    )
    assert isinstance(failed, Attempt)


def test_an_improvement_that_did_not_help_is_no_repair(ledger: Ledger) -> None:
    layouts = Layouts(helps=False)
    of = slowed(layouts)
    attempt = improvement_of(ledger, SUBJECT)
    assert attempt is not None
    improve_layout(ledger, attempt, layouts, "run-of-the-job")
    run(of)
    assert receipts_of(ledger.store) == []
    assert [row["outcome"] for row in ledger.attempts_of(SUBJECT)] == ["failed"]


def test_a_cross_product_is_proposed_and_nothing_is_changed(ledger: Ledger) -> None:
    layouts = Layouts(has_cross_product=True)
    slowed(layouts)
    attempt = improvement_of(ledger, SUBJECT)
    assert attempt is not None
    assert "it is proposed to rewrite it" in improve_layout(ledger, attempt, layouts, "run-of-the-job")
    (proposal,) = proposals_of(ledger.store)
    assert "joins without a condition" in proposal["plan"]["effect"]
    assert layouts.seconds == 1.2


def test_until_it_is_improved_a_slow_step_is_decided_on_once(ledger: Ledger) -> None:
    layouts = Layouts()
    of = slowed(layouts)
    run(of)
    assert len(ledger.attempts_of(SUBJECT)) == 1
