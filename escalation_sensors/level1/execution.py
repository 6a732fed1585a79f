"""One execution of a step as level 1 accompanies it: tuning, heartbeat, preparation and deadline before, proof after.

It fails open: whatever goes wrong in here is told on stderr and in the run's log, and the step runs as if nobody
accompanied it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from escalation_sensors.dagster_internals import StepInFlight, slot_is_held
from escalation_sensors.level1.current_tuning import tuned, tuning_was_read
from escalation_sensors.level1.deadline import deadline
from escalation_sensors.level1.duration_history import keep_duration
from escalation_sensors.level1.failed import Settings
from escalation_sensors.level1.heartbeat import beating
from escalation_sensors.level1.holders import Execution
from escalation_sensors.level1.ledger import Attempt, Ledger, Subject
from escalation_sensors.level1.overlaps import judge_overlap
from escalation_sensors.level1.preparation import Preparing, prepare
from escalation_sensors.level1.process_ledger import leave_alone
from escalation_sensors.level1.receipt import Proof
from escalation_sensors.level1.receipt_book import write_repair
from escalation_sensors.level1.remedies import plain
from escalation_sensors.level1.remedies.by_category import NEEDS_READING
from escalation_sensors.level1.seen import Seen
from escalation_sensors.level1.setup import Setup, telling, trouble
from escalation_sensors.level1.showing import show_attempt
from escalation_sensors.level1.slow_steps.judge import judge_duration
from escalation_sensors.level1.subjects import (
    CARRIED_TAG,
    VERSION_BEFORE_TAG,
    attempt_of_run,
    job_subject,
    origin_of,
    subject_of,
)
from escalation_sensors.level1.succeeded import Succeeded
from escalation_sensors.level1.tuning import PLAIN, Tuning
from escalation_sensors.level1.tuning_memory import count_good_run, tuning_in_force
from escalation_sensors.store import StoreError

Clock = Callable[[], datetime]
VERSION_SECONDS = 10.0
"""How long a pipeline may take to tell a version; on the main thread it is interrupted then."""


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class _Begun:
    """What was known when the execution began; `version` and `rows` are those that readers saw before an attempt.

    `others` are attempts of earlier steps of the run, which this one proves: it completes what they prepared.
    """

    step: StepInFlight
    subject: Subject
    attempt: Attempt | None
    tuning: Tuning
    others: tuple[Attempt, ...] = ()
    version: str | None = None
    rows: int | None = None


@contextmanager
def accompanied(
    step: StepInFlight,
    ledger: Ledger,
    setup: Setup,
    settings: Settings,
    *,
    not_before: datetime | None = None,
    clock: Clock = utc_now,
) -> Iterator[Seen]:
    """Run the block tuned, within its deadline, and write down what came of it.

    `not_before` counts where the ledger cannot say when the attempt may begin.
    """
    with telling(step.log.warning):
        begun = _begin(step, ledger, setup)
    execution = Execution(step.run_id, step.step_key, begun.subject, step.partition, clock())
    if begun.attempt:
        left = max((begun.attempt.deadline_at - clock()).total_seconds(), 0.001)
    else:
        left = settings.deadline_seconds or begun.tuning.deadline_seconds
    seen = Seen()
    if begun.attempt is not None:
        not_before = begun.attempt.not_before
    held = partial(slot_is_held, step.instance, (step.run_id, step.step_key))
    preparing = Preparing(execution, begun.subject, begun.attempt, begun.tuning, step.log.info, not_before, held)
    beats = beating(execution, ledger.store, step.log.info)
    with beats, tuned(begun.tuning), deadline(left, ends_process=begun.attempt is not None):
        with telling(step.log.warning):
            if begun.attempt is not None:
                show_attempt(step, begun.attempt)
            if begun.tuning != PLAIN or begun.attempt is not None or not_before is not None:
                prepare(preparing, setup, ledger.store, clock)
        began = time.monotonic()  # what was waited for is no part of how long the work takes
        yield seen
        seen.tuning_was_read = tuning_was_read()
    with telling(step.log.warning):
        try:
            if _is_over_its_budget(begun, ledger, clock()):
                return
            ended = Succeeded(step, begun.subject, settings, seen, time.monotonic() - began)
            judge_overlap(ended, execution, ledger, setup, clock())
            _end(begun, ledger, setup, settings, seen, seconds=time.monotonic() - began, clock=clock)
        except StoreError as error:
            leave_alone(error)
            trouble(f"{begun.subject.name}: the ledger cannot be written, so what came of it is not kept: {error}")
        except Exception as bug:  # noqa: BLE001 - the step succeeded; a fault of the ladder must not fail it
            said = f"{type(bug).__name__}: {bug}"
            trouble(f"{begun.subject.name}: level 1 failed, so what came of it is not kept: {said}")


def _is_over_its_budget(begun: _Begun, ledger: Ledger, now: datetime) -> bool:
    """Whether the attempt ended after its deadline, which could not interrupt it: then it is no repair, and has failed.

    One of many runs is counted with the others.
    """
    attempt, step = begun.attempt, begun.step
    reason = attempt.over_budget(now) if attempt is not None and CARRIED_TAG not in step.tags else ""
    if attempt is None or not reason:
        return False
    ledger.end_attempt(attempt.id, "failed", now)
    ledger.end_case(attempt.case_id, reason, now)
    step.log.warning(f"Result: attempt {attempt.number} of 2 ran, but {reason}; handed on to level 2")
    return True


def as_it_was(attempt: Attempt, ledger: Ledger, seen: Seen) -> Attempt:
    """The attempt, as a plain one where its remedy could not act because nobody asked for the tuning."""
    if seen.tuning_was_read or attempt.remedy not in NEEDS_READING:
        return attempt
    # Packages and the queue act without being asked for, and an earlier repair may have brought them.
    acted = Tuning(packages=attempt.tuning.packages, queue_behind=attempt.tuning.queue_behind)
    was = replace(attempt, remedy=plain.NAME, tuning=acted, change="nothing: the asset does not read current_tuning()")
    ledger.rename(was)
    return was


def _begin(step: StepInFlight, ledger: Ledger, setup: Setup) -> _Begun:
    subject = subject_of(step)
    try:
        attempt = _attempt_of(step, subject, ledger)
        tuning = attempt.tuning if attempt else tuning_in_force(ledger.store, subject) or PLAIN
        others = _others_to_prove(step, subject, ledger)
    except StoreError as error:
        leave_alone(error)
        trouble(f"{subject.name}: the ledger cannot be read, so the step runs untuned: {error}")
        return _Begun(step, subject, None, PLAIN)
    except Exception as bug:  # noqa: BLE001 - a fault of the ladder must not become one of the pipeline
        trouble(f"{subject.name}: level 1 failed, so the step runs untuned: {type(bug).__name__}: {bug}")
        return _Begun(step, subject, None, PLAIN)
    if attempt is None and not others:
        return _Begun(step, subject, None, tuning)
    version, rows = version_and_rows(setup, subject)
    return _Begun(step, subject, attempt, tuning, others, version, rows)


def _attempt_of(step: StepInFlight, subject: Subject, ledger: Ledger) -> Attempt | None:
    """The attempt that this execution is: of a step's retry, or of a repair run for this step or for all of the run."""
    if step.previous_attempts:
        return ledger.attempt_of_step(step.run_id, step.step_key)
    tagged = attempt_of_run(step.tags)
    found = ledger.attempt(tagged) if tagged is not None else None
    if found is None or found.run_id not in {step.run_id, None}:
        return None
    if found.has_ended:  # by another step of this run, which is tried again: this one runs as that does
        in_run = [each for each in ledger.running_attempts(subject, origin_of(step)) if each.run_id == step.run_id]
        return in_run[-1] if in_run else None
    of = ledger.subject_of(found)
    return found if of in {subject, job_subject(step.code_location, step.job)} else None


