"""What is private of Dagster's is as the ladder takes it to be, with both storages. Other versions: `make compat`."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest
from sqlalchemy import Engine, create_engine

from escalation_sensors import dagster_internals as internals
from escalation_sensors.level1 import start_up
from escalation_sensors.level1.escalate import escalate
from escalation_sensors.level1.held import PoolInUse, RunLimit, Slot
from escalation_sensors.level1.process_ledger import forget_ledger

if TYPE_CHECKING:
    from tests.servers.postgres import PostgresServer

seen: list[Any] = []


@pytest.fixture(params=["sqlite", "postgresql"])
def instance(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    storage = ""
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.new_database().replace("postgresql://", "postgresql+psycopg2://")
        storage = f"storage:\n  postgres:\n    postgres_url: {url}\n"
    (tmp_path / "dagster.yaml").write_text(f"{storage}run_retries:\n  enabled: true\n", encoding="utf-8")
    monkeypatch.setenv("ESCALATION_STORE_URL", f"sqlite:///{tmp_path / 'escalation.db'}")
    forget_ledger()
    seen.clear()
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance
    forget_ledger()


class Asking(dg.RetryPolicy):
    """Notes what the ladder sees when Dagster asks a policy."""

    @property
    def max_retries(self) -> int:
        seen.append(internals.step_in_flight())
        internals.raise_as_without_policy()
        return 7  # not reached


def run(instance: dg.DagsterInstance, *assets: Any, **options: Any) -> dg.ExecuteInProcessResult:
    return dg.materialize(list(assets), instance=instance, raise_on_error=False, **options)


def test_no_private_part_is_missing() -> None:
    assert internals.missing_parts() == []


def test_a_policy_that_is_asked_finds_the_step_and_raises_as_if_it_were_not_there(instance: dg.DagsterInstance) -> None:
    parts = dg.StaticPartitionsDefinition(["a", "b"])

    def defined(policy: dg.RetryPolicy | None) -> dg.AssetsDefinition:
        @dg.asset(key=["core", "flight"], retry_policy=policy, partitions_def=parts)
        def asset() -> None:
            raise ValueError("wrong")

        return asset

    def error(policy: dg.RetryPolicy | None) -> Any:
        result = run(instance, defined(policy), partition_key="b", tags={"dagster/backfill": "full"})
        (failure,) = [event for event in result.all_events if event.is_step_failure]
        found = failure.step_failure_data.error
        return found.cls_name, found.message, found.cause.cls_name

    assert error(Asking(max_retries=1)) == error(None)
    (step,) = seen
    assert step.assets == (dg.AssetKey(["core", "flight"]),)
    assert (step.partition, step.backfill_id, step.previous_attempts) == ("b", "full", 0)
    assert instance.get_run_by_id(step.run_id) is not None


def test_the_function_of_an_op_and_its_policy_can_be_replaced(instance: dg.DagsterInstance) -> None:
    @dg.asset
    def asset() -> None:
        seen.append("before")

    def other() -> None:
        seen.append("after")

    internals.function_of(asset.op)()
    internals.replace_function(asset.op, other)
    internals.replace_retry_policy(asset.op, dg.RetryPolicy(max_retries=1))
    assert run(instance, asset).success
    assert seen == ["before", "after"]
    assert asset.op.retry_policy == dg.RetryPolicy(max_retries=1)


def test_a_use_of_an_op_with_a_policy_of_its_own_is_found() -> None:
    @dg.op
    def inner() -> None: ...

    @dg.graph
    def graph() -> None:
        inner.with_retry_policy(dg.RetryPolicy(max_retries=4))()

    ((op, policy, put),) = internals.nodes_with_a_policy(graph)
    assert (op.name, policy.max_retries) == ("inner", 4)
    put(dg.RetryPolicy(max_retries=5))
    ((_, replaced, _),) = internals.nodes_with_a_policy(graph)
    assert replaced.max_retries == 5


def test_a_failed_run_tells_its_story(instance: dg.DagsterInstance) -> None:
    @dg.asset
    def failing() -> None:
        raise ValueError("wrong")

    result = run(instance, escalate(dg.Definitions(assets=[failing])).assets[0])  # type: ignore[index]
    (end,) = internals.runs_that_failed(instance, 0, 10)
    assert (end.run_id, end.reason) == (result.run_id, "STEP_FAILURE")
    assert internals.runs_that_failed(instance, end.position, 10) == []
    (step,) = internals.story_of(instance, result.run_id).steps
    assert (step.step_key, step.ended, step.error is not None) == ("failing", True, True)
    tags = instance.get_run_by_id(result.run_id).tags  # type: ignore[union-attr]
    assert tags["dagster/max_retries"] == "0"


def test_who_holds_a_pool_is_seen_while_it_is_held_and_when_its_run_ended_without_giving_it_back(
    instance: dg.DagsterInstance,
) -> None:
    storage = instance.event_log_storage
    storage.set_concurrency_slots("lake", 1)

    @dg.asset(pool="lake")
    def holding(context: dg.AssetExecutionContext) -> None:
        seen.append(internals.pool_in_use(context.instance, "lake"))
        seen.append(internals.slot_is_held(context.instance, ("", ""), Slot("lake", context.run.run_id, "holding")))
        seen.append(internals.pool_in_use(context.instance, "lake", (context.run.run_id, "holding")))

    run_id = run(instance, holding).run_id
    slot = Slot("lake", run_id, "holding")
    assert seen == [PoolInUse("lake", 1, (slot,)), True, PoolInUse("lake", 1)]
    assert internals.pools_of_step(instance, run_id, "holding") == ["lake"]
    assert internals.pools_of_step(instance, run_id, "") == ["lake"]
    assert internals.pools_of_step(instance, run_id, "another") == []
    assert internals.pools_with_a_limit(instance) == ["lake"]
    assert internals.pool_in_use(instance, "lake") == PoolInUse("lake", 1)
    assert internals.pool_in_use(instance, "no_such_pool") is None
    storage.claim_concurrency_slot("lake", run_id, "holding")  # as a worker leaves it that is killed
    assert internals.pool_in_use(instance, "lake") == PoolInUse("lake", 1, (replace(slot, run_has_ended=True),))
    assert not internals.slot_is_held(instance, ("", ""), slot)
    storage.free_concurrency_slots_for_run(run_id)
    assert internals.pool_in_use(instance, "lake") == PoolInUse("lake", 1)


LIMITS = """
concurrency:
  pools: {granularity: run}
  runs:
    tag_concurrency_limits:
      - {key: team, limit: 3}
      - {key: team, value: lake, limit: 1}
      - {key: team, value: {applyLimitPerUniqueValue: true}, limit: 2}
      - {key: team, value: another, limit: 1}
      - {key: size, limit: 1}
