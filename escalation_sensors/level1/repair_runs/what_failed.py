"""What failed in a run: its failed steps, else the step that ran when its worker died, else the run as a whole."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import dagster as dg

from escalation_sensors.dagster_internals import (
    ErrorInfo,
    PlannedStep,
    RunEnd,
    RunStory,
    StepEnd,
    as_planned,
    partition_in,
)
from escalation_sensors.diagnosis.codes_in_text import codes_in
from escalation_sensors.diagnosis.failure import Failure, FailureKind
from escalation_sensors.level1.failed import Failed, Settings, has_side_effects, one_line
from escalation_sensors.level1.ledger import Origin, Subject
from escalation_sensors.level1.recoverable import settings_of
from escalation_sensors.level1.repair_runs.error_links import chain_of, links_of_info
from escalation_sensors.level1.repair_runs.tick import Tick
from escalation_sensors.level1.subjects import attempt_of_run, job_subject, subject_named

_ENDED_BY = ("signal:", "exit:")
NO_SIGN_OF_LIFE = "Escalation: no sign of life"
"""How the message of a run begins that the ladder reported failed itself; see `silent_runs.py`."""
CRASHED = "ChildProcessCrashException"
"""The multiprocess executor's, for a step's process that ended by itself."""
ASKED = {"DagsterExecutionInterruptedError", "KeyboardInterrupt"}
"""A person's Terminate, as it arrives in the run."""


def origin_of_run(run: dg.DagsterRun) -> Origin:
    """Which runs a run belongs to."""
    return Origin(run.root_run_id or run.run_id, run.tags.get("dagster/backfill"))


def failures_in(tick: Tick, run: dg.DagsterRun, end: RunEnd, story: RunStory) -> list[Failed]:
    """What failed; nothing where a person asked for it."""
    planned = tick.steps_of(run)
    found = list(_failed_steps(tick, run, story, planned))
    if any(_was_asked_for(step.error) for step in story.steps) or _was_asked_for(end.error):
        return []
    if found:
        return found
    open_steps = [step for step in story.steps if not step.ended]
    said = _last_words(story) or _with_code(end.message) or _with_code(end.error.message if end.error else "")
    if open_steps and (said or not end.error):
        return [_killed(tick, run, end.at, step, said=said or end.message) for step in open_steps]
    if end.message.startswith(NO_SIGN_OF_LIFE) or said:
        return [_killed(tick, run, end.at, None, said=said or end.message)]
    return [_whole(tick, run, end, story)]


def subject_and_settings(tick: Tick, run: dg.DagsterRun, step: PlannedStep | None) -> tuple[Subject, Settings]:
    """What the ledger calls a step, and what its tags and metadata say; the job, where the step is not known."""
    if step is None:
        return job_subject(tick.location, run.job_name), _of_all(tick, run)
    tags, metadata = dict(step.op_tags), dict[str, Any]()
    effects = has_side_effects(tags)
    graph = tick.repository.asset_graph
    for key in step.assets:
        if graph.has(key):
            effects = effects or has_side_effects(graph.get(key).tags)
            tags |= graph.get(key).tags
            metadata |= graph.get(key).metadata
    subject = subject_named(tick.location, run.job_name, step, step.assets, step.checks)
    settings = settings_of(tags, metadata)
    return subject, replace(settings, has_side_effects=effects)


def repeats_side_effects(tick: Tick, run: dg.DagsterRun, story: RunStory) -> bool:
    """Whether a step with side effects began and did not succeed: what does the rest of the run would do it again."""
    planned = tick.steps_of(run)
    left = [as_planned(step.step_key) for step in story.steps if step.error is not None or not step.ended]
    return any(subject_and_settings(tick, run, planned[key])[1].has_side_effects for key in left if key in planned)


def _of_all(tick: Tick, run: dg.DagsterRun) -> Settings:
    """Of a whole run: it has side effects if any step of it has; the least budget counts."""
    each = [subject_and_settings(tick, run, step)[1] for step in tick.steps_of(run).values()]
    if not each:
        return Settings()
    effects = any(settings.has_side_effects for settings in each)
    return Settings({}, effects, min(settings.budget_seconds for settings in each))


