"""Everything of Dagster's that is not public, in one file; contract tests hold each part against the installed version.

What level 1 decides with it is not said here.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

import dagster as dg
from dagster._core.definitions.decorators.op_decorator import DecoratedOpFunction
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.execution.context.system import StepExecutionContext

MOST_FRAMES = 12
INTERRUPTS = (DagsterExecutionInterruptedError, KeyboardInterrupt)


@dataclass(frozen=True)
class StepInFlight:
    """The step whose failure Dagster is handling.

    Attributes:
        assets: what it materializes in this run; checks that it makes alone are `checks`.
        previous_attempts: of this step in this run.
        retries_disabled: whether the run's configuration switched step retries off.
    """

    run_id: str
    root_run_id: str
    backfill_id: str | None
    tags: dict[str, str]
    code_location: str
    job: str
    step_key: str
    op: str
    assets: tuple[dg.AssetKey, ...]
    checks: tuple[dg.AssetCheckKey, ...]
    previous_attempts: int
    retries_disabled: bool
    log: Any


def step_in_flight() -> StepInFlight | None:
    """The step that Dagster is asking a retry policy about, found on the stack; None if it is not asking."""
    context = _local_of_caller("step_context")
    return _facts(context) if isinstance(context, StepExecutionContext) else None


def step_of(context: dg.OpExecutionContext) -> StepInFlight | None:
    """The step that a function runs in; None where there is none, as in a direct call."""
    step_context = getattr(context, "_step_execution_context", None) or getattr(
        getattr(context, "op_execution_context", None), "_step_execution_context", None
    )
    return _facts(step_context) if isinstance(step_context, StepExecutionContext) else None


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


def _facts(context: StepExecutionContext) -> StepInFlight:
    run = context.dagster_run
    keys = context.job_def.asset_layer.get_selected_entity_keys_for_node(context.node_handle)
    origin = run.remote_job_origin
    return StepInFlight(
        run_id=run.run_id,
        root_run_id=run.root_run_id or run.run_id,
        backfill_id=run.tags.get("dagster/backfill"),
        tags=dict(run.tags),
        code_location=origin.location_name if origin is not None else "",
        job=context.job_name,
        step_key=context.step.key,
        op=context.op_def.name,
        assets=tuple(sorted((key for key in keys if isinstance(key, dg.AssetKey)), key=str)),
        checks=tuple(sorted((key for key in keys if isinstance(key, dg.AssetCheckKey)), key=str)),
        previous_attempts=context.previous_attempt_count,
        retries_disabled=context.retry_mode.disabled,
        log=context.log,
    )


def _local_of_caller(name: str) -> Any:
    frame = _frame_with(name)
    return frame.f_locals[name] if frame is not None else None


def _frame_with(name: str) -> FrameType | None:
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - the only way up the stack
    for _ in range(MOST_FRAMES):
        if frame is None:
            return None
        if name in frame.f_locals:
            return frame
        frame = frame.f_back
    return None
