"""Two that want the same at the same time: locks of files and databases, ports, pools, publications."""

import fcntl
import socket
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import duckdb
import sqlalchemy

from data_platform.chaos.experiment import Experiment, Shown, passed_on, repairable
from data_platform.chaos.orders import OrdersFolder, csv_text, orders, truth
from data_platform.chaos.other_process import held_until_seen, holding
from data_platform.chaos.scratch import Scratch
from data_platform.chaos.small_asset import run_small, select_of, shown_of, small_asset, subject_of
from escalation_sensors.diagnosis.category import Category
from resources.lakehouse import LakehouseResource

CONFLICT = Category.SCHEDULING_CONFLICT
HELD_SECONDS = 2.5


def impatient(scratch: Scratch) -> LakehouseResource:
    """The same lakehouse, by a process that waits for the publish lock for a moment only."""
    return scratch.lakehouse_with(lock_timeout_seconds=0.3)


def held_publish_lock(scratch: Scratch) -> Shown:
    """Another process holds the publish lock for a moment."""
    name = "a publish lock that another process holds"
    path = scratch.settings.catalog_url.removeprefix("sqlite:///") + ".publish.lock"
    take = f"from filelock import FileLock\nlock = FileLock({path!r})\nlock.acquire()"
    with held_until_seen(scratch, subject_of(name), take):
        result = scratch.run([small_asset(name, lambda _: select_of())], lakehouse=impatient(scratch))
    return shown_of(scratch, name, succeeded=result.success)


def held_landing(scratch: Scratch) -> Shown:
    """Another extraction of the same source is under way."""
    folder = OrdersFolder.of(scratch, "an extraction that is under way elsewhere")
    text = csv_text(orders())
    folder.deliver(text)
    lock = scratch.settings.landing_path / folder.name / ".lock"
    lock.parent.mkdir(parents=True)
    take = f"from filelock import FileLock\nlock = FileLock({str(lock)!r})\nlock.acquire()"
    with held_until_seen(scratch, folder.subject, take):
        result = folder.load(folder.asset(folder.source(lock_wait_seconds=0.3)))
    return folder.shown(result.success, truth(text))


def held_duckdb_file(scratch: Scratch) -> Shown:
    """A DuckDB file that another process has open for writing."""
    name = "a DuckDB file that another process has open"
    path = scratch.folder(name) / "other.duckdb"
    with closing(duckdb.connect(str(path))) as made:
        made.execute("CREATE TABLE amounts AS SELECT 1::BIGINT AS number, 10.0::DOUBLE AS amount")

    def work(_lakehouse: LakehouseResource) -> str:
        with closing(duckdb.connect(str(path))) as connection:
            connection.execute("SELECT * FROM amounts").fetchall()
        return select_of()

    with held_until_seen(scratch, subject_of(name), f"import duckdb\nheld = duckdb.connect({str(path)!r})"):
        return run_small(name, work)(scratch)


def locked_sqlite(scratch: Scratch, name: str, *, is_let_go: bool, budget_seconds: float = 300.0) -> Shown:
    """A SQLite database in which another process has an exclusive transaction."""
    path = scratch.folder(name) / "other.sqlite"
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE amounts (number INTEGER)")
        made.commit()

    def work(_lakehouse: LakehouseResource) -> str:
        with closing(sqlite3.connect(path, timeout=0.2)) as connection:
            connection.execute("INSERT INTO amounts VALUES (1)")
            connection.commit()
        return select_of()

    take = f"import sqlite3\nheld = sqlite3.connect({str(path)!r})\nheld.execute('BEGIN EXCLUSIVE')"
    with held_until_seen(scratch, subject_of(name), take) if is_let_go else holding(take):
        tags = {"escalation/budget_seconds": f"{budget_seconds:g}"}
        return run_small(name, work, tags=tags)(scratch)


def taken_port(scratch: Scratch) -> Shown:
    """A port that another process listens on."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def work(_lakehouse: LakehouseResource) -> str:
        with closing(socket.socket()) as own:
            own.bind(("127.0.0.1", port))
        return select_of()

    take = f"import socket\nheld = socket.socket()\nheld.bind(('127.0.0.1', {port}))\nheld.listen()"
    name = "a port that another process listens on"
    with held_until_seen(scratch, subject_of(name), take):
        return run_small(name, work)(scratch)


def exhausted_pool(scratch: Scratch) -> Shown:
    """A pool of one connection, which another thread has for a moment."""
    path = scratch.folder("pool") / "pool.sqlite"
    engine = sqlalchemy.create_engine(
        f"sqlite:///{path}", poolclass=sqlalchemy.pool.QueuePool, pool_size=1, max_overflow=0, pool_timeout=0.3
    )
    taken = engine.connect()
    timer = threading.Timer(HELD_SECONDS, taken.close)
    timer.start()

    def work(_lakehouse: LakehouseResource) -> str:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("SELECT 1"))
        return select_of()

    try:
        return run_small("a pool whose only connection is taken", work)(scratch)
    finally:
        timer.join()
        engine.dispose()


def locked_file(scratch: Scratch) -> Shown:
    """A file that another process has locked."""
    path = scratch.folder("a file that another process has locked") / "cash.book"
    path.touch()

    def work(_lakehouse: LakehouseResource) -> str:
        with Path(path).open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return select_of()

    take = f"import fcntl\nheld = open({str(path)!r}, 'r+b')\nfcntl.flock(held, fcntl.LOCK_EX)"
    name = "a file that another process has locked"
    with held_until_seen(scratch, subject_of(name), take):
        return run_small(name, work)(scratch)


FAULTS: tuple[Experiment, ...] = (
    repairable("a publish lock that another process holds", CONFLICT, held_publish_lock, "it is given back in time"),
    repairable("an extraction that is under way elsewhere", CONFLICT, held_landing, "it ends in time"),
    repairable("a DuckDB file that another process has open", CONFLICT, held_duckdb_file, "its holder ends in time"),
    repairable(
        "a SQLite database that is locked",
        CONFLICT,
        lambda scratch: locked_sqlite(scratch, "a SQLite database that is locked", is_let_go=True),
        "the transaction ends in time",
    ),
    repairable("a port that another process listens on", CONFLICT, taken_port, "its holder ends in time"),
    repairable("a pool whose only connection is taken", CONFLICT, exhausted_pool, "it is given back in time"),
    repairable("a file that another process has locked", CONFLICT, locked_file, "its holder ends in time"),
    passed_on(
        "a SQLite database that stays locked",
        CONFLICT,
        lambda scratch: locked_sqlite(
            scratch, "a SQLite database that stays locked", is_let_go=False, budget_seconds=10.0
        ),
        "its holder does not end within the budget",
        may_act=True,
    ),
)
