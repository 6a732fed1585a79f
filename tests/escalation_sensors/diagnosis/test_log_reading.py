"""Printed tracebacks and logs become links, the likeliest cause first."""

import subprocess
import sys
import time

import pytest

from escalation_sensors.diagnosis.log_reading import links_in, without_statement

CHAINED = """
import logging, sys
logging.basicConfig(level="INFO", stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s - %(message)s")
log = logging.getLogger("etl.load")
log.info("begin")
def connect():
    raise ConnectionRefusedError(111, "Connection refused")
try:
    try:
        connect()
    except OSError as error:
        raise RuntimeError("the load failed") from error
except RuntimeError:
    log.exception("Task failed")
log.info("closing")
log.error("Task exited with return code 1")
"""


CLOSED_BADLY = """
import logging, sqlite3, sys
logging.basicConfig(level="INFO", stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s - %(message)s")
log = logging.getLogger("etl.load")
connection = sqlite3.connect(":memory:")
try:
    connection.execute("SELECT * FROM orders")
except sqlite3.Error as error:
    log.error("cannot read: %s", error)
try:
    connection.close()
    connection.rollback()
except sqlite3.Error as error:
    log.error("could not roll back: %s", error)
"""


def printed_by(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30
    ).stderr


def test_what_fails_while_a_failed_job_is_put_away_is_not_its_cause() -> None:
    (only,) = links_in(printed_by(CLOSED_BADLY))
    assert only.message == "etl.load - cannot read: no such table: orders"


def test_where_nothing_else_failed_what_could_not_be_put_away_is_the_cause() -> None:
    (only,) = links_in("2024-05-01 03:00:00,000 ERROR etl.load - failed to close the connection: host unreachable")
    assert "host unreachable" in only.message


def test_the_cause_of_a_logged_exception_comes_first_though_the_log_goes_on() -> None:
    first, second, *_ = links_in(printed_by(CHAINED))
    assert first.types == ("ConnectionRefusedError",)
    assert first.codes == {"errno:ECONNREFUSED", "frame:connect"}
    assert second.types == ("RuntimeError",)


def test_what_was_only_being_handled_comes_after_what_was_raised() -> None:
    program = "try:\n    int('x')\nexcept ValueError:\n    {}['missing']"
    assert [link.type for link in links_in(printed_by(program))] == ["KeyError", "ValueError"]


def test_the_last_of_several_tries_comes_first() -> None:
    tries = "".join(printed_by(f"raise {kind}('try')") for kind in ("TimeoutError", "TimeoutError", "KeyError"))
    assert links_in(tries)[0].type == "KeyError"


def test_a_message_of_several_lines_is_kept_whole() -> None:
    (link,) = links_in(printed_by("raise ValueError('one\\n  two\\nthree')"))
    assert link.message == "one\n  two\nthree"


def test_javas_innermost_cause_comes_first() -> None:
    text = (
        "py4j.protocol.Py4JJavaError: An error occurred while calling o31.save.\n"
        ": org.apache.spark.SparkException: Job aborted due to stage failure\n"
        "\tat org.apache.spark.scheduler.DAGScheduler.abortStage(DAGScheduler.scala:2454)\n"
        "Caused by: java.io.IOException: writing\n"
        "\tat org.example.Writer.write(Writer.java:12)\n"
        "\t... 3 more\n"
        "Caused by: java.lang.OutOfMemoryError: Java heap space\n"
    )
    first, second, *_ = links_in(text)
    assert (first.types, first.message) == (("java.lang.OutOfMemoryError",), "Java heap space")
    assert second.types == ("java.io.IOException",)


def test_sqlalchemys_wrapped_error_comes_before_its_wrapper_and_the_statement_is_no_evidence() -> None:
    text = (
        "sqlalchemy.exc.OperationalError: (psycopg2.errors.DeadlockDetected) deadlock detected\n"
        "[SQL: SELECT 'out of memory' AS note]\n[parameters: {'a': 'timeout'}]\n"
        "(Background on this error at: https://sqlalche.me/e/20/e3q8)"
    )
    first, second, *_ = links_in(text)
    assert first.types == ("psycopg2.errors.DeadlockDetected",)
    assert "out of memory" not in first.message + second.message


@pytest.mark.parametrize("level", ["INFO", "DEBUG", "NOTICE"])
def test_an_error_that_a_log_tells_as_information_is_not_the_cause(level: str) -> None:
    text = f"2026-01-31 12:00:00 {level} retrying after ValueError: x\n2026-01-31 12:00:01 ERROR disk full"
    assert [(link.type, link.message) for link in links_in(text)] == [("", "disk full")]


def test_a_text_that_tells_of_no_error_has_no_links() -> None:
    assert links_in("") == links_in("2026-01-31 12:00:00 INFO all 14 files are loaded") == ()


def test_a_message_without_a_statement_stays_as_it_is() -> None:
    assert without_statement("column [x] is missing") == "column [x] is missing"


@pytest.mark.parametrize(
    "line", ["a" * 400_000, "Error: " * 60_000, "(" * 300_000, " " * 400_000 + "x", "at org.x(y)\n" * 40_000]
)
def test_long_texts_are_read_in_bounded_time(line: str) -> None:
    began = time.monotonic()
    links_in(line)
    assert time.monotonic() - began < 5  # quadratic reading would take minutes


def test_what_dotnet_caught_comes_before_what_it_threw() -> None:
    text = (
        "Unhandled exception. System.AggregateException: One or more errors occurred.\n"
        " ---> System.Net.Http.HttpRequestException: no\n"
        " ---> System.Net.Sockets.SocketException (111): Connection refused\n"
        "   at System.Net.Sockets.Socket.Connect()\n"
    )
    assert [link.type for link in links_in(text)] == ["SocketException", "HttpRequestException", "AggregateException"]


def test_an_exception_told_within_a_line_counts_before_the_line() -> None:
    text = "24/05/01 03:00:01 WARN TaskSetManager: Lost task 0.0 (TID 7): java.lang.OutOfMemoryError: Java heap space"
    first, second = links_in(text)
    assert (first.types, first.message) == (("java.lang.OutOfMemoryError",), "Java heap space")
    assert second.types == ()


def test_a_line_that_a_tool_begins_with_error_is_one() -> None:
    assert [link.message for link in links_in("Initializing\nError: the state is locked\n\nSee the manual")] == [
        "Error: the state is locked"
    ]


def test_the_line_of_source_tells_whether_a_setting_was_read() -> None:
    text = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    config["x"]\nKeyError: \'x\''
    assert links_in(text)[0].codes == {"frame:setting"}
    assert links_in(text.replace("config", "row"))[0].codes == frozenset()
