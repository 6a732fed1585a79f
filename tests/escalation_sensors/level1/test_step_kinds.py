"""Every way to define a step, and to hand definitions over: each is covered, or left alone, and none breaks."""

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import dagster as dg
import pytest

from escalation_sensors.level1.current_tuning import current_tuning
from escalation_sensors.level1.escalate import escalate
from escalation_sensors.level1.process_ledger import forget_ledger, ledger_of_process

calls: list[int] = []


@pytest.fixture(autouse=True)
def _fresh(own_store: None, short_waits: None) -> None:
    calls.clear()


def in_batches() -> int:
    calls.append(current_tuning().batches)
    if calls[-1] < 4:
        raise MemoryError("the whole does not fit")
    return calls[-1]


def run(defs: dg.Definitions, job: str = "__ASSET_JOB", **options: Any) -> dg.ExecuteInProcessResult:
    found = defs.get_repository_def().get_job(job)
    return found.execute_in_process(raise_on_error=False, **options)


def multi_asset_in_part() -> tuple[dg.Definitions, str, dict[str, Any]]:
    @dg.multi_asset(specs=[dg.AssetSpec("one", skippable=True), dg.AssetSpec("two", skippable=True)], can_subset=True)
    def both(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        in_batches()
        for key in context.selected_asset_keys:
            yield dg.MaterializeResult(asset_key=key)

    return dg.Definitions(assets=[both]), "__ASSET_JOB", {"asset_selection": [dg.AssetKey("one")]}


def graph_multi_asset() -> tuple[dg.Definitions, str, dict[str, Any]]:
    @dg.op(out={"one": dg.Out(), "two": dg.Out()})
    def inner() -> tuple[int, int]:
        return in_batches(), 2

    @dg.graph_multi_asset(outs={"one": dg.AssetOut(), "two": dg.AssetOut()})
    def graph() -> tuple[Any, Any]:
        one, two = inner()
        return one, two

    return dg.Definitions(assets=[graph]), "__ASSET_JOB", {}


def with_a_check_of_its_own() -> tuple[dg.Definitions, str, dict[str, Any]]:
    @dg.asset(check_specs=[dg.AssetCheckSpec("whole", asset="checked")])
    def checked() -> dg.MaterializeResult:
        in_batches()
        return dg.MaterializeResult(check_results=[dg.AssetCheckResult(check_name="whole", passed=True)])

    return dg.Definitions(assets=[checked]), "__ASSET_JOB", {}


def check_of_many() -> tuple[dg.Definitions, str, dict[str, Any]]:
    @dg.asset
    def checked() -> None: ...

    @dg.multi_asset_check(specs=[dg.AssetCheckSpec("a", asset=checked), dg.AssetCheckSpec("b", asset=checked)])
    def checks() -> Iterator[dg.AssetCheckResult]:
        in_batches()
        for name in ("a", "b"):
            yield dg.AssetCheckResult(check_name=name, passed=True, asset_key="checked")

    return dg.Definitions(assets=[checked], asset_checks=[checks]), "__ASSET_JOB", {}


def partitioned() -> tuple[dg.Definitions, str, dict[str, Any]]:
    @dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b"]))
    def parts(context: dg.AssetExecutionContext) -> str:
        in_batches()
        return context.partition_key

    job = dg.define_asset_job("parts_job", selection=[parts])
    return dg.Definitions(assets=[parts], jobs=[job]), "parts_job", {"partition_key": "b"}


def dynamic_outputs() -> tuple[dg.Definitions, str, dict[str, Any]]:
    @dg.op(out=dg.DynamicOut(int))
    def split() -> Iterator[dg.DynamicOutput[int]]:
        in_batches()
        for number in range(2):
            yield dg.DynamicOutput(number, mapping_key=str(number))

    @dg.op
    def work(number: int) -> int:
        return number

    @dg.job
    def mapped() -> None:
        split().map(work)

    return dg.Definitions(jobs=[mapped]), "mapped", {}


def use_with_a_policy() -> tuple[dg.Definitions, str, dict[str, Any]]:
    @dg.op
    def inner() -> None:
        in_batches()

    @dg.job
    def job_of_uses() -> None:
        inner.with_retry_policy(dg.RetryPolicy(max_retries=0))()

    return dg.Definitions(jobs=[job_of_uses]), "job_of_uses", {}


def of_a_schedule_alone() -> tuple[dg.Definitions, str, dict[str, Any]]:
    schedule = dg.ScheduleDefinition(name="nightly", job=job_in_batches(), cron_schedule="0 3 * * *")
    return dg.Definitions(schedules=[schedule]), "job_in_batches", {}


def of_a_sensor_alone() -> tuple[dg.Definitions, str, dict[str, Any]]:
    @dg.sensor(jobs=[job_in_batches(), dg.define_asset_job("other", selection="none*")])
    def watching() -> None: ...

    @dg.asset(name="none")
    def another() -> None: ...

    return dg.Definitions(sensors=[watching], assets=[another]), "job_in_batches", {}


def of_a_run_status_sensor_alone() -> tuple[dg.Definitions, str, dict[str, Any]]:
    @dg.run_status_sensor(run_status=dg.DagsterRunStatus.SUCCESS, request_job=job_in_batches())
    def after_another() -> None: ...

    return dg.Definitions(sensors=[after_another]), "job_in_batches", {}


def asset_of_a_schedule_alone() -> tuple[dg.Definitions, str, dict[str, Any]]:
    @dg.asset
    def alone() -> None:
        in_batches()

    schedule = dg.ScheduleDefinition(name="nightly", target=alone, cron_schedule="0 3 * * *")
    return dg.Definitions(schedules=[schedule]), "__anonymous_asset_job_nightly", {}


def asset_job_of_a_sensor_alone() -> tuple[dg.Definitions, str, dict[str, Any]]:
    @dg.asset
    def alone() -> None:
        in_batches()

    graph = dg.Definitions(assets=[alone]).resolve_asset_graph()
    job = dg.define_asset_job("made_there", selection=[alone]).resolve(asset_graph=graph)

    @dg.sensor(job=job)
    def watching() -> None: ...

    return dg.Definitions(sensors=[watching]), "made_there", {}


def job_in_batches() -> dg.JobDefinition:
    @dg.op
    def inner_in_batches() -> None:
        in_batches()

    @dg.job(name="job_in_batches")
    def made() -> None:
        inner_in_batches()

    return made


def given_resources() -> tuple[dg.Definitions, str, dict[str, Any]]:
    @dg.asset(required_resource_keys={"place"})
    def placed(context: dg.AssetExecutionContext) -> None:
        assert context.resources.place == "here"
        in_batches()

    place = dg.ResourceDefinition.hardcoded_resource("here")
    return dg.Definitions(assets=dg.with_resources([placed], {"place": place})), "__ASSET_JOB", {}


def out_of_a_module() -> tuple[dg.Definitions, str, dict[str, Any]]:
    @dg.asset
    def found() -> None:
        in_batches()

    module = ModuleType("strangers")
    module.found = found  # type: ignore[attr-defined]
    return dg.Definitions(assets=dg.load_assets_from_modules([module])), "__ASSET_JOB", {}


def merged() -> tuple[dg.Definitions, str, dict[str, Any]]:
    @dg.asset
    def of_another() -> None: ...

    return dg.Definitions.merge(out_of_a_module()[0], dg.Definitions(assets=[of_another])), "__ASSET_JOB", {}


KINDS = [
    multi_asset_in_part,
    graph_multi_asset,
    with_a_check_of_its_own,
    check_of_many,
    partitioned,
    dynamic_outputs,
    use_with_a_policy,
    of_a_schedule_alone,
    of_a_sensor_alone,
    of_a_run_status_sensor_alone,
    asset_of_a_schedule_alone,
    asset_job_of_a_sensor_alone,
    given_resources,
    out_of_a_module,
    merged,
]
Kind = Callable[[], tuple[dg.Definitions, str, dict[str, Any]]]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_step_of_every_kind_runs_again_tuned(kind: Kind) -> None:
    defs, job, options = kind()
    assert run(escalate(defs), job, **options).success
    assert calls == [1, 4]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_with_the_ledger_down_it_fails_as_without_it(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCALATION_STORE_URL", "postgresql://me:hunter2@127.0.0.1:1/none")
    forget_ledger()
    defs, job, options = kind()
    assert not run(escalate(defs), job, **options).success
    assert calls == [1]


def outcomes() -> list[tuple[str, str]]:
    with ledger_of_process().store.reading() as connection:
        query = (
            "SELECT state, outcome FROM cases LEFT JOIN attempts ON attempts.case_id = cases.id ORDER BY attempts.id"
        )
        return [(row.state, row.outcome) for row in connection.exec_driver_sql(query)]


def test_an_asset_whose_later_op_fails_is_not_repaired_by_an_earlier_one() -> None:
    made: list[int] = []

    @dg.op
    def first() -> int:
        made.append(1)
        if len(made) < 2:
            raise MemoryError("the whole does not fit")
        return 1

    @dg.op
    def second(_first: int) -> int:
        raise TypeError("unsupported operand type(s) for +: 'int' and 'str'")

    @dg.graph_asset
    def graph() -> int:
        return second(first())

    assert not run(escalate(dg.Definitions(assets=[graph]))).success
    assert outcomes() == [("passed_on", "failed")]


@pytest.mark.parametrize("when", ["of one of two", "given later"])
def test_side_effects_are_seen_wherever_they_are_said(when: str) -> None:
    tagged = {"escalation/side_effects": "true"}
    specs = [dg.AssetSpec("pays", tags=tagged), dg.AssetSpec("tells", tags={"escalation/side_effects": "false"})]

    @dg.multi_asset(specs=specs if when == "of one of two" else [dg.AssetSpec("pays")])
    def pays() -> Iterator[dg.MaterializeResult]:
        calls.append(1)
        if calls:
            raise ConnectionError("connection refused")
        yield dg.MaterializeResult()

    defs = escalate(dg.Definitions(assets=[pays]))
    if when == "given later":
        defs = defs.map_asset_specs(func=lambda spec: spec.merge_attributes(tags=tagged))
    assert not run(defs).success
    assert outcomes() == [("passed_on", None)]


def test_a_job_in_three_places_is_one_object_that_is_covered_once() -> None:
    job = job_in_batches()
    schedule = dg.ScheduleDefinition(name="nightly", job=job, cron_schedule="0 3 * * *")
    by_name = dg.ScheduleDefinition(name="hourly", job_name="job_in_batches", cron_schedule="0 * * * *")

    @dg.sensor(jobs=[job])
    def watching() -> None: ...

    defs = dg.Definitions(jobs=[job], schedules=[schedule, by_name], sensors=[watching])
    before = {each.name for each in defs.get_repository_def().get_all_jobs()}
    function = job.graph.nodes[0].definition
    escalated = escalate(defs)
    assert run(escalated, "job_in_batches").success
    assert calls == [1, 4]
    assert schedule.job is job
    assert watching.job is job
    assert job.graph.nodes[0].definition is function
    added = {each.name for each in escalated.get_repository_def().get_all_jobs()} - before
    assert all(name.startswith("escalation_") for name in added)


def test_an_asset_that_only_a_schedule_names_keeps_its_side_effects() -> None:
    @dg.asset(tags={"escalation/side_effects": "true"})
    def pays() -> None:
        calls.append(1)
        raise ConnectionError("connection refused")

    schedule = dg.ScheduleDefinition(name="nightly", target=[pays], cron_schedule="0 3 * * *")
    assert not run(escalate(dg.Definitions(schedules=[schedule])), "__anonymous_asset_job_nightly").success
    assert calls == [1]
    assert outcomes() == [("passed_on", None)]


def test_definitions_that_load_later_are_covered_when_they_do() -> None:
    @dg.definitions
    def lazily() -> dg.Definitions:
        return out_of_a_module()[0]

    escalated: Any = escalate(lazily)
    assert run(escalated()).success
    assert calls == [1, 4]


def test_what_runs_no_function_is_left_as_it_is() -> None:
    assets = [dg.AssetSpec("external"), dg.SourceAsset("source"), dg.AssetsDefinition(specs=[dg.AssetSpec("spec")])]
    keys = escalate(dg.Definitions(assets=assets)).resolve_asset_graph().get_all_asset_keys()
    assert {key.to_user_string() for key in keys} == {"external", "source", "spec"}


def test_an_op_without_a_function_of_its_own_is_left_alone_and_told(capfd: pytest.CaptureFixture[str]) -> None:
    def compute(context, inputs) -> Iterator[dg.Output[int]]:  # type: ignore[no-untyped-def] # noqa: ANN001
        yield dg.Output(1)

    op = dg.OpDefinition(name="by_hand", ins={}, outs={"result": dg.Out()}, compute_fn=compute)
    defs = escalate(dg.Definitions(assets=[dg.AssetsDefinition.from_op(op)]))
    assert "op by_hand runs no decorated function, and is not covered" in capfd.readouterr().err
    assert run(defs).success


@pytest.mark.parametrize("is_down", [True, False], ids=["the ledger is down", "the ledger is up"])
def test_a_jobs_own_policy_counts_where_the_ledger_is_down(monkeypatch: pytest.MonkeyPatch, *, is_down: bool) -> None:
    @dg.op
    def failing() -> None:
        calls.append(1)
        raise TypeError("unsupported operand type(s) for +: 'int' and 'str'")

    @dg.job(op_retry_policy=dg.RetryPolicy(max_retries=3))
    def patient() -> None:
        failing()

    if is_down:
        monkeypatch.setenv("ESCALATION_STORE_URL", "postgresql://me:hunter2@127.0.0.1:1/none")
        forget_ledger()
    assert not run(escalate(dg.Definitions(jobs=[patient])), "patient").success
    assert len(calls) == (4 if is_down else 1)
