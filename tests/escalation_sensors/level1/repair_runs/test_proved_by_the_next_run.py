"""What is proved by the next run of its subject, where the checks are steps of their own: looked at when that ended."""

from datetime import timedelta

import dagster as dg
import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.duration_history import keep_duration
from escalation_sensors.level1.ledger import Attempt, Ledger, Origin, Plan, Subject
from escalation_sensors.level1.process_ledger import ledger_of_process
from escalation_sensors.level1.tuning import PLAIN
from tests.escalation_sensors.level1.repair_runs.conftest import Project, now


@dg.asset
def quick() -> None:
    """Is quick again."""


@dg.asset_check(asset=quick)
def is_good() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset_check(asset=quick)
def is_bad() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False)


@dg.asset_check(asset=quick)
def is_broken() -> dg.AssetCheckResult:
    raise ValueError("the check itself does not work")


@dg.graph_asset
def put_together() -> object:
    @dg.op
    def first() -> int:
        return 1

    @dg.op
    def last(number: int) -> int:
        return number

    return last(first())


def adopted(project: Project, asset: dg.AssetsDefinition, *checks: dg.AssetChecksDefinition) -> Project:
    """A project with an improvement of the asset's layout that was made, and is to be proved."""
    job = dg.define_asset_job("job", selection="*")
    project.adopt(dg.Definitions([asset], asset_checks=checks, jobs=[job], executor=dg.in_process_executor))
    ledger, subject = ledger_of_process(), Subject("", f"asset:{asset.key.to_user_string()}")
    for number in range(5):
        keep_duration(ledger.store, subject, str(number), seconds=1.0, partitions=1, now=now())
    improvement_under_way(ledger, subject)
    return project


def improvement_under_way(ledger: Ledger, subject: Subject) -> None:
    slow = Diagnosis(Category.SLOW_PERFORMANCE, 0.9, "stated", "", "f", recoverable=True)
    begun = now() - timedelta(minutes=1)
    plan = Plan("improve_layout", PLAIN, "sorts")
    attempt = ledger.begin_attempt(subject, Origin("slow"), slow, plan, failed_at=begun, now=begun)
    assert isinstance(attempt, Attempt)
    ledger.improved(attempt, "sorted", "run-of-the-job")


def proved(project: Project) -> tuple[str, int]:
    return project.rows("attempts")[0]["outcome"], len(project.rows("receipts"))


def test_it_is_a_repair_once_all_checks_of_the_run_have_passed(project: Project) -> None:
    adopted(project, quick, is_good)
    project.run("job")
    assert proved(project) == ("running", 0)
    project.tick()
    assert proved(project) == ("repaired", 1)
    assert '"passed": ["is_good"]' in project.rows("receipts")[0]["body"]


@pytest.mark.parametrize("check", [is_bad, is_broken], ids=["failed", "did not come"])
def test_a_check_that_fails_or_does_not_come_makes_it_none_and_it_is_handed_on(
    project: Project, check: dg.AssetChecksDefinition
) -> None:
    adopted(project, quick, is_good, check)
    project.run("job")
    project.tick()
    assert proved(project) == ("failed", 0)
    assert project.rows("cases")[0]["state"] == "passed_on"


def test_a_run_that_a_person_ended_proves_nothing_and_the_next_one_is_waited_for(project: Project) -> None:
    adopted(project, quick, is_good)
    ended = project.run("job", tags={"escalation/proves_improve_layout": "1"})
    project.instance.report_run_canceled(project.get(ended))
    project.tick()
    assert proved(project) == ("running", 0)
    project.run("job")
    project.tick()
    assert proved(project) == ("repaired", 1)


def test_the_steps_of_a_graph_asset_are_awaited(project: Project) -> None:
    adopted(project, put_together)
    project.run("job")
    assert proved(project) == ("running", 0)
    project.tick()
    assert proved(project) == ("repaired", 1)
