"""Lines of structured logs become the plain lines that a person would read."""

import json

import pytest

from escalation_sensors.diagnosis.log_lines import readable
from escalation_sensors.diagnosis.log_reading import links_in
from escalation_sensors.diagnosis.observed import failure_from
from escalation_sensors.diagnosis.own_rules import own_classifier

TRACEBACK = 'Traceback (most recent call last):\n  File "load.py", line 3, in load\n    rows[0]\nIndexError: list index'


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ('{"level": "error", "msg": "load failed"}', "ERROR load failed"),
        ('{"severity": "WARNING", "message": "late"}', "WARNING late"),
        ('loader | {"lvl":"info","message":"begin"}', "INFO begin"),
        ('{"level":"error","msg":"no","error":{"type":"IOError","message":"gone"}}', "ERROR no\nERROR IOError: gone"),
        ('time="2024-05-01T03:00:01Z" level=error msg="it \\"fails\\"" err=gone', 'ERROR it "fails"\nERROR gone'),
        ("E0501 03:00:01.123456       1 main.go:34] no such pod", "ERROR no such pod"),
    ],
)
def test_a_structured_line_is_read_as_level_and_words(line: str, plain: str) -> None:
    assert readable(line) == plain


@pytest.mark.parametrize(
    "text",
    [
        '{"error": {"code": 403, "message": "no"}}',  # an answer, no line of a log
        '{"level": "error", "msg": ',
        "plain words [main] and level= nothing",
    ],
)
def test_what_is_no_line_of_a_log_stays_as_it_is(text: str) -> None:
    assert readable(text) == text


def test_a_traceback_within_a_line_is_read_as_one() -> None:
    (link, *_) = links_in(json.dumps({"level": "error", "event": "step failed", "exception": TRACEBACK}))
    assert (link.types, link.message) == (("IndexError",), "list index")


def test_the_cause_in_a_structured_log_is_found_among_what_went_well() -> None:
    lines = [{"level": "info", "msg": "disk is full of joy"}, {"level": "error", "msg": "dial: connection refused"}]
    found = own_classifier().diagnose(failure_from("", "\n".join(map(json.dumps, lines))))
    assert found.category == "source_unavailable"


def test_a_traceback_that_was_printed_as_one_string_is_read_line_by_line() -> None:
    (link,) = links_in(f"the task failed: {json.dumps({'stacktrace': TRACEBACK})} (see above)")
    assert link.types == ("IndexError",)


def test_a_path_of_windows_stays_one_line() -> None:
    assert readable(r"[Errno 2] No such file: C:\new\nightly.csv") == r"[Errno 2] No such file: C:\new\nightly.csv"
