"""Exceptions that a message tells of within its own text."""

import pytest

from escalation_sensors.diagnosis.inner_exceptions import inner_exceptions


@pytest.mark.parametrize(
    ("message", "first"),
    [
        (
            "(psycopg2.errors.DeadlockDetected) deadlock detected",
            ("psycopg2.errors.DeadlockDetected", "deadlock detected"),
        ),
        (
            "('Unable to connect to any servers', {'10.0.0.3:9042': AuthenticationFailed('bad credentials')})",
            ("AuthenticationFailed", "bad credentials"),
        ),
        ("RetryError[<Future at 0x7f state=finished raised ConnectionRefusedError>]", ("ConnectionRefusedError", "")),
        (
            (
                "ErrorCode=SqlOperationFailed,'Type=Some.HybridException,Message=A database operation failed.,Source=x,"
                "''Type=System.Data.SqlClient.SqlException,Message=Invalid column name 'amount'.,Source=y,'"
            ),
            ("System.Data.SqlClient.SqlException", "Invalid column name 'amount'."),
        ),
        ("Notebook failed - 'Error name - KeyError, Error value - 'amount'", ("KeyError", "'amount'")),
    ],
)
def test_the_innermost_comes_first(message: str, first: tuple[str, str]) -> None:
    assert next(inner_exceptions(message)) == first


def test_whose_text_a_parser_did_not_take_is_not_said() -> None:
    assert list(inner_exceptions('SQL error: ParserError("Expected: an SQL statement")')) == []


def test_plain_words_tell_of_none() -> None:
    assert list(inner_exceptions("the table orders does not exist")) == []
