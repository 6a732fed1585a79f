"""The check at start-up: whether this version of Dagster has the private parts that the ladder uses. Told once."""

import dagster as dg

from escalation_sensors.dagster_internals import missing_parts
from escalation_sensors.level1.setup import trouble

told: set[str] = set()
"""What was told already in this process."""


def check_dagster() -> None:
    """Name what is degraded. Raises nothing: a pipeline runs on with what there is."""
    try:
        lines = [f"{part.name} is not as expected, so {part.degraded}" for part in missing_parts()]
    except Exception as bug:  # noqa: BLE001 - the check must not be what breaks a pipeline
        lines = [f"its private parts cannot be looked at ({type(bug).__name__}: {bug}), so it may be less than usual"]
    for line in lines:
        if line not in told:
            told.add(line)
            trouble(f"Dagster {dg.__version__}: {line}")
