"""Level 1 as Dagster's retry policy: asked while a failure is being handled, it decides, and Dagster waits and repeats.

It sees what a wrapper around the function cannot: failures of IO managers and of the step's surroundings.
"""

import sys
import threading
from collections.abc import Callable
from typing import Self

import dagster as dg

from escalation_sensors.dagster_internals import INTERRUPTS, StepInFlight, raise_as_without_policy, step_in_flight
from escalation_sensors.level1.decide import Again, HandOn

Decide = Callable[[StepInFlight, BaseException], Again | HandOn | None]
"""Decides on a failure of a step; None if it cannot, so that the step goes on as if undecorated."""

ALWAYS = 1_000_000
"""The ledger counts attempts; Dagster's own count must not stop one."""


class LevelOneRetryPolicy(dg.RetryPolicy):
    """Asks level 1. `stock` is the policy that the step had of its own: in force where level 1 cannot be asked."""

    def __new__(cls, decide: Decide, stock: dg.RetryPolicy | None) -> Self:
        """A policy over `decide`."""
        policy: Self = super().__new__(cls, max_retries=stock.max_retries if stock else 0)
        policy.decide, policy.stock, policy.waits = decide, stock, threading.local()
        return policy

    decide: Decide
    stock: dg.RetryPolicy | None
    waits: threading.local

    @property
    def max_retries(self) -> int:
        """As many as it takes for another attempt; if there is none, the failure is raised as it was."""
        error = sys.exc_info()[1]
        step = step_in_flight() if error is not None else None
        if error is None or step is None:
            return self.stock.max_retries if self.stock else 0
        self.waits.seconds = None
        if isinstance(error, INTERRUPTS):
            raise_as_without_policy()  # a person's Terminate is no failure
        decision = None if step.retries_disabled else self.decide(step, error)
        if isinstance(decision, Again):
            self.waits.seconds = decision.wait_seconds
            return ALWAYS
        if decision is None and self.stock is not None:
            return self.stock.max_retries
        raise_as_without_policy()
        return 0

    def calculate_delay(self, attempt_num: int) -> float:
        """The wait that was decided on; else that of the step's own policy."""
        seconds = getattr(self.waits, "seconds", None)
        if seconds is not None:
            return float(seconds)
        return float(self.stock.calculate_delay(attempt_num)) if self.stock else 0.0
