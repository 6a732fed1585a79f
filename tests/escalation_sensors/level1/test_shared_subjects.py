"""Steps that share a subject: mapped steps, the ops of a graph asset, and what two uses of one op do not share."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.current_tuning import current_tuning
from escalation_sensors.level1.escalate import escalate
from escalation_sensors.level1.ledger import Attempt, Ledger, Origin, Plan, Subject
from escalation_sensors.level1.tuning import Tuning

calls: dict[str, list[int]] = defaultdict(list)


@pytest.fixture(autouse=True)
def _fresh(own_store: None) -> None:
    calls.clear()


class SourceIsAway(ConnectionError):
    """As a server's own word: it answers soon."""

    retry_after_seconds = 0.1


def in_batches(name: str) -> None:
    calls[name].append(current_tuning().batches)
    if calls[name][-1] < 4:
        raise MemoryError("the whole does not fit")


def once_away(name: str) -> None:
    calls[name].append(current_tuning().batches)
    if len(calls[name]) < 2:
        raise SourceIsAway("503 Service Unavailable")


def never(name: str) -> None:
    calls[name].append(current_tuning().batches)
    raise MemoryError("it never fits")


def always(name: str) -> None:
    calls[name].append(current_tuning().batches)


def mapped(*works: Callable[[str], None]) -> dg.ExecuteInProcessResult:
    """A run of a job with one mapped step for each work."""

    @dg.op(out=dg.DynamicOut(int))
    def split() -> Iterator[dg.DynamicOutput[int]]:
        for number in range(len(works)):
            yield dg.DynamicOutput(number, mapping_key=str(number))

    @dg.op
    def work(number: int) -> int:
        works[number](str(number))
        return number

    @dg.op
    def gather(numbers: list[int]) -> int:
        return sum(numbers)

    @dg.job
    def mapping() -> None:
        gather(split().map(work).collect())

    return run(dg.Definitions(jobs=[mapping]), "mapping")


def run(defs: dg.Definitions, job: str = "__ASSET_JOB", **options: Any) -> dg.ExecuteInProcessResult:
    return escalate(defs).get_repository_def().get_job(job).execute_in_process(raise_on_error=False, **options)


def rows(ledger: Ledger, query: str) -> list[tuple[Any, ...]]:
    with ledger.store.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def outcomes(ledger: Ledger) -> list[tuple[Any, ...]]:
    return rows(ledger, "SELECT number, remedy, outcome FROM attempts ORDER BY id")


def states(ledger: Ledger) -> list[tuple[Any, ...]]:
    return rows(ledger, "SELECT subject, state FROM cases ORDER BY id")


def test_mapped_steps_that_fail_of_one_cause_run_again_as_one_attempt(ledger: Ledger) -> None:
    assert mapped(in_batches, always, in_batches, in_batches).success
    assert calls == {"0": [1, 4], "1": [1], "2": [1, 4], "3": [1, 4]}
    assert outcomes(ledger) == [(1, "smaller_batches", "repaired")]
    assert states(ledger) == [("op:mapping.work", "repaired")]
    assert len(rows(ledger, "SELECT id FROM receipts")) == 1


def test_mapped_steps_that_fail_of_two_causes_have_each_the_remedy_that_fits(ledger: Ledger) -> None:
    assert mapped(in_batches, once_away).success
    assert calls == {"0": [1, 4], "1": [1, 1]}
    assert outcomes(ledger) == [(1, "smaller_batches", "repaired"), (2, "wait_for_source", "repaired")]
    assert states(ledger) == [("op:mapping.work", "repaired")]


def test_of_mapped_steps_that_never_pass_each_has_at_most_the_two_attempts_of_their_case(ledger: Ledger) -> None:
    assert not mapped(never, never, never).success
    assert outcomes(ledger) == [(1, "smaller_batches", "failed"), (2, "smaller_batches", "failed")]
    assert all(len(each) <= 3 for each in calls.values())
    assert states(ledger) == [("op:mapping.work", "passed_on")]


def test_mapped_steps_are_not_repaired_while_one_of_them_is_not(ledger: Ledger) -> None:
    assert not mapped(in_batches, never).success
    assert calls["0"] == [1, 4]
    assert "repaired" not in {outcome for *_, outcome in outcomes(ledger)}
    assert states(ledger) == [("op:mapping.work", "passed_on")]
    assert rows(ledger, "SELECT id FROM receipts") == []


