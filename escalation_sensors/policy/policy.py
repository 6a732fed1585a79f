"""What a project allows the ladder: plain values. The file they come from: `policy_file.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from escalation_sensors.diagnosis.category import Category


class Cap(StrEnum):
    """How far level 1 may go for a category."""

    WATCH = "watch"
    """It diagnoses and tells, and makes no attempt."""
    PROPOSE = "propose"
    """It also says what it would do, as a proposal for level 2."""
    REPAIR = "repair"
    """It acts."""


@dataclass(frozen=True)
class Packages:
    """Which packages level 1 may install.

    Attributes:
        allow_list: a requirements file in which each package is pinned and hashed; None allows nothing.
        modules: for a module whose package has another name, that name (`yaml: pyyaml`).
        wheels: a folder to install from instead of the index that pip is configured for.
    """

    allow_list: Path | None = None
    modules: Mapping[str, str] = field(default_factory=dict)
    wheels: Path | None = None


@dataclass(frozen=True)
class Policy:
    """All that a project allows and sets. A default allows every repair that needs nothing to be named.

    Attributes:
        pipeline: `module:function`; the function takes nothing and returns the project's `Pipeline`.
        rules: a file of rules of diagnosis that count before the ladder's own.
        caps: by category; one that is not named is `repair`.
        relax_after_good_runs: after so many good runs a remembered tuning goes half the way back.
        slow_over_seconds: a step is slow if it took so much longer than usual, and three times as long.
        stale_heartbeat_seconds: after so long without a beat the process that ran a step is taken for dead.
        most_age_hours: a failed run that is older is history, and not repaired.
        unreadable: why the file that says all this cannot be read, with its line; such a policy allows nothing.
        places: where settings of a file are written (`escalation.yaml:2`), by name.
    """

    pipeline: str = ""
    rules: Path | None = None
    caps: Mapping[Category, Cap] = field(default_factory=dict)
    packages: Packages = Packages()
    relax_after_good_runs: int = 5
    slow_over_seconds: float = 30.0
    stale_heartbeat_seconds: float = 60.0
    most_age_hours: float = 1.0
    unreadable: str = ""
    places: Mapping[str, str] = field(default_factory=dict, compare=False)

    def cap(self, category: Category) -> Cap:
        """How far level 1 may go for a category."""
        return Cap.WATCH if self.unreadable else self.caps.get(category, Cap.REPAIR)

    def place(self, setting: str) -> str:
        """Where a setting is written, to begin a line with; empty if it is of no file."""
        return f"{self.places[setting]}: " if setting in self.places else ""
