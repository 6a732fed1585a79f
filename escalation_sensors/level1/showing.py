"""Attempts as the Dagster UI shows them: tags of the run, and metadata of what the attempt materializes."""

import dagster as dg

from escalation_sensors.dagster_internals import StepInFlight
from escalation_sensors.level1.ledger import Attempt
from escalation_sensors.level1.setup import trouble

TAG, METADATA = "escalation/attempted", "escalation/repaired_by"


def show_attempt(step: StepInFlight, attempt: Attempt) -> None:
    """Tag the run, and have the materializations of this execution say by which attempt they came to be."""
    told = f"{attempt.remedy}, attempt {attempt.number} of 2: {attempt.change}"  # a list of runs shows its first words
    try:
        step.instance.add_run_tags(step.run_id, {TAG: told[:250]})
        context = dg.AssetExecutionContext.get() if step.assets else None
        if isinstance(context, dg.AssetExecutionContext):
            for key in step.assets:
                context.add_asset_metadata({METADATA: dg.MetadataValue.text(told)}, asset_key=key)
    except dg.DagsterError as error:
        # A graph's inner op has no asset of its own. What is shown is not needed to repair.
        trouble(f"{step.step_key}: the attempt cannot be shown in the UI: {type(error).__name__}: {error}")