"""


def test_the_limits_of_the_run_queue_that_apply_to_a_run_are_seen_with_the_runs_they_count(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text(LIMITS, encoding="utf-8")
    seen.clear()

    @dg.asset(pool="lake")
    def counted(context: dg.AssetExecutionContext) -> None:
        seen.append(internals.run_limits_of(context.instance, "mine", {"team": "lake"}))
        seen.append(internals.run_limits_of(context.instance, context.run.run_id, {"team": "lake"}))
        seen.append(internals.pool_in_use(context.instance, "lake"))

    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        instance.event_log_storage.set_concurrency_slots("lake", 1)
        run_id = run(instance, counted, tags={"team": "lake"}).run_id
        of = ["tag team", "tag team=lake", "tag team=lake"]
        limits = [3, 1, 2]
        assert seen[0] == [RunLimit(each, limit, (run_id,)) for each, limit in zip(of, limits, strict=True)]
        assert seen[1] == [RunLimit(each, limit) for each, limit in zip(of, limits, strict=True)]
        # A run holds one slot of a pool where runs are counted and not steps.
        assert seen[2] == PoolInUse("lake", 1, (Slot("lake", run_id, ""),))


def test_the_connections_in_a_steps_resources_and_configuration_are_seen(instance: dg.DagsterInstance) -> None:
    class Database(dg.ConfigurableResource[Any]):
        url: str

    @dg.op(retry_policy=Asking(max_retries=1), config_schema={"target": str})
    def loading(_context: dg.OpExecutionContext, database: Database, engine: dg.ResourceParam[Engine]) -> None:
        raise ValueError(database.url, engine)

    @dg.job(
        resource_defs={
            "database": Database(url="sqlite:////lake/a.db"),
            "engine": create_engine("sqlite:////lake/b.db"),
        }
    )
    def load() -> None:
        loading()

    config = {"ops": {"loading": {"config": {"target": "/lake/c.duckdb"}}}}
    load.execute_in_process(instance=instance, raise_on_error=False, run_config=config)
    assert {"sqlite:////lake/a.db", "/lake/b.db", "/lake/c.duckdb"} <= set(seen[0].settings())


def test_a_part_that_is_missing_is_named_once_with_what_is_degraded(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def without_the_names(self: Any, step_context: Any, err_info: Any, known_state: Any) -> None: ...

    monkeypatch.setattr(
        "dagster._core.executor.base.Executor.log_failure_or_retry_event_after_error", without_the_names
    )
    start_up.told.clear()
    for _ in range(2):
        escalate(dg.Definitions())
    (line,) = [line for line in capfd.readouterr().err.splitlines() if line.startswith("escalation: ")]
    assert "Executor.log_failure_or_retry_event_after_error" in line
    assert "a killed step is repaired by another run only" in line
    assert dg.__version__ in line


PROGRAM = """
import sys
import dagster as dg
import dagster._core.executor.child_process_executor as changed
del changed.ChildProcessCrashException
from escalation_sensors import current_tuning, escalate, recoverable

@dg.asset
def an_asset() -> int:
    return current_tuning().batches

defs = escalate(dg.Definitions(assets=[recoverable(an_asset)]))
assert an_asset.op.retry_policy is None
assert defs.resolve_implicit_global_asset_job_def().execute_in_process().success
"""


def test_with_a_dagster_that_lacks_what_it_imports_the_pipeline_runs_on_undecorated() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("escalation: ")]
    assert "ChildProcessCrashException" in line
    assert "nothing is repaired" in line
