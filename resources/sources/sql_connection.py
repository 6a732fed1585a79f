"""Read-only connections to operational databases, every wait of theirs bounded. What is read is `sql_table.py`'s.

A dialect is added here, with its time-outs. One without them is refused: a database that hangs would hang a run.
"""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from resources.sources.errors import SourceUnavailable

DIALECTS = ("sqlite", "postgresql")
_SQLITE_INSTRUCTIONS_A_LOOK = 10_000


def parse_url(url: str) -> URL:
    """The database's address.

    Raises:
        ValueError: it is no address, or of a dialect that is not known here. The text never shows a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ValueError("a database address is like sqlite:////path/file.db or postgresql://user@host/name") from error
    if parsed.get_backend_name() not in DIALECTS:
        raise ValueError(f"no time-outs are known for {parsed.get_backend_name()}; known are {', '.join(DIALECTS)}")
    return parsed


def shown(url: URL) -> str:
    """The address for messages: without user, password and options."""
    return str(url.database) if url.get_backend_name() == "sqlite" else f"{url.host or 'localhost'}/{url.database}"


@contextlib.contextmanager
def read_only_connection(
    source: str, url: URL, *, connect_timeout_seconds: float, statement_timeout_seconds: float
) -> Iterator[sqlalchemy.Connection]:
    """A connection whose reads all see one state of the database, closed at the end.

    Raises:
        SourceUnavailable: the SQLite file is not there.
        sqlalchemy.exc.SQLAlchemyError: the database cannot be reached.
    """
    if url.get_backend_name() == "sqlite":
        engine = _sqlite_engine(source, url, connect_timeout_seconds, statement_timeout_seconds)
    else:
        engine = _postgresql_engine(url, connect_timeout_seconds, statement_timeout_seconds)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _postgresql_engine(url: URL, connect_timeout_seconds: float, statement_timeout_seconds: float) -> sqlalchemy.Engine:
    milliseconds = int(statement_timeout_seconds * 1000)
    return sqlalchemy.create_engine(
        # SQLAlchemy 2.1 takes the bare scheme for psycopg 3.
        url.set(drivername="postgresql+psycopg2"),
        poolclass=NullPool,
        isolation_level="REPEATABLE READ",
        connect_args={
            "connect_timeout": max(2, round(connect_timeout_seconds)),  # libpq: seconds, whole, 2 at least
            "options": f"-c statement_timeout={milliseconds} -c default_transaction_read_only=on",
            # A server that vanished does not answer and ends no statement.
            "tcp_user_timeout": milliseconds,
            "keepalives_idle": max(1, round(statement_timeout_seconds)),
        },
    )


def _sqlite_engine(
    source: str, url: URL, connect_timeout_seconds: float, statement_timeout_seconds: float
) -> sqlalchemy.Engine:
    path = Path(url.database or "")
    if not path.is_file():
        # SQLite would create an empty database.
        raise SourceUnavailable(f"there is no database {path}; create it or declare another", source=source)

    def connect() -> sqlite3.Connection:
        address = f"file:{quote(str(path.absolute()))}?mode=ro"
        connection = sqlite3.connect(address, uri=True, timeout=connect_timeout_seconds, check_same_thread=False)
        connection.set_progress_handler(_interrupt_after(statement_timeout_seconds), _SQLITE_INSTRUCTIONS_A_LOOK)
        return connection

    return sqlalchemy.create_engine("sqlite://", creator=connect, poolclass=NullPool)


def _interrupt_after(seconds: float) -> Callable[[], Any]:
    deadline = time.monotonic() + seconds
    return lambda: time.monotonic() > deadline