def test_a_step_keeps_its_tuning_although_another_of_its_attempt_has_failed_again(ledger: Ledger) -> None:
    assert not mapped(never, in_batches, always).success
    assert calls["1"] == [1, 4]


def test_two_uses_of_one_op_are_two_cases(ledger: Ledger) -> None:
    @dg.op(config_schema={"name": str})
    def load(context: dg.OpExecutionContext) -> None:
        in_batches(context.op_config["name"])

    @dg.job(config={"ops": {f"load_{name}": {"config": {"name": name}} for name in "ab"}})
    def loading() -> None:
        load.alias("load_a")()
        load.alias("load_b")()

    assert run(dg.Definitions(jobs=[loading]), "loading").success
    assert calls == {"a": [1, 4], "b": [1, 4]}
    assert outcomes(ledger) == [(1, "smaller_batches", "repaired")] * 2
    assert states(ledger) == [("op:loading.load_a", "repaired"), ("op:loading.load_b", "repaired")]


def graph_asset(first_work: Callable[[str], None], second_work: Callable[[str], None]) -> dg.AssetsDefinition:
    @dg.op
    def first() -> int:
        first_work("first")
        return 1

    @dg.op
    def second(number: int) -> int:
        second_work("second")
        return number

    @dg.graph_asset
    def graph() -> int:
        return second(first())  # type: ignore[no-any-return]

    return graph


def test_each_op_of_a_graph_asset_has_its_own_remedy_and_the_asset_proves_both(ledger: Ledger) -> None:
    assert run(dg.Definitions(assets=[graph_asset(in_batches, once_away)])).success
    assert calls == {"first": [1, 4], "second": [1, 1]}
    assert outcomes(ledger) == [(1, "smaller_batches", "repaired"), (2, "wait_for_source", "repaired")]
    assert states(ledger) == [("asset:graph", "repaired")]
    assert len(rows(ledger, "SELECT id FROM receipts")) == 2


def test_an_op_that_only_prepares_an_asset_is_proved_by_the_one_that_makes_it(ledger: Ledger) -> None:
    seen: list[list[tuple[Any, ...]]] = []

    def look(_name: str) -> None:
        seen.append(outcomes(ledger))

    assert run(dg.Definitions(assets=[graph_asset(in_batches, look)])).success
    assert seen == [[(1, "smaller_batches", "running")]]
    assert outcomes(ledger) == [(1, "smaller_batches", "repaired")]


MEMORY = Diagnosis(Category.OUT_OF_MEMORY, 0.97, "duckdb.out_of_memory", "", "f1", recoverable=True)


def of_another_run(ledger: Ledger, origin: Origin) -> Attempt:
    now = datetime.now(UTC)
    plan = Plan("smaller_batches", Tuning(batches=2), "2 batches instead of 1")
    begun = ledger.begin_attempt(Subject("", "asset:large"), origin, MEMORY, plan, failed_at=now, now=now)
    assert isinstance(begun, Attempt)
    return begun


@dg.asset
def large() -> None:
    in_batches("large")


def test_an_attempt_that_joined_the_open_case_of_another_run_runs_tuned_and_is_proved(ledger: Ledger) -> None:
    ledger.end_attempt(of_another_run(ledger, Origin("another-run")).id, "failed", datetime.now(UTC))
    assert run(dg.Definitions(assets=[large])).success
    assert calls == {"large": [1, 4]}
    assert outcomes(ledger) == [(1, "smaller_batches", "failed"), (2, "smaller_batches", "repaired")]
    assert states(ledger) == [("asset:large", "repaired")]


def test_an_attempt_whose_repair_run_is_not_created_yet_is_not_taken_for_another_runs_own(ledger: Ledger) -> None:
    to_come = of_another_run(ledger, Origin("another-run", "backfill-1"))
    assert not run(dg.Definitions(assets=[large]), tags={"dagster/backfill": "backfill-1"}).success
    assert calls == {"large": [1]}
    assert outcomes(ledger) == [(1, "smaller_batches", "running")]
    assert ledger.attempt(to_come.id) == to_come
