"""Runs one of the platform's jobs in this process, in the persisted Dagster instance, and follows it.

In process, so that it works with nothing else running; in the instance, so that the UI shows the run.
"""

import logging
import os
import re
import signal
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

from data_platform.cli.definitions import platform_definitions
from data_platform.cli.errors import CommandError
from data_platform.cli.follow import RunFollower
from data_platform.cli.progress import EndedStep
from data_platform.cli.terminal import notes
from data_platform.settings import load_settings
from data_platform.supervision.command_lock import COMMAND_TAG, end_runs_of_dead_commands, held
from data_platform.supervision.dagster_home import ensure_dagster_home

if TYPE_CHECKING:
    import dagster as dg


@dataclass(frozen=True)
class CheckResult:
    """How one asset check came out; `severity` is Dagster's WARN or ERROR."""

    asset: str
    check: str
    passed: bool
    severity: str


@dataclass(frozen=True)
class JobOutcome:
    """What came of a run."""

    run_id: str
    success: bool
    seconds: float
    steps: tuple[EndedStep, ...]
    checks: tuple[CheckResult, ...]
    errors: tuple[str, ...]
    """one line for each failed step"""

    @property
    def exit_code(self) -> int:
        """0 for success, else 1."""
        return 0 if self.success else 1


def run_job(
    name: str,
    *,
    run_config: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    definitions: "dg.Definitions | None" = None,
    show_level: int = logging.WARNING,
) -> JobOutcome:
    """Execute a job, showing its progress, what steps log from `show_level` on, and each error in one line.

    Raises:
        CommandError: there is no such job.
        KeyboardInterrupt: it was stopped by Ctrl-C or SIGTERM; the run is recorded as failed.
    """
    settings = load_settings()
    ensure_dagster_home(settings.dagster_home)
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)  # read by Dagster wherever it needs the instance
    with notes().status("loading the definitions"):
        import dagster as dg

        definitions = definitions or platform_definitions()
        job = _job(definitions, name)
    run_id = str(uuid.uuid4())
    started = time.monotonic()
    with dg.DagsterInstance.get() as instance, _sigterm_interrupts():
        for dead in end_runs_of_dead_commands(instance, settings.dagster_home):
            notes().print(f"run {dead} was left by a command that is gone: marked as failed")
        notes().print(f"run {run_id} of {name}")
        with (
            held(settings.dagster_home, run_id),
            _ended_whatever_happens(instance, run_id),
            RunFollower(instance, run_id, notes(), show_level) as follower,
        ):
            result = job.execute_in_process(
                run_config={**(run_config or {}), "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                instance=instance,
                tags={**(tags or {}), COMMAND_TAG: run_id},
                raise_on_error=False,
                run_id=run_id,
            )
    outcome = JobOutcome(
        run_id,
        result.success,
        time.monotonic() - started,
        tuple(follower.progress.ended),
        tuple(_checks(result.all_events)),
        tuple(_errors(result.all_events)),
    )
    for error in outcome.errors:
        notes().print(f"error: {error}", style="red", markup=False, soft_wrap=True)
    return outcome


@contextmanager
def _ended_whatever_happens(instance: "dg.DagsterInstance", run_id: str) -> Iterator[None]:
    """Mark a run as ended that was stopped before its first step, where Dagster itself leaves it as not started."""
    try:
        yield
    finally:
        run = instance.get_run_by_id(run_id)
        if run is not None and not run.is_finished:
            instance.report_run_failed(run, message="stopped by a signal before it was done")


def _job(definitions: "dg.Definitions", name: str) -> "dg.JobDefinition":
    import dagster as dg

    try:
        return definitions.resolve_job_def(name)
    except dg.DagsterInvariantViolationError as error:
        raise CommandError(f"there is no job {name}: {' '.join(str(error).split())}") from None


@contextmanager
def _sigterm_interrupts() -> Iterator[None]:
    """Let SIGTERM end a run as Ctrl-C does: otherwise the run would stay started for ever."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _checks(events: "Sequence[dg.DagsterEvent]") -> Iterator[CheckResult]:
    for event in events:
        if event.event_type_value == "ASSET_CHECK_EVALUATION":
            evaluation: Any = event.event_specific_data
            asset = ".".join(evaluation.asset_key.path)
            yield CheckResult(asset, evaluation.check_name, evaluation.passed, evaluation.severity.value)


def _errors(events: "Sequence[dg.DagsterEvent]") -> Iterator[str]:
    for event in events:
        if event.event_type_value == "STEP_FAILURE":
            failure: Any = event.event_specific_data
            told = failure.user_failure_data.description if failure.user_failure_data else None
            error = failure.error
            # Dagster wraps what a step raised; what that was raised from is detail.
            while error is not None and error.cause is not None and (error.cls_name or "").startswith("Dagster"):
                error = error.cause
            message = told or (error.message if error is not None else "no reason given")
            if error is not None and error.cls_name == "DagsterExecutionInterruptedError":
                message = "stopped by a signal"
            # Our own errors carry their whole line; where their class is defined tells a person nothing.
            message = re.sub(r"^(?:resources|data_platform)\.[\w.]+: ", "", " ".join(message.split()))
            yield f"{(event.step_key or '').replace('__', '.')}: {message}"
