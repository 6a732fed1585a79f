"""Codes that stand in a text, in the forms in which clients print them."""

import pytest

from escalation_sensors.diagnosis.codes_in_text import codes_in


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Error: connect ECONNREFUSED 10.0.0.3:5432", "errno:ECONNREFUSED"),
        ("getaddrinfo ENOTFOUND feed.example", "errno:EHOSTUNREACH"),
        ("page.goto: net::ERR_NAME_NOT_RESOLVED at https://a.example/", "errno:EHOSTUNREACH"),
        ("page.goto: net::ERR_TIMED_OUT at https://a.example/", "http:504"),
        ("(Service: Amazon S3; Status Code: 404; Error Code: NoSuchKey; Request ID: 1)", "aws:NoSuchKey"),
        ("api error AccessDenied: Access Denied", "aws:AccessDenied"),
        ("com.amazonaws.services.kms.model.KMSThrottlingException: no", "aws:KMSThrottlingException"),
        ('db,"ERROR","53200","out of memory",,,', "sqlstate:53200"),
        ("SQL Error [1062] [23000]: Duplicate entry", "mysql:1062"),
        ("SQL Error [42P01]: ERROR: no", "sqlstate:42P01"),
        ("Runtime exited with error: signal: killed", "signal:9"),
        ("processId:123 ,exitStatusCode:137 ,processWaitForStatus:true", "signal:9"),
        ("Main process exited, code=killed, status=9/KILL", "signal:9"),
        ("The requested URL returned error: 403", "http:403"),
    ],
)
def test_a_code_is_read(text: str, code: str) -> None:
    assert code in codes_in(text)


@pytest.mark.parametrize(
    "text", ["the EXISTENCE of net::ERR", "ACCESS to E is open", "returned 4031 rows", "error: signal"]
)
def test_other_words_are_no_codes(text: str) -> None:
    assert codes_in(text) == frozenset()
