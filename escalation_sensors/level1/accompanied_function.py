"""The function of a step, wrapped so that level 1 accompanies it, whatever kind of function it is."""

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import dagster as dg

from escalation_sensors.dagster_internals import StepInFlight, awaited, results_in, step_of
from escalation_sensors.level1.seen import Seen

Accompany = Callable[[], AbstractContextManager[Seen]]


def accompanied_function(function: Callable[..., Any], accompany: Accompany) -> Callable[..., Any]:
    """The function, run within `accompany()`. A direct call, as in a unit test, is left as it is.

    Dagster stores each result before it asks for the next, so at the end of the block all of them are stored.
    """
    if inspect.isasyncgenfunction(function):
        return _async_generator(function, accompany)
    if inspect.iscoroutinefunction(function):
        return _plain(function, accompany, awaited)
    if inspect.isgeneratorfunction(function):
        return _generator(function, accompany)
    return _plain(function, accompany, lambda result: result)


def step_of_this_thread() -> StepInFlight | None:
    """The step that runs here, if one does."""
    try:
        return step_of(dg.OpExecutionContext.get())
    except dg.DagsterInvariantViolationError:
        return None


def _async_generator(function: Callable[..., Any], accompany: Accompany) -> Callable[..., Any]:
    @functools.wraps(function)
    async def async_generator(*arguments: Any, **named: Any) -> AsyncIterator[Any]:
        with accompany() as seen:
            async for each in function(*arguments, **named):
                seen.take(each)
                yield each

    return async_generator


def _generator(function: Callable[..., Any], accompany: Accompany) -> Callable[..., Any]:
    @functools.wraps(function)
    def generator(*arguments: Any, **named: Any) -> Iterator[Any]:
        with accompany() as seen:
            for each in function(*arguments, **named):
                seen.take(each)
                yield each

    return generator


def _plain(function: Callable[..., Any], accompany: Accompany, ready: Callable[[Any], Any]) -> Callable[..., Any]:
    def yielding(arguments: tuple[Any, ...], named: dict[str, Any]) -> Iterator[Any]:
        with accompany() as seen:
            result = ready(function(*arguments, **named))
            seen.take(result)
            yield from results_in(result)

    @functools.wraps(function)
    def plain(*arguments: Any, **named: Any) -> Any:
        return function(*arguments, **named) if step_of_this_thread() is None else yielding(arguments, named)

    return plain
