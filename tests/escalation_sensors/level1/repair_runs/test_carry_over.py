"""What repaired one partition is done for the others of its backfill, once and within the budget."""

from datetime import timedelta

import dagster as dg

from tests.escalation_sensors.level1.repair_runs.conftest import Project, now, outcomes


def test_the_partitions_of_a_backfill_are_one_case_and_what_repaired_one_is_carried_over_once(adopted: Project) -> None:
    for partition in "abcd":
        adopted.run("partition_job", tags={"dagster/partition": partition, "dagster/backfill": "whole"})
    (first,) = adopted.tick()
    adopted.go_on(first)
    others = adopted.tick()
    assert sorted(adopted.get(run_id).tags["dagster/partition"] for run_id in others) == list("bcd")
    assert {adopted.get(run_id).tags["dagster/backfill"] for run_id in others} == {"whole"}
    assert sorted(adopted.tick()) == sorted(others)
    for run_id in others:
        assert adopted.get(adopted.go_on(run_id)).status is dg.DagsterRunStatus.SUCCESS
    assert adopted.tick() == []
    assert outcomes(adopted) == [(1, "smaller_batches", "repaired"), (2, "smaller_batches", "repaired")]
    assert [row["state"] for row in adopted.rows("cases")] == ["repaired"]


def test_nothing_is_carried_over_after_the_budget(adopted: Project) -> None:
    for partition in "ab":
        adopted.run("partition_job", tags={"dagster/partition": partition, "dagster/backfill": "whole"})
    (first,) = adopted.tick()
    adopted.go_on(first)
    assert adopted.tick_later(lambda: now() + timedelta(seconds=400)) == []
    (case,) = adopted.rows("cases")
    assert case["state"] == "passed_on"
    assert case["reason"].startswith("one partition was repaired, 1 more failed, and the budget of 300 s is used up")
