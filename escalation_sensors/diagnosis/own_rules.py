"""The ladder's own rules: the YAML files in `rules/`, loaded once."""

from functools import cache
from pathlib import Path

from escalation_sensors.diagnosis.classifier import Classifier
from escalation_sensors.diagnosis.rule import Rule
from escalation_sensors.diagnosis.rule_file import load_rules

RULES = Path(__file__).parent / "rules"


def rule_paths() -> tuple[Path, ...]:
    """The files, in the order in which they count."""
    return tuple(sorted(RULES.glob("*.yaml")))


@cache
def own_rules() -> tuple[Rule, ...]:
    """The rules, in their order."""
    return load_rules(rule_paths())


@cache
def own_classifier() -> Classifier:
    """The classifier with the ladder's own rules alone."""
    return Classifier(own_rules())
