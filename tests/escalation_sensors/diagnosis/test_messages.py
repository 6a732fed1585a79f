"""How often the rules are right on real messages: provoked from the real libraries, or as services document them.

`development` was looked at while the rules were written. `apart`, where it is there, holds messages that nobody looked
at: its misses are not told, and its figures are those that mean something. The goals there are 92 % right, and 98 % of
those that are held for sure. Once its misses were looked at, its messages are development.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from escalation_sensors.diagnosis.observed import failure_from
from escalation_sensors.diagnosis.own_rules import own_classifier

MESSAGES = Path(__file__).parent / "messages"
SURE = 0.9
FLOORS = {"development": (0.97, 0.99, 0.7), "apart": (0.87, 0.98, 0.45)}
"""What is reached, so that it only gets better: the share that is right, that of the sure ones, how many are sure."""
PARTS = [part for part in FLOORS if any((MESSAGES / part).glob("*.jsonl"))]


def judged(part: str) -> Iterator[tuple[bool, bool, str]]:
    """Of each message, whether its category was right, whether the classifier was sure, and what to tell."""
    for path in sorted((MESSAGES / part).glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            message = json.loads(line)
            found = own_classifier().diagnose(failure_from(message["exception"], message["message"]))
            right = found.category == message["category"]
            yield right, found.confidence >= SURE, f"{message['id']}: {found.category} by {found.rule}"


@pytest.mark.parametrize("part", PARTS)
def test_so_many_diagnoses_are_right(part: str) -> None:
    least, least_of_sure, least_sure = FLOORS[part]
    found = list(judged(part))
    wrong = [told for right, _, told in found if not right]
    sure = [right for right, is_sure, _ in found if is_sure]
    of_those_not_looked_at = wrong if part == "development" else "which ones is not told"
    print(f"{part}: {1 - len(wrong) / len(found):.4f} of {len(found)}, {sum(sure) / len(sure):.4f} of {len(sure)} sure")
    assert len(found) > 150
    assert 1 - len(wrong) / len(found) >= least, of_those_not_looked_at
    assert sum(sure) / len(sure) >= least_of_sure, of_those_not_looked_at
    assert len(sure) / len(found) > least_sure
