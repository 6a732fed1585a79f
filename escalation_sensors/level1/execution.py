"""One execution of a step as level 1 accompanies it: its tuning and deadline before, the attempt's end after.

It fails open: whatever goes wrong in here is told once on stderr, and the step runs as if nobody accompanied it.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from escalation_sensors.dagster_internals import StepInFlight
from escalation_sensors.level1.current_tuning import tuned
from escalation_sensors.level1.deadline import deadline
from escalation_sensors.level1.ledger import Attempt, Ledger, Origin, Subject
from escalation_sensors.level1.process_ledger import leave_alone
from escalation_sensors.level1.tuning import PLAIN, Tuning
from escalation_sensors.store import StoreError

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


def subject_of(step: StepInFlight) -> Subject:
    """What the ledger calls the step: its asset, the assets of one function together, its check, or its op."""
    if len(step.assets) == 1:
        name = f"asset:{step.assets[0].to_user_string()}"
    elif step.assets:
        name = f"assets:{step.op}"
    elif step.checks:
        name = f"check:{step.checks[0].asset_key.to_user_string()}:{step.checks[0].name}"
    else:
        name = f"op:{step.job}.{step.op}"
    return Subject(step.code_location, name)


def origin_of(step: StepInFlight) -> Origin:
    """Which runs the step's run belongs to."""
    return Origin(step.root_run_id, step.backfill_id)


@contextmanager
def accompanied(step: StepInFlight, ledger: Ledger, clock: Clock = utc_now) -> Iterator[None]:
    """Run the block tuned, within its deadline, and write down that an attempt succeeded."""
    attempt, tuning = _before(step, ledger)
    left = (attempt.deadline_at - clock()).total_seconds() if attempt else tuning.deadline_seconds
    with tuned(tuning), deadline(max(left, 0.001) if attempt else left):
        yield
    if attempt is not None:
        _after(step, ledger, attempt, clock)


def _before(step: StepInFlight, ledger: Ledger) -> tuple[Attempt | None, Tuning]:
    subject = subject_of(step)
    try:
        attempt = ledger.running_attempt(subject, origin_of(step)) if step.previous_attempts else None
        return attempt, attempt.tuning if attempt else ledger.tuning_in_force(subject) or PLAIN
    except StoreError as error:
        leave_alone(error)
        trouble(f"{subject.name}: the ledger cannot be read, so the step runs untuned: {error}")
        return None, PLAIN


def _after(step: StepInFlight, ledger: Ledger, attempt: Attempt, clock: Clock) -> None:
    try:
        ledger.end_attempt(attempt.id, "repaired", clock())
    except StoreError as error:
        trouble(f"{subject_of(step).name}: the ledger cannot be written, so the repair is not counted: {error}")
    else:
        step.log.info(f"Result: attempt {attempt.number} of 2 ({attempt.remedy}) succeeded")


def trouble(line: str) -> None:
    """Tell the ladder's own trouble where an operator looks, without touching the pipeline."""
    print(f"escalation: {line}", file=sys.stderr)  # noqa: T201 - until it can be delivered
