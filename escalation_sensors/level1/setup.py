"""What a project set the ladder up with: its policy, its pipeline, its rules and allow-list, read when they are needed.

A policy that cannot be read allows nothing; rules that cannot be read are left out. Both are told.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from pathlib import Path

from escalation_sensors.diagnosis.classifier import Classifier
from escalation_sensors.diagnosis.own_rules import own_classifier, own_rules
from escalation_sensors.diagnosis.rule_file import RuleFileError, load_rules
from escalation_sensors.level1.allow_list import AllowList, AllowListError, read_allow_list
from escalation_sensors.level1.pipeline import Pipeline
from escalation_sensors.policy.policy import Policy
from escalation_sensors.policy.policy_file import PolicyError, load_policy
from escalation_sensors.redaction import redact

_RUN = threading.local()
"""Where the trouble of this thread's step is told beside stderr."""


def trouble(line: str) -> None:
    """Tell the ladder's own trouble where an operator looks, redacted, without touching the pipeline.

    On stderr, and within `telling` in the run's log.
    """
    line = redact(line)
    print(f"escalation: {line}", file=sys.stderr)  # noqa: T201 - until it can be delivered
    tell: Callable[[str], None] | None = getattr(_RUN, "tell", None)
    if tell is None:
        return
    try:
        tell(f"Escalation: {line}")
    except Exception as error:  # noqa: BLE001 - Dagster's storage may be down with the store: the step goes on
        said = redact(f"{type(error).__name__}: {error}")
        print(f"escalation: nor can the run's log be written: {said}", file=sys.stderr)  # noqa: T201 - as above


@contextmanager
def telling(tell: Callable[[str], None]) -> Iterator[None]:
    """Have what goes wrong within the block be told in the run's log, too. For blocks that yield to nobody."""
    before = getattr(_RUN, "tell", None)
    _RUN.tell = tell
    try:
        yield
    finally:
        _RUN.tell = before


@dataclass(frozen=True)
class Setup:
    """The ladder's settings for one project. `given_pipeline` counts before the one that the policy names.

    `schedules` are the cron strings of the project's schedules, by name.
    """

    policy: Policy = field(default_factory=Policy)
    given_pipeline: Pipeline | None = None
    schedules: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def classifier(self) -> Classifier:
        """The classifier, with the project's own rules before the ladder's."""
        if self.policy.rules is None:
            return own_classifier()
        try:
            return Classifier(own_rules(), own=load_rules([self.policy.rules]))
        except RuleFileError as error:
            trouble(f"{self.policy.place('rules')}the project's own rules are left out: {error}")
            return own_classifier()

    @cached_property
    def allowed(self) -> AllowList:
        """What may be installed."""
        packages = self.policy.packages
        if packages.allow_list is None:
            return AllowList()
        try:
            return read_allow_list(packages.allow_list, packages.modules)
        except AllowListError as error:
            trouble(f"{self.policy.place('packages')}nothing is installed: {error}")
            return AllowList()

    @cached_property
    def pipeline(self) -> Pipeline:
        """What the pipeline can do; nothing if it names nobody, or if that fails."""
        if self.given_pipeline is not None:
            return self.given_pipeline
        if not self.policy.pipeline:
            return Pipeline()
        module, _, name = self.policy.pipeline.partition(":")
        named = f"{self.policy.place('pipeline')}pipeline {self.policy.pipeline}"
        try:
            made = getattr(import_module(module), name)()
        except Exception as error:  # noqa: BLE001 - a stranger's module; without it remedies do less, and the pipeline runs
            trouble(f"{named}: {type(error).__name__}: {error}; remedies that need it are left out")
            return Pipeline()
        if not isinstance(made, Pipeline):
            trouble(f"{named}: it returned {type(made).__name__}, not a Pipeline")
            return Pipeline()
        return made


def setup_with(
    policy: Policy | Path | str | None, pipeline: Pipeline | None = None, schedules: Mapping[str, str] | None = None
) -> Setup:
    """The setup of a policy, or of a policy file; one that cannot be read is told, and allows nothing."""
    if policy is None or isinstance(policy, Policy):
        return Setup(policy or Policy(), pipeline, schedules or {})
    try:
        return Setup(load_policy(policy), pipeline, schedules or {})
    except PolicyError as error:
        trouble(f"nothing is repaired: {error}")
        return Setup(Policy(unreadable=redact(str(error))), pipeline, schedules or {})
