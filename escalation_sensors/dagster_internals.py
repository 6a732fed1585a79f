"""Everything of Dagster's that is not public, in one file; contract tests hold each part against the installed version.

What level 1 decides with it is not said here.
"""

import inspect
import os
import re
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from types import FrameType
from typing import Any

import dagster as dg
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from dagster._core.definitions.decorators.op_decorator import DecoratedOpFunction
from dagster._core.definitions.node_definition import NodeDefinition
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.events import DagsterEventType, JobFailureData
from dagster._core.execution.api import create_execution_plan
from dagster._core.execution.context.system import StepExecutionContext, StepOrchestrationContext
from dagster._core.execution.plan.compute_generator import validate_and_coerce_op_result_to_iterator
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.plan.state import KnownExecutionState
from dagster._core.execution.plan.step import UnresolvedMappedExecutionStep
from dagster._core.execution.plan.utils import op_execution_error_boundary
from dagster._core.executor.base import Executor as BaseExecutor
from dagster._core.executor.child_process_executor import ChildProcessCrashException
from dagster._core.instance.config import PoolGranularity
from dagster._core.snap import snapshot_from_execution_plan
from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES
from dagster._core.storage.event_log.base import EventLogStorage
from dagster._core.storage.tags import (
    BACKFILL_TAGS,
    GLOBAL_CONCURRENCY_TAG,
    PARENT_RUN_ID_TAG,
    RESUME_RETRY_TAG,
    ROOT_RUN_ID_TAG,
    RUN_KEY_TAG,
    SENSOR_NAME_TAG,
    TAGS_TO_MAYBE_OMIT_ON_RETRY,
)
from dagster_shared.error import SerializableErrorInfo

from escalation_sensors.level1.held import PoolInUse, RunLimit, Slot

MOST_FRAMES = 12
MOST_DEPTH, MOST_TEXTS = 6, 500
"""So deep, and for so many texts, resources are looked into for the connections that they were given."""
_MAPPED = re.compile(r"\[[^\[\]]*\]$")
WILL_RETRY_TAG = "dagster/will_retry"
ErrorInfo = SerializableErrorInfo
Node = NodeDefinition
Graph = AssetGraph
Replace = Callable[[dg.RetryPolicy], None]
INTERRUPTS = (DagsterExecutionInterruptedError, KeyboardInterrupt)


@dataclass(frozen=True)
class StepInFlight:
    """The step whose failure Dagster is handling.

    Attributes:
        node: where its op is used: the alias, behind the graphs that it is in.
        assets: what it materializes in this run; checks that it makes alone are `checks`.
        asset_tags: of each of them, as the run's definitions have them.
        later_checks: checks of these assets that are steps of their own in this run.
        partition: its partition, or the first and last of a range as `a...b`; empty without one.
        partitions: how many they are; 1 without one.
        previous_attempts: of this step in this run.
        retries_disabled: whether the run's configuration switched step retries off.
        instance: Dagster's, of which the run is.
        job_policy: the retry policy of the job, for steps that have none of their own.
        is_lost: whether its process is gone, and the executor asks for it.
        is_one_of_many: whether other steps of the run make the same assets, or run the same use of an op.
        completes: whether its outputs are assets, where it has any; an inner op of a graph may only prepare them.
        graph: finds the asset graph that they are in.
        owes: names, when its function has ended, the checks and outputs that it declares and did not yield.
        settings: the texts in its resources and its run's configuration: paths, URLs of connections.
    """

    run_id: str
    root_run_id: str
    backfill_id: str | None
    tags: dict[str, str]
    code_location: str
    job: str
    step_key: str
    op: str
    node: str
    assets: tuple[dg.AssetKey, ...]
    asset_tags: tuple[Mapping[str, str], ...]
    checks: tuple[dg.AssetCheckKey, ...]
    later_checks: tuple[dg.AssetCheckKey, ...]
    partition: str
    partitions: int
    previous_attempts: int
    retries_disabled: bool
    log: Any
    instance: dg.DagsterInstance
    job_policy: dg.RetryPolicy | None = None
    is_lost: bool = False
    is_one_of_many: bool = False
    completes: bool = True
    owes: Callable[[], tuple[str, ...]] = tuple
    settings: Callable[[], tuple[str, ...]] = tuple
    graph: Callable[[], "Graph | None"] = lambda: None


