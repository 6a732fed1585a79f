"""Asks the pipeline how much work a subject's build is, within bounded time; the answer is allowed to be missing."""

from escalation_sensors.level1.deadline import deadline
from escalation_sensors.level1.pipeline import SizeOf, WorkSize
from escalation_sensors.level1.setup import Setup, trouble

MOST_SECONDS = 5.0
"""How long the pipeline may take to tell a size; on the main thread it is interrupted then."""


def size_of(setup: Setup) -> SizeOf:
    """The pipeline's own answer, asked when it is needed; whatever goes wrong is told, and the size is unknown."""

    def ask(subject: str, partition: str) -> WorkSize | None:
        sizes = setup.pipeline.sizes
        if sizes is None:
            return None
        try:
            with deadline(MOST_SECONDS):
                return sizes.size(subject, partition)
        except Exception as error:  # noqa: BLE001 - the pipeline's own; a remedy that does not know the size still acts
            trouble(f"{subject}: its size cannot be told: {type(error).__name__}: {error}")
            return None

    return ask
