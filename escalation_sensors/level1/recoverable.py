"""`recoverable`: one asset, asset check or op whose failures level 1 decides on. A whole project: `escalate.py`."""

import functools
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

import dagster as dg

from escalation_sensors.dagster_internals import (
    Node,
    StepInFlight,
    exit_code_of,
    function_of,
    nodes_with_a_policy,
    replace_function,
    replace_retry_policy,
)
from escalation_sensors.level1.accompanied_function import accompanied_function, step_of_this_thread
from escalation_sensors.level1.current_tuning import tuning_was_read
from escalation_sensors.level1.decide import Again, Decision, LevelOne
from escalation_sensors.level1.execution import accompanied, subject_of_case, utc_now
from escalation_sensors.level1.failed import Failed, Settings, failed_by, has_side_effects, lost_step
from escalation_sensors.level1.ledger import Ledger
from escalation_sensors.level1.lookups import Lookups
from escalation_sensors.level1.preparation import await_time
from escalation_sensors.level1.process_ledger import leave_alone, ledger_of_process
from escalation_sensors.level1.retry_policy import LevelOneRetryPolicy
from escalation_sensors.level1.seen import Seen
from escalation_sensors.level1.setup import Setup, telling, trouble
from escalation_sensors.level1.source_change import has_changed
from escalation_sensors.level1.subjects import attempt_of_run, origin_of, subject_of, subjects_downstream
from escalation_sensors.level1.texts_in_frames import texts_in_frames
from escalation_sensors.level1.who_holds import who_holds
from escalation_sensors.level1.work_size import size_of
from escalation_sensors.store import StoreError

MAX_RETRIES_TAG = "dagster/max_retries"
DISABLED_VARIABLE = "ESCALATION_DISABLED"
Definition = TypeVar("Definition", dg.AssetsDefinition, dg.AssetChecksDefinition, dg.OpDefinition)


def recoverable(definition: Definition, setup: Setup | None = None) -> Definition:
    """Have level 1 decide on the failures of an asset, an asset check or an op, and return it.

    Plain and async functions and generators, multi-assets and graph assets. Taken twice, it is the same as once.
    `ESCALATION_DISABLED=1` switches everything off.

    Raises:
        TypeError: it is none of these.
    """
    setup = setup or Setup()
    if isinstance(definition, dg.OpDefinition):
        cover(definition, settings_of(dict(definition.tags), {}), setup)
        return definition
    if not isinstance(definition, dg.AssetsDefinition):
        raise TypeError(f"recoverable() takes an asset, an asset check or an op, not {type(definition).__name__}")
    tags: dict[str, str] = {}
    metadata: dict[str, Any] = {}
    for spec in definition.specs:
        tags |= spec.tags
        metadata |= spec.metadata
    if definition.is_executable:
        cover_node(definition.node_def, settings_of(tags, metadata), setup)
    return definition


def cover_node(node: Node, settings: Settings | None, setup: Setup) -> None:
    """Cover every op of a node; `settings` are those of its assets, else each op's own tags count.

    An op that runs no function of its own is left as it is, which is told.
    """
    for op in node.iterate_op_defs():
        try:
            cover(op, settings or settings_of(dict(op.tags), {}), setup)
        except TypeError as error:
            trouble(f"{error}, and is not covered")
    if isinstance(node, dg.GraphDefinition):
        for op, policy, put in nodes_with_a_policy(node):
            if isinstance(op.retry_policy, LevelOneRetryPolicy) and not isinstance(policy, LevelOneRetryPolicy):
                put(LevelOneRetryPolicy(op.retry_policy.decide, policy, op.retry_policy.terminated))


def settings_of(tags: Mapping[str, str], metadata: Mapping[str, Any]) -> Settings:
    """What tags and metadata say; a number that is none is told, and the default counts."""
    try:
        return Settings.of(tags, metadata)
    except ValueError as error:
        trouble(str(error))
        return Settings.of({name: value for name, value in tags.items() if not name.endswith("_seconds")}, metadata)


def cover(op: dg.OpDefinition, settings: Settings, setup: Setup) -> None:
    """Have level 1 accompany an op and decide on its failures, unless it does so already."""
    if isinstance(op.retry_policy, LevelOneRetryPolicy):
        return
    began = _Began()
    accompany = functools.partial(_accompanied, began, settings, setup)
    replace_function(op, accompanied_function(function_of(op), accompany))
    decide = functools.partial(_decide, settings, setup, began)
    replace_retry_policy(op, LevelOneRetryPolicy(decide, op.retry_policy, _terminated))


@dataclass
class _Began:
    """Of the steps of this process: when each began, when its next attempt may begin, and which are prepared still."""

    at: dict[tuple[str, str], float] = field(default_factory=dict)
    not_before: dict[tuple[str, str], datetime] = field(default_factory=dict)
    preparing: set[tuple[str, str]] = field(default_factory=set)


def is_disabled() -> bool:
    """Whether the ladder is switched off."""
    return os.environ.get(DISABLED_VARIABLE, "") not in {"", "0"}