def step_in_flight() -> StepInFlight | None:
    """The step that Dagster is asking a retry policy about, found on the stack; None if it is not asking.

    It asks where the exception is handled, or, if the step's process is lost, where its executor saw that.
    """
    frame = _frame_with("step_context")
    context = frame.f_locals["step_context"] if frame is not None else None
    if frame is None or not isinstance(context, StepExecutionContext | StepOrchestrationContext):
        return None
    if "previous_attempt_count" in frame.f_locals:
        return replace(_facts(context, frame.f_locals["previous_attempt_count"]), is_lost=True)
    return _facts(context, context.previous_attempt_count) if isinstance(context, StepExecutionContext) else None


def is_being_stopped() -> bool:
    """Whether the executor that asks is ending the run, because a person or a limit said so."""
    frame = _frame_with("stopping")
    return frame is not None and bool(frame.f_locals["stopping"])


def exit_code_of(error: BaseException) -> int | None:
    """How the process of a step ended, below zero by a signal; None if the error is not about that."""
    code = error.exit_code if isinstance(error, ChildProcessCrashException) else None
    return code if isinstance(code, int) else None


def step_of(context: dg.OpExecutionContext) -> StepInFlight | None:
    """The step that a function runs in; None where there is none, as in a direct call."""
    step_context = getattr(context, "_step_execution_context", None) or getattr(
        getattr(context, "op_execution_context", None), "_step_execution_context", None
    )
    if not isinstance(step_context, StepExecutionContext):
        return None
    return _facts(step_context, step_context.previous_attempt_count)


def raise_as_without_policy() -> None:
    """Raise what Dagster would raise, in the place that asked, if the step had no retry policy.

    `max_retries=0` would do, too, but the failure would be called "Exceeded max_retries of 0".
    """
    error = sys.exc_info()[1]
    frame = _frame_with("error_cls")
    if error is None or frame is None:
        return
    if isinstance(error, (dg.Failure, *INTERRUPTS)):
        raise error
    names = frame.f_locals
    raise names["error_cls"](
        names["msg_fn"](), user_exception=error, original_exc_info=sys.exc_info(), **names["kwargs"]
    ) from error


def results_in(result: object) -> Iterator[Any]:
    """What Dagster would make of what a function returned, one result after the other."""
    context = dg.OpExecutionContext.get()
    yield from validate_and_coerce_op_result_to_iterator(result, context, context.op_def.output_defs)