def _others_to_prove(step: StepInFlight, subject: Subject, ledger: Ledger) -> tuple[Attempt, ...]:
    """The attempts of this run for the same asset whose steps do not make it themselves."""
    if not (step.is_one_of_many and step.completes and step.assets):
        return ()
    running = ledger.running_attempts(subject, origin_of(step))
    return tuple(each for each in running if each.run_id == step.run_id and not each.is_of(step.step_key))


def subject_of_case(step: StepInFlight, ledger: Ledger) -> Subject:
    """Whose case a failure of the step belongs to: in the repair run of a whole run, to that run's.

    Raises:
        StoreError: the store cannot be reached.
    """
    tagged = attempt_of_run(step.tags)
    found = ledger.attempt(tagged) if tagged is not None else None
    whole_run = job_subject(step.code_location, step.job)
    if found is not None and found.run_id == step.run_id and ledger.subject_of(found) == whole_run:
        return whole_run
    return subject_of(step)


def version_and_rows(setup: Setup, subject: Subject) -> tuple[str | None, int | None]:
    """What readers see of a subject's data; an empty version where there are none, None where nobody can tell."""
    versions = setup.pipeline.versions
    if versions is None:
        return None, None
    try:
        with deadline(VERSION_SECONDS):
            return versions.version(subject.name) or "", versions.rows(subject.name)
    except Exception as error:  # noqa: BLE001 - the pipeline's own; a receipt without a version is better than no repair
        trouble(f"{subject.name}: its version cannot be told: {type(error).__name__}: {error}")
        return None, None


