"""A step far over its history: its layout is improved by a job, and its next run shows whether that helped."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.duration_history import is_far_over, keep_duration, usual_duration
from escalation_sensors.level1.ledger import Attempt, Ledger, Origin, Plan, Subject
from escalation_sensors.level1.pending_proof import versions_to_be_proved
from escalation_sensors.level1.pipeline import Improved, Pipeline, Profile, Written
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
from escalation_sensors.level1.undo import CannotUndo, undo
from escalation_sensors.policy.policy import Policy

SUBJECT = Subject("", "asset:joined")


KEYS = {"core.flight": ("carrier",)}
PROFILE = Profile("HASH_JOIN, 71 %", keys=KEYS)


class Layouts:
    """A layout that makes the step quick again once it is improved."""

    def __init__(self, profile: Profile | None = PROFILE, *, helps: bool = True) -> None:
        self.seconds, self.helps, self.profiled, self.improved = 0.0, helps, profile, 0

    def profile(self, _subject: str) -> Profile | None:
        return self.profiled

    def improve(self, _subject: str, _profile: Profile) -> Improved:
        self.improved += 1
        if self.helps:
            self.seconds = 0.0
        return Improved("core.flight was sorted by carrier", "3", "4")

    def bring_back(self, subject: str, written: Written) -> str:
        self.improved -= 1
        return f"{subject} lies as in version {written.before}"


def asset(layouts: Layouts) -> dg.AssetsDefinition:
    @dg.asset
    def joined() -> None:
        time.sleep(layouts.seconds)

    return recoverable(joined, Setup(Policy(slow_over_seconds=0.5), Pipeline(layouts=layouts)))


def run(of: dg.AssetsDefinition) -> None:
    assert dg.materialize([of], instance=dg.DagsterInstance.ephemeral()).success


def slowed(layouts: Layouts, of: dg.AssetsDefinition | None = None) -> dg.AssetsDefinition:
    of = of or asset(layouts)
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
    assert told == "most time goes to HASH_JOIN, 71 %; core.flight was sorted by carrier"
    run(of)
    (receipt,) = receipts_of(ledger.store)
    assert receipt.body["remedy"] == "improve_layout"
    assert receipt.body["change"] == told
    assert receipt.body["evidence"]["category"] == "slow_performance"
    assert improvement_of(ledger, SUBJECT) is None


def test_undo_of_an_improved_layout_has_it_lie_as_it_did(ledger: Ledger, tmp_path: Path) -> None:
    layouts = Layouts()
    of = slowed(layouts)
    attempt = improvement_of(ledger, SUBJECT)
    assert attempt is not None
    improve_layout(ledger, attempt, layouts, "run-of-the-job")
    assert versions_to_be_proved(ledger.store) == ["3", "4"]
    run(of)
    (receipt,) = receipts_of(ledger.store)
    assert receipt.body["version"] == {"before": "3", "after": "4"}
    how: dict[str, Any] = {"packages": tmp_path, "who": "anna", "now": datetime.now(UTC)}
    with pytest.raises(CannotUndo, match="no pipeline is known"):
        undo(ledger, receipt, Setup(), **how)
    untold = replace(receipt, body={**receipt.body, "version": {"before": None, "after": None}})
    with pytest.raises(CannotUndo, match="was there before it is not known"):
        undo(ledger, untold, Setup(given_pipeline=Pipeline(layouts=layouts)), **how)
    assert [each.undone_at for each in receipts_of(ledger.store)] == [None]
    told = undo(ledger, receipt, Setup(given_pipeline=Pipeline(layouts=layouts)), **how)
    assert told == ["asset:joined lies as in version 3"]
    assert layouts.improved == 0


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
    (proposal,) = proposals_of(ledger.store)
    assert proposal["plan"]["effect"].startswith(
        "rewrite the query, which no order of the rows makes quicker: it still"
    )


@pytest.mark.parametrize(
    ("profile", "plan"),
    [
        (Profile("CROSS_PRODUCT, 98 %", has_cross_product=True, keys=KEYS), "give the join a condition"),
        (Profile("WINDOW, 98 %", seconds=60.0), "rewrite the query"),
        (None, "measure the step's own code"),
    ],
)
def test_what_no_layout_helps_is_proposed_with_how_slow_it_was_and_nothing_is_changed(
    ledger: Ledger, profile: Profile | None, plan: str
) -> None:
    layouts = Layouts(profile)
    slowed(layouts)
    attempt = improvement_of(ledger, SUBJECT)
    assert attempt is not None
    assert f"proposed: {plan}" in improve_layout(ledger, attempt, layouts, "run-of-the-job")
    (proposal,) = proposals_of(ledger.store)
    assert proposal["plan"]["effect"].startswith(plan)
    assert "median of 5 executions" in proposal["plan"]["effect"]
    assert layouts.improved == 0
    assert ledger.attempts_of(SUBJECT)[0]["outcome"] == "failed"


def test_a_table_in_too_many_files_is_improved_though_nothing_is_filtered(ledger: Ledger) -> None:
    layouts = Layouts(Profile("TABLE_SCAN, 90 %", scattered={"core.flight": 900}))
    of = slowed(layouts)
    attempt = improvement_of(ledger, SUBJECT)
    assert attempt is not None
    improve_layout(ledger, attempt, layouts, "run-of-the-job")
    run(of)
    assert layouts.improved == 1
    assert len(receipts_of(ledger.store)) == 1


def test_no_layout_is_blamed_where_the_query_alone_is_quick(ledger: Ledger) -> None:
    layouts = Layouts(Profile("TABLE_SCAN, 90 %", keys=KEYS, seconds=0.0))
    of = slowed(layouts)
    attempt = improvement_of(ledger, SUBJECT)
    assert attempt is not None
    improve_layout(ledger, attempt, layouts, "run-of-the-job")
    layouts.seconds = 0.0
    run(of)
    (receipt,) = receipts_of(ledger.store)
    assert layouts.improved == 0
    assert receipt.body["remedy"] == "plain"
    assert receipt.body["change"] == "nothing: its query alone takes 0.0 s, so something else held it up"


@pytest.mark.parametrize(
    ("results", "reason"),
    [({"whole": True, "unique": False}, "unique failed"), ({"whole": True}, "unique did not come")],
    ids=["failed", "did not come"],
)
def test_a_quick_run_whose_contract_does_not_pass_proves_nothing(
    ledger: Ledger, results: dict[str, bool], reason: str
) -> None:
    layouts, yielded = Layouts(), {"whole": True, "unique": True}

    @dg.asset(check_specs=[dg.AssetCheckSpec("whole", asset="joined"), dg.AssetCheckSpec("unique", asset="joined")])
    def joined() -> Iterator[dg.MaterializeResult]:
        time.sleep(layouts.seconds)
        checks = [dg.AssetCheckResult(check_name=name, passed=passed) for name, passed in yielded.items()]
        yield dg.MaterializeResult(check_results=checks)

    of = slowed(layouts, recoverable(joined, Setup(Policy(slow_over_seconds=0.5), Pipeline(layouts=layouts))))
    attempt = improvement_of(ledger, SUBJECT)
    assert attempt is not None
    improve_layout(ledger, attempt, layouts, "run-of-the-job")
    yielded.clear()
    yielded.update(results)
    dg.materialize([of], raise_on_error=False)  # Dagster fails a step whose check did not come, afterwards
    assert receipts_of(ledger.store) == []
    assert ledger.attempts_of(SUBJECT)[0]["outcome"] == "failed"
    with ledger.store.reading() as connection:
        ended = connection.exec_driver_sql("SELECT state, reason FROM cases ORDER BY id").fetchall()
    assert ended[0] == ("passed_on", f"{reason} after the attempt")


def test_until_it_is_improved_a_slow_step_is_decided_on_once(ledger: Ledger) -> None:
    layouts = Layouts()
    of = slowed(layouts)
    run(of)
    assert len(ledger.attempts_of(SUBJECT)) == 1
