"""`escalate(defs)`: level 1 for a whole project, in one call."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import dagster as dg

from escalation_sensors.dagster_internals import what_automation_runs
from escalation_sensors.level1.pipeline import Pipeline
from escalation_sensors.level1.recoverable import cover_node, recoverable
from escalation_sensors.level1.repair_runs.sensor import with_repair_runs
from escalation_sensors.level1.setup import setup_with
from escalation_sensors.level1.start_up import check_dagster
from escalation_sensors.policy.policy import Policy

Defs = TypeVar("Defs", dg.Definitions, Callable[..., dg.Definitions])
"""Definitions, or what loads them: a function with `@dg.definitions`."""


def escalate(defs: Defs, policy: Policy | Path | str | None = None, *, pipeline: Pipeline | None = None) -> Defs:
    """Have level 1 decide on the failures of every asset, asset check and op job of `defs`, and return them.

    Also of those that are given to a schedule or a sensor alone.

    `policy` is a policy or its file, `pipeline` what the project can do for remedies beside reading
    `current_tuning()`; it counts before the one that the policy names. Binds no resources and renames nothing. What is
    not loaded yet, or runs no function, is left as it is.
    """
    if not isinstance(defs, dg.Definitions):
        return _when_loaded(defs, lambda loaded: escalate(loaded, policy, pipeline=pipeline))
    check_dagster()
    schedules = {
        each.name: each.cron_schedule
        for each in defs.schedules or ()
        if isinstance(each, dg.ScheduleDefinition) and isinstance(each.cron_schedule, str)
    }
    setup = setup_with(policy, pipeline, schedules)
    for asset in defs.assets or ():
        if isinstance(asset, dg.AssetsDefinition):
            recoverable(asset, setup)
    for check in defs.asset_checks or ():
        recoverable(check, setup)
    for job in (*(defs.jobs or ()), *_only_automated(defs.schedules or (), defs.sensors or ())):
        if isinstance(job, dg.AssetsDefinition):
            recoverable(job, setup)
        elif isinstance(job, dg.JobDefinition):
            cover_node(job.graph, None, setup)
    return with_repair_runs(defs, setup)


def _only_automated(
    schedules: Iterable[object], sensors: Iterable[object]
) -> list[dg.JobDefinition | dg.AssetsDefinition]:
    """What schedules and sensors run, assets before jobs: an asset's own tags count before those of its ops."""
    found = [
        each
        for automation in (*schedules, *sensors)
        if isinstance(automation, dg.ScheduleDefinition | dg.SensorDefinition)
        for each in what_automation_runs(automation)
    ]
    return sorted(found, key=lambda each: isinstance(each, dg.JobDefinition))


def _when_loaded(
    defs: Callable[..., dg.Definitions], then: Callable[[dg.Definitions], dg.Definitions]
) -> Callable[..., dg.Definitions]:
    if getattr(defs, "has_context_arg", False):

        @dg.definitions
        def with_context(context: dg.ComponentLoadContext) -> dg.Definitions:
            return then(defs(context))

        return with_context

    @dg.definitions
    def escalated() -> dg.Definitions:
        return then(defs())

    return escalated
