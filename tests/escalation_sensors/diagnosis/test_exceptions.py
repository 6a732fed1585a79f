"""Exceptions in flight become links: innermost cause first, wrappers left out, codes read from what carries them."""

import errno
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import sqlalchemy
from dagster import DagsterInvariantViolationError, RetryRequested

from escalation_sensors.diagnosis.exceptions import links_of
from escalation_sensors.diagnosis.failure import Link


def raised(act: Callable[[], Any]) -> tuple[Link, ...]:
    try:
        act()
    except BaseException as error:  # noqa: BLE001 - whatever it raises is looked at
        return links_of(error)
    raise AssertionError("nothing was raised")


def connect_to_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_refused_connection_carries_its_errno_and_its_bases() -> None:
    (link,) = raised(connect_to_nothing)
    assert link.types == ("ConnectionRefusedError", "ConnectionError", "OSError")
    assert "errno:ECONNREFUSED" in link.codes


def test_the_cause_comes_before_what_was_raised_from_it() -> None:
    def act() -> None:
        try:
            connect_to_nothing()
        except OSError as error:
            raise ValueError("the source is down") from error

    assert [link.type for link in raised(act)] == ["ConnectionRefusedError", "ValueError"]


def test_what_was_only_being_handled_comes_last() -> None:
    def act() -> None:
        try:
            {}["missing"]
        except KeyError:
            int("seven")

    assert [link.type for link in raised(act)] == ["ValueError", "KeyError"]


def test_what_was_raised_from_none_has_no_context() -> None:
    def act() -> None:
        try:
            int("seven")
        except ValueError:
            raise TypeError("wrong") from None

    assert [link.type for link in raised(act)] == ["TypeError"]


def test_wrappers_are_left_out_unless_there_is_nothing_else() -> None:
    def act() -> None:
        try:
            int("seven")
        except ValueError as error:
            raise RetryRequested(max_retries=2) from error

    assert [link.type for link in raised(act)] == ["ValueError"]

    def alone() -> None:
        raise RetryRequested(max_retries=2)

    assert [link.type for link in raised(alone)] == ["RetryRequested"]


def test_an_exception_group_is_its_first_exception() -> None:
    def act() -> None:
        raise ExceptionGroup("both", [ValueError("one"), TypeError("two")])

    assert [link.type for link in raised(act)] == ["ValueError"]


def test_a_chain_that_leads_back_to_itself_ends() -> None:
    one, two = ValueError("one"), TypeError("two")
    one.__cause__, two.__cause__ = two, one
    assert [link.type for link in links_of(one)] == ["TypeError", "ValueError"]


def test_a_message_that_cannot_be_shown_hides_nothing() -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    (link,) = links_of(Odd())
    assert link.message == "(its message cannot be shown: RuntimeError)"


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda: sqlite3.connect("/nowhere/at/all.db"), "sqlite:SQLITE_CANTOPEN"),
        (lambda: subprocess.run([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], check=True), "signal:9"),
        (lambda: subprocess.run([sys.executable, "-c", "raise SystemExit(3)"], check=True), "exit:3"),
        (lambda: httpx.Response(503, request=httpx.Request("GET", "http://x")).raise_for_status(), "http:503"),
        (lambda: open("/nowhere", encoding="utf-8"), "errno:ENOENT"),  # noqa: SIM115, PTH123 - it is to raise
        (lambda: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left on device")), "errno:ENOSPC"),
    ],
)
def test_codes_are_read_from_what_carries_them(act: Callable[[], Any], code: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it raises is looked at
        next(act())
    assert code in {code for link in links_of(caught.value) for code in link.codes}


def test_a_drivers_sqlstate_is_found_below_sqlalchemy(postgres_url: str) -> None:
    engine = sqlalchemy.create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg2://"))

    def act() -> None:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("SELECT missing FROM nowhere"))

    inner, outer = raised(act)
    assert "sqlstate:42P01" in inner.codes
    assert inner.types[0] == "psycopg2.errors.UndefinedTable"
    assert outer.type == "ProgrammingError"
    engine.dispose()


def test_dagsters_own_errors_are_no_wrappers() -> None:
    (link,) = links_of(DagsterInvariantViolationError("wrong"))
    assert link.type == "DagsterInvariantViolationError"


def test_the_function_that_raised_it_is_a_code_where_it_connects() -> None:
    def connect() -> None:
        raise TimeoutError

    def read() -> None:
        raise TimeoutError

    assert raised(connect)[0].codes == {"frame:connect"}
    assert raised(read)[0].codes == frozenset()
