"""Two executions of one asset at the same time: the next one stands behind, and a better time is proposed."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.better_schedule import SCHEDULE_TAG
from escalation_sensors.level1.ledger import Ledger, Origin, Plan, Subject
from escalation_sensors.level1.proposals import proposals_of
from escalation_sensors.level1.receipt_book import receipts_of
from escalation_sensors.level1.recoverable import recoverable
from escalation_sensors.level1.remedies.better_cron import better_cron
from escalation_sensors.level1.setup import Setup
from escalation_sensors.level1.tuning import Tuning
from escalation_sensors.level1.tuning_memory import tuning_in_force

SUBJECT = Subject("", "asset:loaded")
SECONDS = (2.0, 3.0, 1.2)
"""How long the runs take, of which the first two begin together: a step is seen after its first beat, one second."""


def test_an_overlap_of_two_good_runs_is_repaired_when_the_next_one_does_not_overlap(
    ledger: Ledger, tmp_path: Path
) -> None:
    began: list[int] = []
    both = threading.Event()

    @dg.asset
    def loaded() -> None:
        began.append(1)
        number = len(began)
        if number == 2:
            both.set()
        if number < 3:
            assert both.wait(60)
        time.sleep(SECONDS[number - 1])

    covered = recoverable(loaded, Setup(schedules={"often": "* * * * *"}))

    def run(name: str) -> None:
        with dg.DagsterInstance.local_temp(str(tmp_path / name)) as instance:
            assert dg.materialize([covered], instance=instance, tags={SCHEDULE_TAG: "often"}).success

    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    threads = [threading.Thread(target=run, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(began) == 2
    in_force = tuning_in_force(ledger.store, SUBJECT)
    assert in_force is not None
    assert in_force.queue_behind
    assert [row["remedy"] for row in ledger.attempts_of(SUBJECT)] == ["queue_behind"]
    (proposal,) = proposals_of(ledger.store)
    assert proposal["plan"]["effect"].startswith("schedule often: */2 * * * * instead of * * * * *")
    assert receipts_of(ledger.store) == []
    (tmp_path / "three").mkdir()
    run("three")
    (receipt,) = receipts_of(ledger.store)
    assert (receipt.body["remedy"], receipt.body["evidence"]["category"]) == ("queue_behind", "scheduling_conflict")


def test_a_run_that_nothing_overlapped_and_whose_contract_fails_proves_nothing(ledger: Ledger) -> None:
    now = datetime.now(UTC)
    overlap = Diagnosis(Category.SCHEDULING_CONFLICT, 0.9, "stated", "", "f", recoverable=True)
    plan = Plan("queue_behind", Tuning(queue_behind=True), "waits")
    ledger.begin_attempt(SUBJECT, Origin("one"), overlap, plan, failed_at=now, now=now)

    @dg.asset(check_specs=[dg.AssetCheckSpec("whole", asset="loaded")])
    def loaded() -> Iterator[dg.MaterializeResult]:
        time.sleep(SECONDS[2])
        yield dg.MaterializeResult(check_results=[dg.AssetCheckResult(check_name="whole", passed=False)])

    dg.materialize([recoverable(loaded)])
    assert [row["outcome"] for row in ledger.attempts_of(SUBJECT)] == ["failed"]
    assert receipts_of(ledger.store) == []


@pytest.mark.parametrize(
    ("cron", "seconds", "better"),
    [
        ("* * * * *", 40, "*/2 * * * *"),
        ("*/5 * * * *", 400, "*/10 * * * *"),
        ("*/30 * * * *", 2400, "0 * * * *"),
        ("0 * * * *", 4000, "0 */2 * * *"),
        ("0 6 * * *", 1500, "30 6 * * *"),
        ("45 23 * * 1", 1500, None),
        ("0 6 1 * * *", 60, None),
        ("@daily", 60, None),
    ],
)
def test_a_better_time_leaves_room_for_a_run(cron: str, seconds: float, better: str | None) -> None:
    assert better_cron(cron, seconds) == better