def _failed_steps(tick: Tick, run: dg.DagsterRun, story: RunStory, planned: dict[str, PlannedStep]) -> Iterator[Failed]:
    for step in story.steps:
        if step.error is None or step.ended_at is None:
            continue
        if step.error.cls_name == CRASHED:
            said = _last_words(story, step.step_key) or one_line(step.error.message)
            yield _killed(tick, run, step.ended_at, step, said=said)
            continue
        subject, settings = subject_and_settings(tick, run, planned.get(as_planned(step.step_key)))
        links = links_of_info(step.error)
        failure = Failure(links=links, code_location=subject.code_location, subject=subject.name)
        said = f"{links[0].type}: {links[0].message}" if links else step.error.message
        seconds = (step.ended_at - step.started_at).total_seconds()
        of = (subject, settings)
        yield _failed(run, of, failure, said, at=step.ended_at, step_key=step.step_key, seconds=seconds)


def _killed(tick: Tick, run: dg.DagsterRun, at: datetime, step: StepEnd | None, *, said: str) -> Failed:
    planned = tick.steps_of(run).get(as_planned(step.step_key)) if step else None
    subject, settings = subject_and_settings(tick, run, planned)
    failure = Failure(
        FailureKind.WORKER_DIED,
        codes=frozenset(code for code in codes_in(said) if code.startswith(_ENDED_BY)),
        # Nobody knows more of a machine that went: in the words that say so there is no cause.
        text="" if said.startswith(NO_SIGN_OF_LIFE) else said,
        code_location=subject.code_location,
        subject=subject.name,
    )
    seconds = (at - step.started_at).total_seconds() if step and failure.text else None
    key = step.step_key if step else ""
    of = (subject, settings)
    return _failed(run, of, failure, said, at=at, step_key=key, seconds=seconds, was_killed=True)


def _whole(tick: Tick, run: dg.DagsterRun, end: RunEnd, story: RunStory) -> Failed:
    """A run that failed before its first step, or between two: its code did not load, a resource was not made."""
    subject, settings = subject_and_settings(tick, run, None)
    error = end.error or (story.engine_errors[-1] if story.engine_errors else None)
    links = links_of_info(error) if error is not None else ()
    text = "" if links else end.message
    failure = Failure(FailureKind.RUN, links, text=text, code_location=subject.code_location, subject=subject.name)
    said = f"{links[0].type}: {links[0].message}" if links else end.message
    return _failed(run, (subject, settings), failure, said, at=end.at)


def _failed(  # noqa: PLR0913 - the parts of one failure
    run: dg.DagsterRun,
    of: tuple[Subject, Settings],
    failure: Failure,
    said: str,
    *,
    at: datetime,
    step_key: str = "",
    seconds: float | None = None,
    was_killed: bool = False,
) -> Failed:
    return Failed(
        event_key=f"run:{run.run_id}:{step_key}"[:255],
        subject=of[0],
        origin=origin_of_run(run),
        run_id=run.run_id,
        failure=failure,
        said=one_line(said),
        at=at,
        settings=of[1],
        partition=partition_in(run.tags)[:255],
        seconds=seconds,
        was_killed=was_killed,
        is_in_flight=False,
        step_key=step_key,
        attempt_id=attempt_of_run(run.tags),
    )


def _last_words(story: RunStory, step_key: str | None = None) -> str:
    """The engine's last line that tells by which signal or exit code a process ended; empty if none does."""
    lines = [text for key, text in story.engine if step_key in {None, key}]
    return next((found for text in reversed(lines) if (found := _with_code(text))), "")


def _with_code(text: str) -> str:
    return " ".join(text.split()) if any(code.startswith(_ENDED_BY) for code in codes_in(text)) else ""


def _was_asked_for(error: ErrorInfo | None) -> bool:
    return error is not None and any((each.cls_name or "").rpartition(".")[2] in ASKED for each in chain_of(error))
