"""What the ledger calls a step, a run and where it came from."""

from collections.abc import Sequence

import dagster as dg

from escalation_sensors.dagster_internals import StepInFlight
from escalation_sensors.level1.ledger import Origin, Subject

ATTEMPT_TAG = "escalation/attempt"
"""Of a repair run: the id of the attempt that it is."""
CARRIED_TAG = "escalation/carried_over"
"""Of a repair run that is one of several of its attempt: none of them alone proves that."""


def subject_of(step: StepInFlight) -> Subject:
    """What the ledger calls the step: its asset, the assets of one function together, its check, or its op."""
    return subject_named(step.code_location, step.job, step.op, step.assets, step.checks)


def subject_named(
    code_location: str, job: str, op: str, assets: Sequence[dg.AssetKey], checks: Sequence[dg.AssetCheckKey]
) -> Subject:
    """The same, of a step that is known by its parts."""
    if len(assets) == 1:
        name = f"asset:{assets[0].to_user_string()}"
    elif assets:
        name = f"assets:{op}"
    elif checks:
        name = f"check:{checks[0].asset_key.to_user_string()}:{checks[0].name}"
    else:
        name = f"op:{job}.{op}"
    return Subject(code_location, name)


def job_subject(code_location: str, job: str) -> Subject:
    """What the ledger calls a whole run, where it is not known which step failed."""
    return Subject(code_location, f"job:{job}")


def origin_of(step: StepInFlight) -> Origin:
    """Which runs the step's run belongs to."""
    return Origin(step.root_run_id, step.backfill_id)
