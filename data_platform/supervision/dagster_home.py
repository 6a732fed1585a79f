"""Dagster's instance folder: the `dagster.yaml` this platform needs, and what is wrong with another one.

A file that is there is never overwritten, except when a person asks for it (`data-platform doctor --repair`).
"""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DAGSTER_YAML = """\
# Written by data-platform; yours to change. `data-platform doctor` says when something needed is missing.

telemetry:
  enabled: false

# Two cores: a backfill, a schedule and a person's run queue up instead of starving one another.
concurrency:
  runs:
    max_concurrent_runs: 2

# A run whose worker or machine died is marked failed and gives back what it held.
run_monitoring:
  enabled: true
  start_timeout_seconds: 180
  cancel_timeout_seconds: 60
  poll_interval_seconds: 30
  free_slots_after_run_end_seconds: 60

# Freshness policies are evaluated by the daemon only when this is on.
freshness:
  enabled: true

# Otherwise one slow sensor or schedule delays all others.
sensors:
  use_threads: true
  num_workers: 4
schedules:
  use_threads: true
  num_workers: 2

# Sensors tick every few seconds: skipped ticks are noise within days, the others are the record of what was done.
retention:
  schedule:
    purge_after_days: {skipped: 30, success: 365, failure: 365, started: 30}
  sensor:
    purge_after_days: {skipped: 7, success: 90, failure: 90, started: 7}
  auto_materialize:
    purge_after_days: {skipped: 7, success: 90, failure: 90, started: 7}

# No questions in the UI.
nux:
  enabled: false
"""


@dataclass(frozen=True)
class Shortcoming:
    """A setting the platform relies on that a `dagster.yaml` lacks; without a `needed` one a feature fails silently."""

    path: str
    wanted: bool | int
    reason: str
    needed: bool = False

    @property
    def setting(self) -> str:
        """As it is written in the file, on one line."""
        return f"{self.path}: {str(self.wanted).lower()}"


_RELIED_ON = (
    Shortcoming("freshness.enabled", wanted=True, reason="freshness policies are not evaluated", needed=True),
    Shortcoming(
        "run_monitoring.enabled", wanted=True, reason="a run whose worker died stays started for ever", needed=True
    ),
    Shortcoming(
        "run_monitoring.free_slots_after_run_end_seconds", wanted=60, reason="a killed run can hold its pool for ever"
    ),
    Shortcoming("sensors.use_threads", wanted=True, reason="one slow sensor delays all others"),
    Shortcoming("telemetry.enabled", wanted=False, reason="Dagster reports usage to its maker"),
)


def ensure_dagster_home(dagster_home: Path) -> Path:
    """Create the folder and its `dagster.yaml` where missing; returns the file."""
    dagster_home.mkdir(parents=True, exist_ok=True)
    file = dagster_home / "dagster.yaml"
    if not file.exists():
        _write_whole(file, DAGSTER_YAML)
    return file


def repair_dagster_home(dagster_home: Path) -> Path | None:
    """Write the platform's `dagster.yaml`, keeping one that was there beside it; returns the kept one."""
    file = dagster_home / "dagster.yaml"
    kept = None
    if file.exists():
        kept = file.with_suffix(".yaml.before-repair")
        file.replace(kept)
    ensure_dagster_home(dagster_home)
    return kept


def shortcomings(dagster_home: Path) -> tuple[Shortcoming, ...]:
    """What the folder's `dagster.yaml` lacks.

    Raises:
        ValueError: the file is not YAML that holds settings; one line.
    """
    import yaml  # noqa: PLC0415 - only doctor needs it

    file = dagster_home / "dagster.yaml"
    try:
        settings = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"{file} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(settings, dict):
        raise ValueError(f"{file} holds no settings")  # noqa: TRY004 - the content is wrong, not an argument
    return tuple(lacking for lacking in _RELIED_ON if not _fulfilled(settings, lacking))


def _fulfilled(settings: Mapping[str, Any], required: Shortcoming) -> bool:
    value: Any = settings
    for key in required.path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    # Of a duration any will do.
    return value == required.wanted if isinstance(required.wanted, bool) else isinstance(value, int)


def _write_whole(file: Path, text: str) -> None:
    # Several processes may come here at once; each writes a whole file and one of them wins.
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    Path(name).replace(file)
