"""Which failed runs a tick of the sensor leaves as they are."""

import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.level1.process_ledger import ledger_of_process
from escalation_sensors.policy.policy import Cap, Policy
from tests.escalation_sensors.level1.repair_runs.conftest import KILLED, Project, outcomes
from tests.escalation_sensors.level1.repair_runs.hungry_definitions import definitions


@pytest.mark.parametrize("job", ["payment_job", "defective_job"])
def test_what_may_not_be_run_again_is_not(adopted: Project, job: str) -> None:
    adopted.run(job)
    assert adopted.tick() == []
    assert outcomes(adopted) == []
    assert [row["state"] for row in adopted.rows("cases")] == ["passed_on"]


def test_a_category_that_the_policy_watches_is_not_run_again(project: Project) -> None:
    project.policy = Policy(caps={Category.OUT_OF_MEMORY: Cap.WATCH})
    project.adopt(definitions())
    project.run("hungry_job")
    assert project.tick() == []
    assert outcomes(project) == []


def test_what_a_person_terminated_is_no_failure(adopted: Project) -> None:
    run = adopted.instance.create_run_for_job(adopted.repository.get_job("hungry_job"))
    adopted.instance.report_run_failed(run, KILLED)
    adopted.instance.report_run_canceled(run)
    assert adopted.tick() == []
    assert adopted.rows("failures") == []


def test_a_repair_run_that_a_person_terminated_is_neither_repaired_nor_handed_on(adopted: Project) -> None:
    adopted.run("hungry_job")
    (repair,) = adopted.tick()
    adopted.instance.report_run_canceled(adopted.get(repair))
    assert adopted.tick() == []
    assert outcomes(adopted) == [(1, "smaller_batches", "canceled")]
    assert [(row["state"], row["reason"]) for row in adopted.rows("cases")] == [("canceled", "a person terminated it")]
    assert adopted.tick() == []


def test_a_run_that_dagster_retries_itself_is_left_to_it(adopted: Project) -> None:
    adopted.run("hungry_job", tags={"dagster/will_retry": "true"})
    assert adopted.tick() == []
    assert adopted.rows("cases") == []


def test_what_failed_long_ago_is_history(project: Project) -> None:
    project.policy = Policy(most_age_hours=1e-9)
    project.adopt(definitions())
    project.run("hungry_job")
    assert project.tick() == []
    assert [row["subject"] for row in project.rows("failures")] == ["asset:hungry"]
    assert project.rows("cases") == []


def test_switched_off_it_does_nothing(adopted: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    adopted.run("hungry_job")
    monkeypatch.setenv("ESCALATION_DISABLED", "1")
    assert adopted.tick() == []
    assert ledger_of_process().store.is_ready()
    assert adopted.rows("failures") == []
