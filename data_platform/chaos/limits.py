"""Limits that hold for every execution alike, so that no retry passes them, and only less work does.

Where the work is the machine's own, the limit is a third of what all of it takes here and now.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import duckdb
import sqlalchemy

from data_platform.chaos.http_server import Answer
from data_platform.chaos.small_asset import Work, select_of
from escalation_sensors import current_tuning
from resources.lakehouse import LakehouseResource
from resources.sources.errors import SourceTimeout
from resources.sources.sql_connection import parse_url, read_only_connection

SIXTEEN = 16
LEAST_SECONDS = 0.3
PACED_ROWS = 64
ROW_SECONDS, GATEWAY_SECONDS = 0.02, 0.7
TOOL_ROW_SECONDS, TOOL_SECONDS = 0.05, 2.0
_TOOL = f"import sys, time\nfor number in range(*map(int, sys.argv[1:])):\n    time.sleep({TOOL_ROW_SECONDS})\n"


def less_than_the_whole(a_sixteenth: Callable[[], object]) -> float:
    """A third of the seconds that the whole takes, told by a sixteenth of it: more than a quarter needs."""

    def seconds() -> float:
        began = time.monotonic()
        a_sixteenth()
        return time.monotonic() - began

    # Whatever else the machine does makes it slower, and never quicker.
    return max(LEAST_SECONDS, min(seconds(), seconds()) * SIXTEEN / 3)


class StatementLimited(LakehouseResource):
    """A lakehouse whose engine interrupts every statement that takes too long, as a warehouse's statement limit does.

    Attributes:
        limit_seconds: of each statement.
    """

    limit_seconds: float

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor with the limit; see `LakehouseResource.connection`."""
        with super().connection() as cursor:
            yield cast("duckdb.DuckDBPyConnection", _Limited(cursor, self.limit_seconds))


class _Limited:
    """A cursor whose statements have a limit; all else is the cursor's."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, limit_seconds: float) -> None:
        self._cursor, self._limit_seconds = cursor, limit_seconds

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the cursor has
        return getattr(self._cursor, name)

    def execute(self, *given: Any) -> duckdb.DuckDBPyConnection:  # noqa: ANN401 - as the cursor's
        watch = threading.Timer(self._limit_seconds, self._cursor.interrupt)
        watch.start()
        try:
            return self._cursor.execute(*given)
        except duckdb.InterruptException as error:
            raise TimeoutError(f"the statement did not end within {self._limit_seconds:.1f} s") from error
        finally:
            watch.cancel()


@contextmanager
def database_with_limit(path: Path, limit_seconds: float) -> Iterator[sqlalchemy.Connection]:
    """A connection to an operational database that ends every statement that takes too long.

    Raises:
        SourceTimeout: it ended one.
    """
    url = parse_url(f"sqlite:///{path}")
    limits = {"connect_timeout_seconds": 5.0, "statement_timeout_seconds": limit_seconds}
    with read_only_connection("operational", url, **limits) as connection:
        try:
            yield connection
        except sqlalchemy.exc.OperationalError as error:
            # SQLite itself says only that it was interrupted.
            told = f"the statement did not end within {limit_seconds:.1f} s"
            raise SourceTimeout(told, source="operational") from error


def part_of(path: str) -> tuple[int, int]:
    """Which numbers a request like `/amounts?part=2&of=4` asks for."""
    part, of = (int(each.partition("=")[2]) for each in path.partition("?")[2].split("&"))
    return (part * PACED_ROWS // of, (part + 1) * PACED_ROWS // of)


def gateway(_number: int, path: str) -> Answer:
    """What a gateway answers before a slow store: it cuts whatever takes longer than its own limit."""
    first, end = part_of(path)
    seconds = (end - first) * ROW_SECONDS
    if seconds > GATEWAY_SECONDS:
        return Answer(504, b"upstream request timeout", stall_seconds=GATEWAY_SECONDS)
    rows = ",".join(f'{{"number": {number}, "amount": {number * 1.5}}}' for number in range(first, end))
    return Answer(body=f"[{rows}]".encode(), headers={"Content-Type": "application/json"}, stall_seconds=seconds)


def paced_rows() -> tuple[tuple[int, float], ...]:
    """What the paced sources hold."""
    return tuple((number, number * 1.5) for number in range(PACED_ROWS))


def by_a_tool(_lakehouse: LakehouseResource) -> str:
    """Work that a slow tool does, for as many rows at once as the tuning says; each call may take so long."""
    of = current_tuning().batches
    for part in range(of):
        bounds = [str(part * PACED_ROWS // of), str((part + 1) * PACED_ROWS // of)]
        subprocess.run([sys.executable, "-S", "-E", "-c", _TOOL, *bounds], check=True, timeout=TOOL_SECONDS)
    return select_of(paced_rows())


def read_in_parts(path: Path, limit_seconds: float, query: str, rows: int) -> Work:
    """Work that reads a database in as many statements as the tuning says; `query` takes `first` and `end`."""

    def work(_lakehouse: LakehouseResource) -> str:
        of = current_tuning().batches
        found: list[tuple[int, float]] = []
        for part in range(of):
            bounds = {"first": part * rows // of, "end": (part + 1) * rows // of}
            with database_with_limit(path, limit_seconds) as connection:
                found += [tuple(row) for row in connection.execute(sqlalchemy.text(query), bounds)]
        return select_of(found)

    return work
