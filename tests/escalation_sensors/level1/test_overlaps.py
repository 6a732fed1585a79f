"""Two executions of one asset at the same time: the next one stands behind, and a better time is proposed."""

import threading
import time
from pathlib import Path

import dagster as dg
import pytest

from escalation_sensors.level1.ledger import Ledger, Subject
from escalation_sensors.level1.overlaps import SCHEDULE_TAG
from escalation_sensors.level1.proposals import proposals_of
from escalation_sensors.level1.receipt_book import receipts_of
from escalation_sensors.level1.recoverable import recoverable
from escalation_sensors.level1.remedies.better_cron import better_cron
from escalation_sensors.level1.setup import Setup
from escalation_sensors.level1.tuning_memory import tuning_in_force

SUBJECT = Subject("", "asset:loaded")


def test_an_overlap_of_two_good_runs_is_repaired_when_the_next_one_does_not_overlap(
    ledger: Ledger, tmp_path: Path
) -> None:
    @dg.asset
    def loaded() -> None:
        time.sleep(4)

    covered = recoverable(loaded, Setup(schedules={"often": "* * * * *"}))

    def run(name: str) -> None:
        with dg.DagsterInstance.local_temp(str(tmp_path / name)) as instance:
            assert dg.materialize([covered], instance=instance, tags={SCHEDULE_TAG: "often"}).success

    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    threads = [threading.Thread(target=run, args=(name,)) for name in ("one", "two")]
    threads[0].start()
    time.sleep(1)
    threads[1].start()
    for thread in threads:
        thread.join()
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