def _end(
    begun: _Begun, ledger: Ledger, setup: Setup, settings: Settings, seen: Seen, *, seconds: float, clock: Clock
) -> None:
    step, attempt, subject = begun.step, begun.attempt, begun.subject
    if attempt is None:
        if begun.tuning != PLAIN:
            relaxed = count_good_run(ledger.store, subject, setup.policy.relax_after_good_runs, clock())
            if relaxed is not None:
                step.log.info(
                    f"The tuning of {subject.name} relaxes: the next run begins with {relaxed.as_json() or 'none'}"
                )
        judge_duration(Succeeded(step, subject, settings, seen, seconds), ledger, setup, clock())
        keep_duration(ledger.store, subject, step.run_id, seconds=seconds, partitions=step.partitions, now=clock())
    to_prove = _to_prove(begun, ledger, seen)
    if not to_prove:
        return
    version, rows = version_and_rows(setup, subject)
    proof = Proof(
        checks_passed=tuple(seen.passed),
        checks_warned=tuple(seen.warned),
        checks_failed=tuple(seen.failed),
        not_yielded=step.owes(),
        rows_before=begun.rows,
        rows_after=rows if rows is not None else seen.rows,
        version_before=begun.version,
        version_after=version,
        partitions=(step.partition,) if step.partition else (),
    )
    for each in to_prove:
        _write_outcome(each, proof, step, ledger, seconds=seconds, now=clock())


def _to_prove(begun: _Begun, ledger: Ledger, seen: Seen) -> list[Attempt]:
    """The attempts that end with this step; what proves the others is still to run."""
    step, attempt = begun.step, begun.attempt
    found = []
    if attempt is not None:
        if ledger.subject_of(attempt) != begun.subject:
            return []  # of all of a run: the sensor looks at its end
        if CARRIED_TAG in step.tags:
            _keep_version_before(begun)
            return []  # of many runs: the sensor looks at their end
        attempt = as_it_was(attempt, ledger, seen)
        if ledger.end_step(attempt, step.step_key):
            found.append(attempt)
    if step.later_checks or not step.completes or (step.is_one_of_many and attempt_of_run(step.tags) is not None):
        if attempt is not None:
            _keep_version_before(begun)
        return []  # the sensor looks at the run's end, unless a later step completes the asset
    return [*(each for each in begun.others if ledger.has_ended_steps(each)), *found]


def _keep_version_before(begun: _Begun) -> None:
    """Keep what the sensor will need for the receipt at the run's end, and cannot know any more by then."""
    if begun.version is not None:
        begun.step.instance.add_run_tags(begun.step.run_id, {VERSION_BEFORE_TAG: begun.version})


def _write_outcome(
    attempt: Attempt, proof: Proof, step: StepInFlight, ledger: Ledger, *, seconds: float, now: datetime
) -> None:
    if not proof.holds:
        ledger.end_attempt(attempt.id, "failed", now)
        ledger.end_case(attempt.case_id, f"{proof.what_is_wrong} after the attempt", now)
        step.log.warning(f"Result: attempt {attempt.number} of 2 ran, but {proof.what_is_wrong}")
        return
    written = write_repair(ledger, attempt, proof, run_id=step.run_id, now=now)
    if written is not None:
        verified = "its contract passed" if proof.is_verified else "unverified: it has no checks"
        step.log.info(
            f"Result: attempt {attempt.number} of 2 ({attempt.remedy}) succeeded in {seconds:.1f} s; {verified}; "
            f"`escalation receipt {written.id}` tells all of it"
        )
