"""Opens the store: SQLite in WAL mode by default, PostgreSQL by URL; brings its schema up to date.

Several processes use it at once. Every call has a timeout, and whoever calls decides what a failure means: for a
pipeline's step, that it runs on as if nobody watched.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from escalation_sensors.redaction import redact

URL_VARIABLE = "ESCALATION_STORE_URL"
_DRIVER = "psycopg2"
TIMEOUT_SECONDS = 5.0
"""How long a call waits for a lock or a connection; a step waits no longer for its ledger."""


class StoreError(Exception):
    """The store cannot be used; one line that says why and the way out, without secrets."""

    def __init__(self, line: str) -> None:
        """The line, redacted: a driver may repeat what it was given."""
        super().__init__(redact(line))


def store_url(dagster_home: str | None = None) -> str:
    """Where the store is: `ESCALATION_STORE_URL`, else `escalation.db` in the DAGSTER_HOME.

    Raises:
        StoreError: neither is known.
    """
    if url := os.environ.get(URL_VARIABLE):
        return url
    home = dagster_home or os.environ.get("DAGSTER_HOME")
    if not home:
        raise StoreError(f"no store: set {URL_VARIABLE}, or DAGSTER_HOME, in which it is then escalation.db")
    return f"sqlite:///{Path(home).absolute() / 'escalation.db'}"


class Store:
    """One store. Cheap to hold; connections are made when they are needed, by each process for itself."""

    def __init__(self, url: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self.url = url
        self._timeout_seconds = timeout_seconds
        self._engine: Engine | None = None
        self._pid = 0

    @property
    def engine(self) -> Engine:
        """The engine of this process; after a fork a new one, since connections are not shared."""
        if self._engine is None or self._pid != os.getpid():
            self._engine, self._pid = self._new_engine(), os.getpid()
        return self._engine

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction that is committed at the end, unless it raised.

        Raises:
            StoreError: the store cannot be reached, or is locked for too long.
        """
        try:
            with self.engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(f"{self._shown}: {_first_line(error)}; see {URL_VARIABLE}") from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reading; it takes no lock, and waits for none on SQLite.

        Raises:
            StoreError: the store cannot be reached.
        """
        try:
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(f"{self._shown}: {_first_line(error)}; see {URL_VARIABLE}") from error

    def upgrade(self) -> None:
        """Bring the schema up to date; quick if it is, safe when several processes do it at once.

        Raises:
            StoreError: the store cannot be reached or written.
        """
        if self.engine.dialect.name == "sqlite" and (database := make_url(self.url).database):
            try:
                Path(database).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(f"{self._shown}: {error.strerror}; see {URL_VARIABLE}") from error
        with self.transaction() as connection:
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
            config.attributes["connection"] = connection
            try:
                command.upgrade(config, "head")
            except CommandError as error:
                way_out = "install the version of the ladder that made it, or name another store"
                raise StoreError(f"{self._shown}: {_first_line(error)}; {way_out} with {URL_VARIABLE}") from error

    def is_ready(self) -> bool:
        """Whether it can be reached and holds the tables."""
        with self.reading() as connection:
            return inspect(connection).has_table("attempts")

    def close(self) -> None:
        """Give back all connections."""
        if self._engine is not None and self._pid == os.getpid():
            self._engine.dispose()
        self._engine = None

    @property
    def _shown(self) -> str:
        return make_url(self.url).render_as_string(hide_password=True)

    def _new_engine(self) -> Engine:
        try:
            url = make_url(self.url)
            if url.drivername == "postgresql":
                url = url.set(drivername=f"postgresql+{_DRIVER}")  # SQLAlchemy 2.1 would take psycopg 3
            if url.get_backend_name() == "sqlite":
                engine = create_engine(url, connect_args={"timeout": self._timeout_seconds})
                event.listen(engine, "connect", _durable)
                event.listen(engine, "begin", _begin_immediate)
                return engine
            seconds = max(1, round(self._timeout_seconds))
            options = f"-c lock_timeout={seconds}s -c statement_timeout={4 * seconds}s"
            return create_engine(
                url,
                pool_pre_ping=True,
                pool_timeout=self._timeout_seconds,
                connect_args={"connect_timeout": seconds, "options": options},
            )
        except (ArgumentError, ImportError) as error:
            way_out = "write sqlite:////file or postgresql+psycopg2://user:password@host/database"
            if isinstance(error, ImportError) and make_url(self.url).get_backend_name() == "postgresql":
                way_out = f"install dagster-escalation with its extra `postgres`, which brings {_DRIVER}"
            raise StoreError(f"{URL_VARIABLE}: {_first_line(error)}; {way_out}") from error


def _durable(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions are begun by hand, see below
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # an attempt that was counted stays counted after a power cut
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # A read that becomes a write midway fails at once, whatever the timeout, when another process wrote meanwhile.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return redact(" ".join(str(cause).split()))[:200]
