"""Asks the pipeline whether a source changed since it was read, within bounded time; the answer may be missing."""

from escalation_sensors.level1.deadline import deadline
from escalation_sensors.level1.pipeline import HasChanged
from escalation_sensors.level1.setup import Setup, trouble

MOST_SECONDS = 5.0
"""How long the pipeline may take to tell; on the main thread it is interrupted a second later."""


def has_changed(setup: Setup) -> HasChanged:
    """The pipeline's own answer, asked when it is needed; whatever goes wrong is told, and it is not known."""

    def ask(subject: str, partition: str) -> bool | None:
        changes = setup.pipeline.changes
        if changes is None:
            return None
        try:
            with deadline(MOST_SECONDS + 1):
                return changes.has_changed(subject, partition, MOST_SECONDS)
        except Exception as error:  # noqa: BLE001 - the pipeline's own; what cannot be told is read again first
            trouble(f"{subject}: whether its source changed cannot be told: {type(error).__name__}: {error}")
            return None

    return ask
