"""Reads `escalation.yaml` into a policy; what is wrong in it is told with its line. Paths in it are relative to it."""

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.lined_yaml import Lined, LinedYamlError, load_lined_yaml
from escalation_sensors.policy.policy import Cap, Packages, Policy

FILE_VARIABLE = "ESCALATION_POLICY"
FILE_NAME = "escalation.yaml"
_MOST_SECONDS = 365 * 86_400
"""What is longer is a slip, and may reach back past any date that can be computed with."""


class PolicyError(Exception):
    """The policy file cannot be used; one line that names file and line and says what is wrong."""


class _WrittenPackages(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    allow_list: Path | None = None
    modules: dict[str, str] = Field(default_factory=dict)
    wheels: Path | None = None


class _WrittenPolicy(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    pipeline: Annotated[str, Field(pattern=r"^$|^[\w.]+:\w+$")] = ""
    rules: Path | None = None
    categories: dict[Category, Cap] = Field(default_factory=dict)
    packages: _WrittenPackages = _WrittenPackages()
    relax_after_good_runs: Annotated[int, Field(ge=1)] = Policy.relax_after_good_runs
    slow_over_seconds: Annotated[float, Field(gt=0)] = Policy.slow_over_seconds
    stale_heartbeat_seconds: Annotated[float, Field(ge=30, le=_MOST_SECONDS)] = Policy.stale_heartbeat_seconds
    most_age_hours: Annotated[float, Field(gt=0, le=_MOST_SECONDS / 3600)] = Policy.most_age_hours


def load_policy(path: Path | str) -> Policy:
    """The policy of a file.

    Raises:
        PolicyError: it cannot be read, or something in it is wrong.
    """
    path = Path(path)
    try:
        document = load_lined_yaml(path)
    except LinedYamlError as error:
        raise PolicyError(str(error)) from error
    if document is None:
        return Policy()
    if not isinstance(document, Lined):
        raise PolicyError(f"{path}:1: a policy file holds settings; write them as `name: value`")
    try:
        written = _WrittenPolicy.model_validate(document)
    except ValidationError as error:
        raise PolicyError(_told(path, document, error)) from None
    return Policy(
        pipeline=written.pipeline,
        rules=_beside(path, written.rules),
        caps=dict(written.categories),
        packages=Packages(
            _beside(path, written.packages.allow_list),
            dict(written.packages.modules),
            _beside(path, written.packages.wheels),
        ),
        relax_after_good_runs=written.relax_after_good_runs,
        slow_over_seconds=written.slow_over_seconds,
        stale_heartbeat_seconds=written.stale_heartbeat_seconds,
        most_age_hours=written.most_age_hours,
        places={name: f"{path}:{line}" for name, line in document.lines.items()},
    )


def policy_path() -> Path | None:
    """Where the policy is if nobody says: the file that `ESCALATION_POLICY` names, else `escalation.yaml` here."""
    if named := os.environ.get(FILE_VARIABLE):
        return Path(named)
    return Path(FILE_NAME) if Path(FILE_NAME).is_file() else None


def _beside(path: Path, named: Path | None) -> Path | None:
    return None if named is None else (path.parent / named).absolute()


def _told(path: Path, document: Lined, error: ValidationError) -> str:
    first: Any = error.errors(include_url=False, include_context=False)[0]
    line, at = document.line, document
    names = [str(each) for each in first["loc"] if each != "[key]"]
    for name in names:
        if not isinstance(at, Lined):
            break
        line, at = at.lines.get(name, line), at.get(name, {})
    told = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        told = "there is no such setting"
    return f"{path}:{line}: {'.'.join(names)}: {told[:1].lower()}{told[1:]}"
