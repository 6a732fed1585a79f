"""Work that must not be split by its key: what the remedies do instead, and that they say why."""

from datetime import UTC, datetime

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.remedies import out_of_memory, pipeline_timeout
from escalation_sensors.level1.situation import MayNotAct, Situation
from escalation_sensors.level1.tuning import Tuning

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
WHY = "earned is computed from SUM(price)"


def situation(category: Category, *, attempts: int = 0, tuning: Tuning | None = None) -> Situation:
    diagnosis = Diagnosis(category, 0.97, "a.rule", "", "f1", recoverable=True)
    metadata = {"escalation/no_split_key": WHY}
    return Situation(diagnosis, NOON, tuning=tuning or Tuning(), attempts=attempts, metadata=metadata)


def test_what_ran_out_of_time_gets_a_plain_retry_that_says_why_and_is_then_handed_on() -> None:
    plan = pipeline_timeout.plan(situation(Category.PIPELINE_TIMEOUT))
    assert isinstance(plan, Plan)
    assert (plan.remedy, plan.tuning.batches) == ("plain", 1)
    assert plan.change == f"nothing is changed: the work has no split key that it may be split by: {WHY}"
    refused = pipeline_timeout.plan(situation(Category.PIPELINE_TIMEOUT, attempts=1))
    assert isinstance(refused, MayNotAct)
    assert refused.reason.endswith(WHY)


def test_what_ran_out_of_memory_gets_one_thread_and_the_disk_but_no_batches_and_is_then_handed_on() -> None:
    plan = out_of_memory.plan(situation(Category.OUT_OF_MEMORY))
    assert isinstance(plan, Plan)
    assert (plan.tuning.batches, plan.tuning.threads, plan.tuning.spill) == (1, 1, True)
    assert plan.change == f"one thread, spilling to disk, and no batches: {WHY}"
    refused = out_of_memory.plan(situation(Category.OUT_OF_MEMORY, attempts=1, tuning=plan.tuning))
    assert isinstance(refused, MayNotAct)
    assert refused.reason.endswith(WHY)
