"""Level 1 as Dagster's retry policy: asked while a failure is being handled, it decides, and Dagster repeats.

It sees what a wrapper around the function cannot: failures of IO managers and of the step's surroundings.
"""

import sys
import threading
from collections.abc import Callable
from typing import Self

import dagster as dg

from escalation_sensors.dagster_internals import (
    INTERRUPTS,
    StepInFlight,
    is_being_stopped,
    raise_as_without_policy,
    step_in_flight,
)
from escalation_sensors.level1.decide import Again, Decision
from escalation_sensors.level1.setup import trouble

Decide = Callable[[StepInFlight, BaseException], Decision | None]
"""Decides on a failure of a step; None if it cannot, so that the step goes on as if undecorated."""

Terminated = Callable[[StepInFlight], None]
"""Told of a step that a person's Terminate has ended."""

ALWAYS = 1_000_000
"""The ledger counts attempts; Dagster's own count must not stop one."""


class StepLost(Exception):
    """A step that its executor lost, without an exception to be seen."""


class LevelOneRetryPolicy(dg.RetryPolicy):
    """Asks level 1. `stock` is the policy that the step had of its own: in force where level 1 cannot be asked."""

    def __new__(cls, decide: Decide, stock: dg.RetryPolicy | None, terminated: Terminated) -> Self:
        """A policy over `decide`."""
        policy: Self = super().__new__(cls, max_retries=stock.max_retries if stock else 0)
        policy.decide, policy.stock, policy.waits = decide, stock, threading.local()
        policy.terminated = terminated
        return policy

    decide: Decide
    terminated: Terminated
    stock: dg.RetryPolicy | None
    waits: threading.local

    @property
    def max_retries(self) -> int:
        """As many as it takes for another attempt; if there is none, the failure is raised as it was."""
        error = sys.exc_info()[1]
        self.waits.seconds, self.waits.stock = None, self.stock
        try:
            step = step_in_flight()
        except Exception as bug:  # noqa: BLE001 - of another Dagster, say: it must not become one of the pipeline
            trouble(f"level 1 cannot see what failed, so nothing is repaired: {type(bug).__name__}: {bug}")
            step = None
        if step is None:
            return self._by_stock()
        self.waits.stock = self.stock or step.job_policy
        if step.is_lost:
            return self._of_lost(step, error or StepLost())
        if error is None:
            return self._by_stock()
        if _is_interrupted(error):
            self.terminated(step)
            raise_as_without_policy()  # a person's Terminate is no failure
        decision = None if step.retries_disabled else self.decide(step, error)
        if isinstance(decision, Again):
            self.waits.seconds = decision.wait_seconds
            return ALWAYS
        if decision is None and self.waits.stock is not None:
            return self._by_stock()
        raise_as_without_policy()
        return 0

    def calculate_delay(self, attempt_num: int) -> float:
        """The wait that was decided on; else that of the step's own policy."""
        seconds = getattr(self.waits, "seconds", None)
        if seconds is not None:
            return float(seconds)
        stock = getattr(self.waits, "stock", self.stock)
        return float(stock.calculate_delay(attempt_num)) if stock else 0.0

    def _of_lost(self, step: StepInFlight, error: BaseException) -> int:
        """The executor asks, in whose frames nothing can be raised: 0 lets the step fail."""
        if is_being_stopped():
            return 0
        decision = self.decide(step, error)
        if isinstance(decision, Again):
            self.waits.seconds = decision.wait_seconds
            return ALWAYS
        return self._by_stock() if decision is None else 0

    def _by_stock(self) -> int:
        stock = getattr(self.waits, "stock", self.stock)
        return stock.max_retries if stock else 0


def _is_interrupted(error: BaseException | None) -> bool:
    """Whether a Terminate is behind the error: an engine may raise its own from it (DuckDB: `Query interrupted`)."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, INTERRUPTS):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False
