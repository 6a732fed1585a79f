"""Texts in which nothing failed and times are told: somebody logged how slow something is.

Asked where no rule speaks and no words vote.
"""

import re

from escalation_sensors.diagnosis.failure import Failure

_FAILED = re.compile(
    r"(?i)fail|error|exception|fatal|critical|panic|abort|denied|refus|cannot|can't|could not|unable|invalid|missing"
    r"|not found|time(?:d )?out|exceed|reject|conflict|kill|corrupt|terminat|exit|crash|cancel|stopp|lost|signal"
)
_TIME = re.compile(
    r"(?i)(?<![\w.])\d+(?:[.,]\d+)* ?"
    r"(?:ms|msecs?|millis|milliseconds?|s|secs?|seconds?|mins?|minutes?|hours?|m\d\d?s)\b"
)


def nothing_failed_but_time_passed(failure: Failure) -> str:
    """The time that a text tells of; empty where it tells of a failure too, or where more than the text is known."""
    if failure.links or failure.codes or _FAILED.search(failure.text):
        return ""
    found = _TIME.search(failure.text)
    return found[0] if found else ""
