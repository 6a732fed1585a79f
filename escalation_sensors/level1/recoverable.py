"""`recoverable`: one asset, asset check or op whose failures level 1 decides on. A whole project: `escalate.py`."""

import functools
import inspect
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import dagster as dg

from escalation_sensors.dagster_internals import (
    StepInFlight,
    function_of,
    replace_function,
    replace_retry_policy,
    step_of,
)
from escalation_sensors.diagnosis.own_rules import own_classifier
from escalation_sensors.level1.decide import Again, Failed, HandOn, LevelOne
from escalation_sensors.level1.execution import accompanied, origin_of, subject_of, trouble, utc_now
from escalation_sensors.level1.process_ledger import leave_alone, ledger_of_process
from escalation_sensors.level1.retry_policy import LevelOneRetryPolicy
from escalation_sensors.store import StoreError

DISABLED_VARIABLE = "ESCALATION_DISABLED"
SIDE_EFFECTS, BUDGET = "escalation/side_effects", "escalation/budget_seconds"
Definition = TypeVar("Definition", dg.AssetsDefinition, dg.AssetChecksDefinition, dg.OpDefinition)


def recoverable(definition: Definition) -> Definition:
    """Have level 1 decide on the failures of an asset, an asset check or an op, and return it.

    Plain and async functions and generators, multi-assets and graph assets. Taken twice, it is the same as once.
    `ESCALATION_DISABLED=1` switches everything off.

    Raises:
        TypeError: it is none of these.
    """
    if isinstance(definition, dg.OpDefinition):
        cover(definition, dict(definition.tags), {})
        return definition
    if not isinstance(definition, dg.AssetsDefinition):
        raise TypeError(f"recoverable() takes an asset, an asset check or an op, not {type(definition).__name__}")
    tags: dict[str, str] = {}
    metadata: dict[str, Any] = {}
    for spec in definition.specs:
        tags |= spec.tags
        metadata |= spec.metadata
    if definition.is_executable:
        for op in definition.node_def.iterate_op_defs():
            cover(op, tags, metadata)
    return definition


def cover(op: dg.OpDefinition, tags: dict[str, str], metadata: dict[str, Any]) -> None:
    """Have level 1 accompany an op and decide on its failures, unless it does so already."""
    if isinstance(op.retry_policy, LevelOneRetryPolicy):
        return
    began = _Began()
    replace_function(op, _accompanied_function(function_of(op), began))
    replace_retry_policy(op, LevelOneRetryPolicy(functools.partial(_decide, tags, metadata, began), op.retry_policy))


class _Began:
    """When the step that runs now began, for how long it took until it failed."""

    def __init__(self) -> None:
        self.at: dict[tuple[str, str], float] = {}


def is_disabled() -> bool:
    """Whether the ladder is switched off."""
    return os.environ.get(DISABLED_VARIABLE, "") not in {"", "0"}


def _decide(
    tags: dict[str, str], metadata: dict[str, Any], began: _Began, step: StepInFlight, error: BaseException
) -> Again | HandOn | None:
    """A decision, or None where level 1 cannot be asked: the step then goes on as if undecorated."""
    if is_disabled() or (isinstance(error, dg.Failure) and not error.allow_retries):
        return None
    try:
        now = utc_now()
        since = began.at.pop((step.run_id, step.step_key), None)
        seconds = time.monotonic() - since if since is not None else None
        failed = Failed(
            subject_of(step),
            origin_of(step),
            step.run_id,
            error,
            at=now,
            seconds=seconds,
            metadata=metadata,
            has_side_effects=tags.get(SIDE_EFFECTS, "").lower() in {"true", "1", "yes"},
            budget_seconds=float(tags.get(BUDGET, "300")),
        )
        return LevelOne(ledger_of_process(), own_classifier()).decide(failed, now, step.log.warning)
    except StoreError as cannot:
        leave_alone(cannot)
        trouble(f"{subject_of(step).name}: the ledger cannot be reached, so nothing is repaired: {cannot}")
    except Exception as bug:  # noqa: BLE001 - a fault of the ladder must not become one of the pipeline
        trouble(f"{subject_of(step).name}: level 1 failed, so nothing is repaired: {type(bug).__name__}: {bug}")
    return None


def _accompanied_function(function: Callable[..., Any], began: _Began) -> Callable[..., Any]:
    """The function, run tuned and within its deadline. A direct call, as in a unit test, is left as it is."""
    if inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def async_generator(*arguments: Any, **named: Any) -> AsyncIterator[Any]:
            with _accompanied(began):
                async for each in function(*arguments, **named):
                    yield each

        return async_generator
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def coroutine(*arguments: Any, **named: Any) -> Any:
            with _accompanied(began):
                return await function(*arguments, **named)

        return coroutine
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def generator(*arguments: Any, **named: Any) -> Iterator[Any]:
            with _accompanied(began):
                yield from function(*arguments, **named)

        return generator

    @functools.wraps(function)
    def plain(*arguments: Any, **named: Any) -> Any:
        with _accompanied(began):
            return function(*arguments, **named)

    return plain


def _accompanied(began: _Began) -> AbstractContextManager[None]:
    if is_disabled():
        return nullcontext()
    step = _step()
    if step is None:
        return nullcontext()
    began.at[step.run_id, step.step_key] = time.monotonic()
    try:
        ledger = ledger_of_process()
    except StoreError as error:
        trouble(f"{subject_of(step).name}: the ledger cannot be reached, so the step runs alone: {error}")
        return nullcontext()
    return accompanied(step, ledger)


def _step() -> StepInFlight | None:
    try:
        return step_of(dg.OpExecutionContext.get())
    except dg.DagsterInvariantViolationError:
        return None
