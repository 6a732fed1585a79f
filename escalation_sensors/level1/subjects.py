"""What the ledger calls a step, a run and where it came from."""

from collections.abc import Mapping, Sequence

import dagster as dg

from escalation_sensors.dagster_internals import Graph, PlannedStep, StepInFlight, downstream_of
from escalation_sensors.level1.ledger import Origin, Subject

ATTEMPT_TAG = "escalation/attempt"
"""Of a repair run: the id of the attempt that it is."""
CARRIED_TAG = "escalation/carried_over"
"""Of a repair run that is one of several of its attempt: none of them alone proves that."""
VERSION_BEFORE_TAG = "escalation/version_before"
"""Of a repair run that is proved at its end: the version of the data that readers saw before; empty without any."""
PROVES_TAG = "escalation/proves_"
"""With a remedy's name: of a run that is to prove an attempt of it, and does so at its end; the attempt's id."""


def subject_of(step: StepInFlight) -> Subject:
    """What the ledger calls the step: its asset, the assets of one function together, its check, or the use of its op.

    Mapped steps of a run have one, and so have the inner ops of a graph that is an asset: the budget is the asset's.
    """
    return subject_named(step.code_location, step.job, step, step.assets, step.checks)


def subject_named(
    code_location: str,
    job: str,
    step: StepInFlight | PlannedStep,
    assets: Sequence[dg.AssetKey],
    checks: Sequence[dg.AssetCheckKey],
) -> Subject:
    """The same, of a step that is known by its parts."""
    if len(assets) == 1:
        name = f"asset:{assets[0].to_user_string()}"
    elif assets:
        name = f"assets:{step.op}"
    elif checks:
        name = f"check:{checks[0].asset_key.to_user_string()}:{checks[0].name}"
    else:
        name = f"op:{job}.{step.node}"
    return Subject(code_location, name)


def subjects_downstream(graph: Graph | None, assets: Sequence[dg.AssetKey]) -> list[str]:
    """What the ledger calls all that is made of some assets, nearest first; nothing where the graph is not known."""
    return [] if graph is None else [f"asset:{key.to_user_string()}" for key in downstream_of(graph, assets)]


def asset_in(subject: Subject) -> list[dg.AssetKey]:
    """The asset that a subject is, if it is one."""
    kind, _, name = subject.name.partition(":")
    return [dg.AssetKey.from_user_string(name)] if kind == "asset" else []


def attempt_of_run(tags: Mapping[str, str]) -> int | None:
    """The attempt that a run was created for, by its tags; None if it is no repair run."""
    tagged = tags.get(ATTEMPT_TAG, "")
    return int(tagged) if tagged.isdigit() else None


def job_subject(code_location: str, job: str) -> Subject:
    """What the ledger calls a whole run, where it is not known which step failed."""
    return Subject(code_location, f"job:{job}")


def origin_of(step: StepInFlight) -> Origin:
    """Which runs the step's run belongs to."""
    return Origin(step.root_run_id, step.backfill_id)