def _decide(
    settings: Settings, setup: Setup, began: _Began, step: StepInFlight, error: BaseException
) -> Decision | None:
    """A decision, or None where level 1 cannot be asked: the step then goes on as if undecorated."""
    if is_disabled() or (isinstance(error, dg.Failure) and not error.allow_retries):
        return None
    with telling(step.log.warning):
        return _decide_and_tell(settings, setup, began, step, error)


def _decide_and_tell(
    settings: Settings, setup: Setup, began: _Began, step: StepInFlight, error: BaseException
) -> Decision | None:
    subject = subject_of(step)
    try:
        ledger = ledger_of_process()
        subject = subject_of_case(step, ledger)
        if any(map(has_side_effects, step.asset_tags)):
            # Of one of several assets, or given after the step was covered.
            settings = replace(settings, has_side_effects=True)
        now = utc_now()
        since = began.at.pop((step.run_id, step.step_key), None)
        failed = Failed(
            event_key=f"{step.run_id}:{step.step_key}:{step.previous_attempts}",
            subject=subject,
            origin=origin_of(step),
            run_id=step.run_id,
            settings=settings,
            partition=step.partition,
            step_key=step.step_key,
            attempt_id=attempt_of_run(step.tags),
            seconds=time.monotonic() - since if since is not None else None,
            has_begun=(step.run_id, step.step_key) not in began.preparing,
            reads_tuning=None if since is None or step.is_lost else tuning_was_read(),
            **(lost_step(exit_code_of(error), now, subject) if step.is_lost else failed_by(error, now, subject)),
        )
        level_one = LevelOne(
            ledger,
            setup.classifier,
            setup.policy,
            setup.allowed,
            lookups=Lookups(
                size_of(setup),
                has_changed(setup),
                lambda _subject: subjects_downstream(step.graph(), step.assets),
                who_holds(step.instance, step.tags, ledger, setup, lambda: [*step.settings(), *texts_in_frames(error)]),
            ),
        )
        decision = level_one.decide(failed, now, step.log.warning)
        if isinstance(decision, Again) and since is not None and not step.is_lost:
            return _waits_in_the_step(began, step, decision)
        return _without_run_retries(step, decision)
    except StoreError as cannot:
        leave_alone(cannot)
        trouble(f"{subject.name}: the ledger cannot be reached, so nothing is repaired: {cannot}")
    except Exception as bug:  # noqa: BLE001 - a fault of the ladder must not become one of the pipeline
        trouble(f"{subject.name}: level 1 failed, so nothing is repaired: {type(bug).__name__}: {bug}")
    return None


def _waits_in_the_step(began: _Began, step: StepInFlight, decision: Again) -> Again:
    """Begin the attempt at once and let it wait: there a Terminate is heard, and it beats.

    Where the failure came before the function, or with the process, Dagster waits: the function may not be reached.
    """
    if decision.attempt.not_before is not None:
        began.not_before[step.run_id, step.step_key] = decision.attempt.not_before
    return replace(decision, wait_seconds=0.0)


def _terminated(step: StepInFlight) -> None:
    """Close what was under way in the run. Whatever happens here, the run ends as the person asked."""
    if is_disabled():
        return
    with telling(step.log.warning):
        try:
            ledger_of_process().cancel(step.run_id, utc_now())
        except StoreError as error:
            leave_alone(error)
            trouble(f"run {step.run_id}: that it was terminated cannot be written: {error}")
        except Exception as bug:  # noqa: BLE001 - a fault of the ladder must not become one of the pipeline
            trouble(f"run {step.run_id}: level 1 failed at its termination: {type(bug).__name__}: {bug}")


def _without_run_retries(step: StepInFlight, decision: Decision) -> Decision:
    """Keep Dagster from retrying the run: what level 1 does not try again is not tried again by anybody.

    Dagster looks at the tag when the run fails, which it has not yet.
    """
    if not isinstance(decision, Again) and step.tags.get(MAX_RETRIES_TAG) != "0":
        step.instance.add_run_tags(step.run_id, {MAX_RETRIES_TAG: "0"})
    return decision


@contextmanager
def _accompanied(began: _Began, settings: Settings, setup: Setup) -> Iterator[Seen]:
    step = None if is_disabled() else step_of_this_thread()
    if step is None:
        yield Seen()
        return
    key = step.run_id, step.step_key
    began.at[key] = time.monotonic()
    not_before = began.not_before.pop(key, None)
    with telling(step.log.warning):
        ledger = _ledger_for(step)
    if ledger is None:
        await_time(not_before, utc_now, step.log.info)
        yield Seen()  # not while the trouble is handled: it would show as a cause of the step's own failure
        return
    began.preparing.add(key)
    with accompanied(step, ledger, setup, settings, not_before=not_before) as seen:
        began.at[key] = time.monotonic()
        began.preparing.discard(key)
        yield seen


def _ledger_for(step: StepInFlight) -> Ledger | None:
    try:
        return ledger_of_process()
    except StoreError as error:
        trouble(f"{subject_of(step).name}: the ledger cannot be reached, so the step runs alone: {error}")
    except Exception as bug:  # noqa: BLE001 - a fault of the ladder must not become one of the pipeline
        trouble(f"{subject_of(step).name}: level 1 failed, so the step runs alone: {type(bug).__name__}: {bug}")
    return None
