"""A file of rules: what is wrong is one line with its number; what is right counts before the ladder's own."""

from pathlib import Path

import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.classifier import Classifier
from escalation_sensors.diagnosis.observed import failure_from
from escalation_sensors.diagnosis.own_rules import own_rules
from escalation_sensors.diagnosis.rule_file import MOST_FOR_TEXT, RuleFileError, load_rules

GOOD = """
- rule: ours.quiet_hours
  category: scheduling_conflict
  confidence: 0.99
  says: the mainframe … its night's rest
- rule: ours.shutdown
  category: source_unavailable
  types: [Shutdown]
  recoverable: false
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_users_rule_counts_before_all_others(tmp_path: Path) -> None:
    classifier = Classifier(own_rules(), own=load_rules([written(tmp_path, GOOD)]))
    found = classifier.diagnose(failure_from("TimeoutError", "timed out: the mainframe is at its night's rest"))
    assert (found.rule, found.category) == ("ours.quiet_hours", Category.SCHEDULING_CONFLICT)
    found = classifier.diagnose(failure_from("mainframe.Shutdown", ""))
    assert (found.rule, found.recoverable) == ("ours.shutdown", False)


def test_words_alone_are_never_quite_sure(tmp_path: Path) -> None:
    quiet, _ = load_rules([written(tmp_path, GOOD)])
    assert quiet.confidence == MOST_FOR_TEXT


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (GOOD.replace("scheduling_conflict", "bad_weather"), 3, "rule ours.quiet_hours, category: input should be"),
        (GOOD.replace("says:", "sayz:"), 5, "rule ours.quiet_hours, sayz: extra inputs are not permitted"),
        (GOOD.replace("confidence: 0.99", "confidence: 99"), 4, "confidence: input should be less than or equal to 1"),
        (GOOD.replace("ours.shutdown", "ours.quiet_hours"), 6, "rule ours.quiet_hours stands on line 2 already"),
        (GOOD.replace("types: [Shutdown]", "codes: [08006]"), 8, "is no code; write kind:value"),
        (GOOD.replace("types: [Shutdown]", "matches: '(['"), 8, "is no regular expression"),
        (GOOD.replace("  types: [Shutdown]\n", ""), 6, "it has no condition"),
        (GOOD.replace("  category: source", " category: source"), 7, ""),
        ("- rule: a b\n  category: unknown\n  says: x", 1, "rule a b, rule: string should match pattern"),
        (GOOD.replace("confidence: 0.99", "confidence: 2024-13-01"), 4, "2024-13-01: month must be in 1..12"),
        ("- just words", 0, "'just words' is no rule"),
        ("rule: alone", 1, "a file of rules is a list"),
    ],
)
def test_what_is_wrong_is_one_line_with_file_and_line(tmp_path: Path, text: str, line: int, told: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(RuleFileError) as caught:
        load_rules([path])
    message = str(caught.value)
    assert message.startswith(f"{path}:{line}: " if line else f"{path}: ")
    assert told in message
    assert "\n" not in message


def test_a_file_that_is_not_there_or_no_text_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RuleFileError, match=r"gone\.yaml: No such file"):
        load_rules([tmp_path / "gone.yaml"])
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RuleFileError, match=r"bytes\.yaml: it is not UTF-8"):
        load_rules([tmp_path / "bytes.yaml"])


def test_an_empty_file_has_no_rules(tmp_path: Path) -> None:
    assert load_rules([written(tmp_path, "# nothing yet\n")]) == ()
