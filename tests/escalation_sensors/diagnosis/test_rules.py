"""Every rule fires on its own examples and keeps silent on its near misses, among all rules."""

import pytest

from escalation_sensors.diagnosis.observed import failure_from
from escalation_sensors.diagnosis.own_rules import own_classifier, own_rules, rule_paths
from escalation_sensors.diagnosis.rule_file import Example, WrittenRule, written_rules

RULES = [written for path in rule_paths() for written in written_rules(path)]


def decided_by(example: Example) -> str:
    return own_classifier().diagnose(failure_from(example.exception, example.message)).rule


@pytest.mark.parametrize("written", RULES, ids=lambda written: written.rule)
def test_a_rule_decides_its_examples_and_no_near_miss(written: WrittenRule) -> None:
    assert written.fires_on, "it has no example that it fires on"
    assert written.silent_on, "it has no near miss on which it is silent"
    for example in written.fires_on:
        assert decided_by(example) == written.rule, example
    for example in written.silent_on:
        assert decided_by(example) != written.rule, example


def test_names_are_unique_over_all_files() -> None:
    names = [rule.name for rule in own_rules()]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_every_category_has_rules() -> None:
    assert len({rule.category for rule in own_rules()}) == 10
