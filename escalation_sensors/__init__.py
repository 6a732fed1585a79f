"""The escalation ladder: diagnosis and levels 1 to 4.

A library of its own: knows nothing of this pipeline or of `resources`. What adopters use is here, imported when it
is asked for: diagnosing a log must not wait for Dagster.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from escalation_sensors.level1.current_tuning import current_tuning
    from escalation_sensors.level1.deadline import interruptible
    from escalation_sensors.level1.escalate import escalate
    from escalation_sensors.level1.recoverable import recoverable
    from escalation_sensors.level1.tuning import Tuning

__all__ = ["Tuning", "current_tuning", "escalate", "interruptible", "recoverable"]

_PLACES = {
    "Tuning": "escalation_sensors.level1.tuning",
    "current_tuning": "escalation_sensors.level1.current_tuning",
    "escalate": "escalation_sensors.level1.escalate",
    "interruptible": "escalation_sensors.level1.deadline",
    "recoverable": "escalation_sensors.level1.recoverable",
}


_UNDECORATED = {"escalate", "recoverable"}
_TOLD: list[ImportError] = []


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(_PLACES[name]), name)
    except ImportError as error:
        if name not in _UNDECORATED or not (error.name or "").startswith("dagster."):
            raise
        return _undecorated(error)


def _undecorated(error: ImportError) -> object:
    """What leaves definitions as they are: with another Dagster a pipeline runs on, and that is told once."""
    if not _TOLD:
        _TOLD.append(error)
        print(  # noqa: T201 - where an operator looks
            f"escalation: this version of Dagster is not supported, so nothing is repaired: {error.msg}",
            file=sys.stderr,
        )
    return lambda definitions, *_, **__: definitions