def awaited(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine comes to, on the event loop of the step that runs here."""
    return dg.OpExecutionContext.get()._step_execution_context.event_loop.run_until_complete(coroutine)  # noqa: SLF001 - this file's purpose


def function_of(op: dg.OpDefinition) -> Callable[..., Any]:
    """The function that an op runs.

    Raises:
        TypeError: it was not made by a decorator.
    """
    if not isinstance(op.compute_fn, DecoratedOpFunction):
        raise TypeError(f"op {op.name} runs no decorated function")
    return op.compute_fn.decorated_fn


def replace_function(op: dg.OpDefinition, function: Callable[..., Any]) -> None:
    """Have an op run `function`, which has the signature of its own."""
    kind = type(op.compute_fn) if isinstance(op.compute_fn, DecoratedOpFunction) else DecoratedOpFunction
    op._compute_fn = kind(function)  # noqa: SLF001 - this file's purpose


def replace_retry_policy(op: dg.OpDefinition, policy: dg.RetryPolicy) -> None:
    """Have an op's failures decided by `policy`."""
    op._retry_policy = policy  # noqa: SLF001 - this file's purpose


def nodes_with_a_policy(graph: dg.GraphDefinition) -> Iterator[tuple[dg.OpDefinition, dg.RetryPolicy, Replace]]:
    """The uses of ops in a graph, and in the graphs in it, that have a retry policy apart from the op's.

    Each as the op, the policy of its use, and what replaces that.
    """
    for node in graph.nodes:
        if isinstance(node.definition, dg.GraphDefinition):
            yield from nodes_with_a_policy(node.definition)
        elif isinstance(node.definition, dg.OpDefinition) and node.retry_policy is not None:
            yield node.definition, node.retry_policy, partial(setattr, node, "_retry_policy")


def what_automation_runs(
    automation: dg.ScheduleDefinition | dg.SensorDefinition,
) -> Iterator[dg.JobDefinition | dg.AssetsDefinition]:
    """The jobs and assets that are given to a schedule or a sensor itself; a project need not name them elsewhere."""
    targets = [automation.target] if isinstance(automation, dg.ScheduleDefinition) else automation.targets
    for target in targets:
        yield from (each for each in target.assets_defs if isinstance(each, dg.AssetsDefinition))
        if isinstance(target.resolvable_to_job, dg.JobDefinition):
            yield target.resolvable_to_job


def downstream_of(graph: Graph, assets: Sequence[dg.AssetKey]) -> list[dg.AssetKey]:
    """The assets of a graph that are made of some of it, directly or not, nearest first."""
    found: dict[dg.AssetKey, None] = {}
    next_to = [key for key in assets if graph.has(key)]
    while next_to:
        children = sorted({child for key in next_to for child in graph.get(key).child_keys}, key=str)
        next_to = [key for key in children if key not in found and key not in assets]
        found |= dict.fromkeys(next_to)
    return list(found)


def _graph(context: StepExecutionContext | StepOrchestrationContext) -> Graph:
    """The asset graph of the step's code location; that of its job where the location is not known."""
    repository = context.job.get_repository_definition()
    return repository.asset_graph if repository is not None else context.job.get_definition().asset_layer.asset_graph


def _facts(context: StepExecutionContext | StepOrchestrationContext, previous_attempts: int) -> StepInFlight:
    job = context.job.get_definition() if isinstance(context, StepOrchestrationContext) else context.job_def
    run = context.dagster_run
    keys = job.asset_layer.get_selected_entity_keys_for_node(context.node_handle)
    origin = run.remote_job_origin
    assets = tuple(sorted((key for key in keys if isinstance(key, dg.AssetKey)), key=str))
    checks = tuple(sorted((key for key in keys if isinstance(key, dg.AssetCheckKey)), key=str))
    selected = job.asset_layer.asset_graph.asset_check_keys if assets else ()
    partition = partition_in(run.tags)
    return StepInFlight(
        run_id=run.run_id,
        root_run_id=run.root_run_id or run.run_id,
        backfill_id=run.tags.get("dagster/backfill"),
        tags=dict(run.tags),
        code_location=origin.location_name if origin is not None else "",
        job=context.job_name,
        step_key=context.step.key,
        op=job.get_node(context.node_handle).definition.name,
        node=str(context.node_handle),
        assets=assets,
        asset_tags=tuple(job.asset_layer.asset_graph.get(key).tags for key in assets),
        checks=checks,
        later_checks=tuple(key for key in selected if key.asset_key in assets and key not in checks),
        partition=partition,
        partitions=_count(context) if isinstance(context, StepExecutionContext) and "..." in partition else 1,
        previous_attempts=previous_attempts,
        retries_disabled=context.retry_mode.disabled,
        log=context.log,
        instance=context.instance,
        job_policy=job._op_retry_policy,  # noqa: SLF001 - this file's purpose
        is_one_of_many=context.step.key.endswith("]") or bool(assets and context.node_handle.parent),
        graph=partial(_graph, context),
        completes=not assets or any(each.properties.asset_key for each in context.step.step_outputs),
        owes=partial(_owed, context) if isinstance(context, StepExecutionContext) else tuple,
        settings=partial(_settings, context) if isinstance(context, StepExecutionContext) else tuple,
    )


def _settings(context: StepExecutionContext) -> tuple[str, ...]:
    texts = _texts_in([context.dagster_run.run_config, list(context.resources)], MOST_DEPTH)
    return tuple(dict.fromkeys(islice(texts, MOST_TEXTS)))


def _texts_in(value: object, depth: int) -> Iterator[str]:
    """The texts in a value and in what it holds. Only what lies there is looked at: no property is computed."""
    if isinstance(value, str | os.PathLike):
        yield str(value)
    elif depth and isinstance(value, Mapping):
        for each in islice(value.values(), MOST_TEXTS):
            yield from _texts_in(each, depth - 1)
    elif depth and isinstance(value, tuple | list):
        for each in islice(value, MOST_TEXTS):
            yield from _texts_in(each, depth - 1)
    elif depth and hasattr(value, "__dict__"):
        yield from _texts_in(vars(value), depth)


def _count(context: StepExecutionContext) -> int:
    definition = context.run_partitions_def
    return len(definition.get_partition_keys_in_range(context.partition_key_range)) if definition else 1


def _owed(context: StepExecutionContext) -> tuple[str, ...]:
    """What a step declares and has not yielded. Dagster fails it for some of it, later; a check it only leaves out."""
    names = []
    for output in context.step.step_outputs:
        if output.name not in context.selected_output_names or context.has_seen_output(output.name):
            continue
        definition = context.op_def.output_def_named(output.name)
        check = output.properties.asset_check_key
        is_implied = definition.optional or definition.is_dynamic or definition.dagster_type.is_nothing
        if check is not None:
            names.append(check.name)
        elif context.requires_typed_event_stream or not is_implied:
            names.append(output.name)
    return tuple(names)


def partition_in(tags: Mapping[str, str]) -> str:
    """The partition that a run's tags name, or the first and last of a range as `a...b`; empty without one."""
    if single := tags.get("dagster/partition"):
        return single
    first, last = tags.get("dagster/asset_partition_range_start"), tags.get("dagster/asset_partition_range_end")
    if first and last:
        return first if first == last else f"{first}...{last}"
    return ""


def _frame_with(name: str) -> FrameType | None:
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the only way up the stack
    for _ in range(MOST_FRAMES):
        if frame is None:
            return None
        if name in frame.f_locals:
            return frame
        frame = frame.f_back
    return None


@dataclass(frozen=True)
class RunEnd:
    """The failure of a run, as its event tells it.

    Attributes:
        position: of the event in the log of all runs; grows.
        reason: `STEP_FAILURE`, `RUN_EXCEPTION` and the like; empty for a worker that was killed.
        error: of the run, or of its first step that failed.
        step_key: of its first step that failed; empty if none did.
    """

    position: int
    run_id: str
    job: str
    at: datetime
    reason: str
    message: str
    error: SerializableErrorInfo | None
    step_key: str = ""


def runs_that_failed(instance: dg.DagsterInstance, after: int, most: int) -> list[RunEnd]:
    """The failures of runs after a position, oldest first."""
    wanted = dg.RunStatusChangeRecordsFilter(event_type=dg.DagsterEventType.RUN_FAILURE, after_storage_id=after)
    found = instance.fetch_run_status_changes(wanted, limit=most, ascending=True)
    ends = []
    for record in found.records:
        event = record.event_log_entry.dagster_event
        data = event.event_specific_data if event is not None else None
        data = data if isinstance(data, JobFailureData) else None
        first = data.first_step_failure_event if data is not None else None
        ends.append(
            RunEnd(
                record.storage_id,
                record.run_id,
                event.job_name if event is not None else "",
                datetime.fromtimestamp(record.timestamp, UTC),
                data.failure_reason.value if data is not None and data.failure_reason is not None else "",
                (event.message if event is not None else None) or "",
                data.error if data is not None else None,
                (first.step_key or "") if first is not None else "",
            )
        )
    return ends


@dataclass(frozen=True)
class StepEnd:
    """How far a step of a run came: `error` if it failed, `ended` if it did either way."""

    step_key: str
    started_at: datetime
    ended: bool
    ended_at: datetime | None = None
    error: SerializableErrorInfo | None = None


@dataclass(frozen=True)
class RunStory:
    """What the events of a run tell.

    Attributes:
        engine: the engine's events, each with its step where it is about one; `engine_errors` are those they carry.
        worker_pid, worker_since: of the process that executed the run, where it said so.
        checks: evaluations, newest for each: key, passed, whether it only warns.
        materialized: what it materialized.
    """

    steps: tuple[StepEnd, ...]
    engine: tuple[tuple[str, str], ...]
    engine_errors: tuple[SerializableErrorInfo, ...]
    worker_pid: int | None
    worker_since: datetime | None
    checks: tuple[tuple[dg.AssetCheckKey, bool, bool], ...]
    materialized: tuple[dg.AssetKey, ...]


_STEP_ENDS = {DagsterEventType.STEP_SUCCESS, DagsterEventType.STEP_FAILURE, DagsterEventType.STEP_SKIPPED}
_TOLD = _STEP_ENDS | {
    DagsterEventType.STEP_START,
    DagsterEventType.STEP_RESTARTED,
    DagsterEventType.ENGINE_EVENT,
    DagsterEventType.ASSET_CHECK_EVALUATION,
    DagsterEventType.ASSET_MATERIALIZATION,
    DagsterEventType.RESOURCE_INIT_FAILURE,
}


def story_of(instance: dg.DagsterInstance, run_id: str) -> RunStory:
    """What the events of a run tell."""
    steps: dict[str, StepEnd] = {}
    engine: list[tuple[str, str]] = []
    errors: list[SerializableErrorInfo] = []
    checks: dict[dg.AssetCheckKey, tuple[dg.AssetCheckKey, bool, bool]] = {}
    materialized: list[dg.AssetKey] = []
    pid, since = None, None
    for entry in instance.all_logs(run_id, of_type=_TOLD):
        event = entry.dagster_event
        if event is None:
            continue
        at = datetime.fromtimestamp(entry.timestamp, UTC)
        key = event.step_key or ""
        if event.event_type in {DagsterEventType.STEP_START, DagsterEventType.STEP_RESTARTED} and key:
            steps[key] = StepEnd(key, at, ended=False)
        elif event.event_type in _STEP_ENDS and key:
            error = event.step_failure_data.error if event.event_type is DagsterEventType.STEP_FAILURE else None
            started = steps[key].started_at if key in steps else at
            steps[key] = StepEnd(key, started, ended=True, ended_at=at, error=error)
        elif event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            found = (check.asset_check_key, check.passed, check.severity is dg.AssetCheckSeverity.WARN)
            checks[check.asset_check_key] = found
        elif event.event_type is DagsterEventType.ASSET_MATERIALIZATION and event.asset_key is not None:
            materialized.append(event.asset_key)
        else:
            engine.append((key, event.message or ""))
            data = event.event_specific_data
            if isinstance(error := getattr(data, "error", None), SerializableErrorInfo):
                errors.append(error)
            told = getattr(data, "metadata", None) or {}
            if pid is None and isinstance(said := getattr(told.get("pid"), "value", None), int | str):
                pid, since = (int(said), at) if str(said).isdigit() else (None, None)
    return RunStory(
        tuple(steps.values()), tuple(engine), tuple(errors), pid, since, tuple(checks.values()), tuple(materialized)
    )


@dataclass(frozen=True)
class PlannedStep:
    """A step as a run planned it."""

    step_key: str
    op: str
    node: str
    op_tags: Mapping[str, str]
    retry_policy: dg.RetryPolicy | None
    assets: tuple[dg.AssetKey, ...]
    checks: tuple[dg.AssetCheckKey, ...]


def planned_steps(repository: dg.RepositoryDefinition, run: dg.DagsterRun) -> dict[str, PlannedStep]:
    """The steps of a run by their keys, as the code plans them now.

    Raises:
        DagsterError: the code does not know the run's job or selection any more.
    """
    job = _job_of(repository, run)
    planned = {}
    for step in _plan_of(repository, job, run).steps:
        op = job.get_op(step.node_handle).definition
        keys = job.asset_layer.get_selected_entity_keys_for_node(step.node_handle)
        planned[step.key] = PlannedStep(
            step.key,
            op.name,
            str(step.node_handle),
            dict(op.tags),
            op.retry_policy,
            tuple(sorted((key for key in keys if isinstance(key, dg.AssetKey)), key=str)),
            tuple(sorted((key for key in keys if isinstance(key, dg.AssetCheckKey)), key=str)),
        )
    return planned


def as_planned(step_key: str) -> str:
    """The key by which a step is planned: a mapped one (`work[3]`) is known before its mapping as `work[?]`."""
    return _MAPPED.sub("[?]", step_key)


def checks_of_run(repository: dg.RepositoryDefinition, run: dg.DagsterRun) -> frozenset[dg.AssetCheckKey]:
    """The checks that a run planned to evaluate.

    Raises:
        DagsterError: the code does not know the run's job or selection any more.
    """
    return frozenset(_job_of(repository, run).asset_layer.asset_graph.asset_check_keys)


def create_run_from_failure(
    instance: dg.DagsterInstance,
    repository: dg.RepositoryDefinition,
    parent: dg.DagsterRun,
    tags: Mapping[str, str],
    *,
    also: Sequence[str] = (),
) -> dg.DagsterRun:
    """Create, and do not launch, the run that does what is left of a run that failed. `also` names steps to repeat.

    It keeps configuration, selection, partition, root and the tags of backfill and users. What Dagster's own
    `create_reexecuted_run` does needs the workspace, which code that runs in a code location has not.

    Raises:
        DagsterError: the code does not know the run's job or selection any more.
    """
    job = _job_of(repository, parent)
    keys, known = KnownExecutionState.build_resume_retry_reexecution(instance, parent)
    whole = _plan_of(repository, job, parent)
    also = [*also, *_mapped_and_not_begun(instance, parent, whole, known)]
    wanted = [step.key for step in whole.steps if step.key in {*keys, *also}]
    steps = wanted if len(wanted) >= len({*keys, *also}) else [*dict.fromkeys([*keys, *also])]
    steps = steps or [step.key for step in whole.steps]
    root = parent.root_run_id or parent.run_id
    kept = {name: value for name, value in parent.tags.items() if name not in TAGS_TO_MAYBE_OMIT_ON_RETRY}
    kept |= {name: value for name, value in parent.tags.items() if name in BACKFILL_TAGS}
    kept.pop(".dagster/grpc_info", None)
    kept |= {**tags, PARENT_RUN_ID_TAG: parent.run_id, ROOT_RUN_ID_TAG: root, RESUME_RETRY_TAG: "true"}
    plan = create_execution_plan(
        job,
        run_config=parent.run_config,
        step_keys_to_execute=steps,
        known_state=known.update_for_step_selection(steps),
        instance_ref=instance.get_ref(),
        tags=kept,
        repository_load_data=repository.repository_load_data,
    )
    return instance.create_run(
        job_name=parent.job_name,
        run_id=None,
        run_config=parent.run_config,
        status=dg.DagsterRunStatus.NOT_STARTED,
        tags=kept,
        root_run_id=root,
        parent_run_id=parent.run_id,
        step_keys_to_execute=steps,
        execution_plan_snapshot=snapshot_from_execution_plan(plan, job.get_job_snapshot_id()),
        job_snapshot=job.get_job_snapshot(),
        parent_job_snapshot=job.get_parent_job_snapshot(),
        asset_selection=parent.asset_selection,
        asset_check_selection=parent.asset_check_selection,
        resolved_op_selection=parent.resolved_op_selection,
        op_selection=parent.op_selection,
        remote_job_origin=parent.remote_job_origin,
        job_code_origin=parent.job_code_origin,
        asset_graph=job.asset_layer.asset_graph,
    )


def _mapped_and_not_begun(
    instance: dg.DagsterInstance, parent: dg.DagsterRun, plan: ExecutionPlan, known: KnownExecutionState
) -> list[str]:
    """The mapped steps that a run had still to begin when it ended: Dagster leaves them out, if others had begun."""
    mapped = [step for step in plan.steps if isinstance(step, UnresolvedMappedExecutionStep)]
    if not mapped:
        return []
    over = {DagsterEventType.STEP_SUCCESS, DagsterEventType.STEP_SKIPPED}
    done = {
        entry.dagster_event.step_key for entry in instance.all_logs(parent.run_id, of_type=over) if entry.dagster_event
    }
    keys = [
        f"{step.node_handle}[{mapping_key}]"
        for step in mapped
        for mapping_key in known.dynamic_mappings.get(step.resolved_by_step_key, {}).get(step.resolved_by_output_name)
        or ()
    ]
    asked = parent.step_keys_to_execute
    return [key for key in keys if key not in done and (not asked or {key, as_planned(key)} & set(asked))]


def tags_of_request(sensor: str, key: str) -> dict[str, str]:
    """The tags by which the daemon finds the run that a sensor's request with this key means, and launches that one."""
    return {SENSOR_NAME_TAG: sensor, RUN_KEY_TAG: key}


def location_of(run: dg.DagsterRun) -> str:
    """The code location that a run belongs to; empty where none is known."""
    origin = run.remote_job_origin
    return origin.location_name if origin is not None else ""


def location_of_sensor(context: dg.SensorEvaluationContext) -> str:
    """The code location that a sensor runs in; empty outside of one."""
    origin = context.code_location_origin
    return origin.location_name if origin is not None else ""


def last_event_at(instance: dg.DagsterInstance, run_id: str) -> datetime | None:
    """When a run was last heard of."""
    found = instance.get_records_for_run(run_id, limit=1, ascending=False).records
    return datetime.fromtimestamp(found[0].timestamp, UTC) if found else None


def _job_of(repository: dg.RepositoryDefinition, run: dg.DagsterRun) -> dg.JobDefinition:
    job = repository.get_job(run.job_name)
    if run.op_selection or run.asset_selection or run.asset_check_selection:
        job = job.get_subset(
            op_selection=run.op_selection,
            asset_selection=run.asset_selection,
            asset_check_selection=run.asset_check_selection,
        )
    return job


def _plan_of(repository: dg.RepositoryDefinition, job: dg.JobDefinition, run: dg.DagsterRun) -> ExecutionPlan:
    return create_execution_plan(
        job, run_config=run.run_config, tags=run.tags, repository_load_data=repository.repository_load_data
    )


def pools_of_step(instance: dg.DagsterInstance, run_id: str, step_key: str) -> list[str]:
    """The pools that a step of a run needs a slot of, by the run's plan; those of all its steps if none is named."""
    run = instance.get_run_by_id(run_id)
    plan_id = run.execution_plan_snapshot_id if run is not None else None
    if plan_id is None:
        return []
    steps = instance.get_execution_plan_snapshot(plan_id).steps
    wanted = [step for step in steps if not step_key or step.key in {step_key, as_planned(step_key)}]
    pools = [step.pool or (step.tags or {}).get(GLOBAL_CONCURRENCY_TAG) for step in wanted]
    return list(dict.fromkeys(pool for pool in pools if pool))


def pools_with_a_limit(instance: dg.DagsterInstance) -> list[str]:
    """The pools that have a limit; none where the storage knows no pools."""
    storage = instance.event_log_storage
    return [pool.name for pool in storage.get_pool_limits()] if storage.supports_global_concurrency_limits else []


def pool_in_use(instance: dg.DagsterInstance, name: str, besides: tuple[str, str] = ("", "")) -> PoolInUse | None:
    """A pool and who holds its slots, the run and step `besides` left out; None if it has no limit.

    Where the instance counts runs and not steps, a run in progress holds one slot of each pool of its steps.
    """
    storage = instance.event_log_storage
    if not storage.supports_global_concurrency_limits:
        return None
    info = storage.get_concurrency_info(name)
    if info.limit is None:
        return None
    if storage.get_pool_config().pool_granularity is PoolGranularity.RUN:
        runs = instance.get_runs(filters=dg.RunsFilter(statuses=IN_PROGRESS_RUN_STATUSES))
        using = [run for run in runs if run.run_op_concurrency and name in (run.run_op_concurrency.all_pools or ())]
        slots = [Slot(name, run.run_id, "") for run in using if run.run_id != besides[0]]
        return PoolInUse(name, info.limit, tuple(slots))
    claimed = [(each.run_id, each.step_key) for each in info.claimed_slots]
    claimed = [each for each in claimed if each != besides]
    living = _living(instance, {run_id for run_id, _ in claimed})
    return PoolInUse(name, info.limit, tuple(Slot(name, run, step, run not in living) for run, step in claimed))


def slot_is_held(instance: dg.DagsterInstance, besides: tuple[str, str], slot: Slot) -> bool:
    """Whether a slot is still held by a run that has not ended, and none of its pool is free for run and step."""
    pool = pool_in_use(instance, slot.pool, besides)
    if pool is None or not pool.is_full:
        return False
    same = [each for each in pool.slots if (each.run_id, each.step_key) == (slot.run_id, slot.step_key)]
    return any(not each.run_has_ended for each in same)


def run_limits_of(instance: dg.DagsterInstance, run_id: str, tags: Mapping[str, str]) -> list[RunLimit]:
    """The limits of the run queue that apply to a run with these tags, and which other runs count towards each."""
    queue = instance.get_concurrency_config().run_queue_config
    if queue is None:
        return []
    found = []
    for limit in queue.tag_concurrency_limits:
        key, value = limit["key"], limit.get("value")
        if key not in tags or (isinstance(value, str) and tags[key] != value):
            continue
        by_value = isinstance(value, str) or bool(value and value.get("applyLimitPerUniqueValue"))
        runs = _in_progress(instance, run_id, {key: tags[key]} if by_value else {})
        counted = [run.run_id for run in runs if key in run.tags]
        found.append(RunLimit(f"tag {key}={tags[key]}" if by_value else f"tag {key}", limit["limit"], tuple(counted)))
    return found


def _in_progress(instance: dg.DagsterInstance, besides: str, tags: Mapping[str, str]) -> list[dg.DagsterRun]:
    runs = instance.get_runs(filters=dg.RunsFilter(statuses=IN_PROGRESS_RUN_STATUSES, tags=dict(tags)))
    return [run for run in runs if run.run_id != besides]


def _living(instance: dg.DagsterInstance, run_ids: Iterable[str]) -> set[str]:
    """Those of some runs that have not ended; one that Dagster does not know any more has."""
    wanted = list(run_ids)
    runs = instance.get_runs(filters=dg.RunsFilter(run_ids=wanted)) if wanted else []
    return {run.run_id for run in runs if not run.is_finished}


@dataclass(frozen=True)
class MissingPart:
    """A part of Dagster that is not as the ladder takes it to be, and what the ladder can't do without it."""

    name: str
    degraded: str


def missing_parts() -> list[MissingPart]:
    """What this version of Dagster lacks of the private parts used here; empty where the contract tests pass."""
    op = dg.op(name="escalation_probe")(lambda: None)
    graph = dg.GraphDefinition(name="escalation_probe_graph", node_defs=[op])
    boundary = inspect.unwrap(op_execution_error_boundary).__code__.co_varnames
    asked = BaseExecutor.log_failure_or_retry_event_after_error.__code__.co_varnames
    held = {
        "OpDefinition._compute_fn": (hasattr(op, "_compute_fn"), "no step is covered"),
        "OpDefinition._retry_policy": (hasattr(op, "_retry_policy"), "no failure is decided on"),
        "Node._retry_policy": (hasattr(graph.nodes[0], "_retry_policy"), "a policy of one use of an op stays in force"),
        "JobDefinition._op_retry_policy": (
            hasattr(graph.to_job(), "_op_retry_policy"),
            "a job's own policy is not followed where the ladder is down",
        ),
        "ScheduleDefinition.target, SensorDefinition.targets": (
            hasattr(dg.ScheduleDefinition, "target") and hasattr(dg.SensorDefinition, "targets"),
            "the jobs and assets that only a schedule or sensor names are not covered",
        ),
        "op_execution_error_boundary(step_context)": ("step_context" in boundary, "no failure is decided on"),
        "op_execution_error_boundary(error_cls, msg_fn, kwargs)": (
            {"error_cls", "msg_fn", "kwargs"} <= set(boundary),
            "what is not tried again is called `Exceeded max_retries`",
        ),
        "StepExecutionContext.has_seen_output, selected_output_names, requires_typed_event_stream, event_loop": (
            all(
                hasattr(StepExecutionContext, name)
                for name in ("has_seen_output", "selected_output_names", "requires_typed_event_stream", "event_loop")
            ),
            "async steps and what a step did not yield are not seen, so nothing is proved",
        ),
        "Executor.log_failure_or_retry_event_after_error": (
            {"step_context", "previous_attempt_count"} <= set(asked),
            "a killed step is repaired by another run only",
        ),
    }
    held["EventLogStorage pools, DagsterInstance.get_concurrency_config"] = (
        all(
            hasattr(EventLogStorage, name)
            for name in (
                "get_pool_limits",
                "get_pool_config",
                "get_concurrency_info",
                "supports_global_concurrency_limits",
            )
        )
        and hasattr(dg.DagsterInstance, "get_concurrency_config"),
        "who holds a pool's slots or fills the run queue is not seen, and not waited for",
    )
    return [MissingPart(name, degraded) for name, (is_there, degraded) in held.items() if not is_there]
