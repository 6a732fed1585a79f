"""Two that want the same at the same time: locks of files and databases, ports, pools, publications."""

import fcntl
import socket
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import sqlalchemy

from data_platform.chaos.experiment import Experiment, Shown, passed_on, repairable
from data_platform.chaos.faults.source_unavailable import page
from data_platform.chaos.http_server import Answer, serving
from data_platform.chaos.orders import OrdersFolder, csv_text, identifier, orders, truth
from data_platform.chaos.other_extraction import other_extraction, paced_orders
from data_platform.chaos.other_process import LONG_SECONDS, SHORT_BUDGET_SECONDS, held_until_seen, holding
from data_platform.chaos.scratch import Scratch
from data_platform.chaos.small_asset import run_small, select_of, shown_of, small_asset, subject_of
from escalation_sensors.diagnosis.category import Category
from resources.lakehouse import LakehouseResource

CONFLICT = Category.SCHEDULING_CONFLICT
HELD_SECONDS = 2.5
SLOW_API_SECONDS = 9.0
DUCKDB_FILES = {
    "a DuckDB file that another process has open": "ATTACH '{path}' AS other; SELECT * FROM other.amounts",
    "a DuckDB file that another process writes, and one reads": "ATTACH '{path}' AS other (READ_ONLY)",
}


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
    """Another run of the same asset extracts, in a process of its own, from an API that is in no hurry."""
    name = "an extraction that is under way elsewhere"
    folder = OrdersFolder.of(scratch, name)
    rows = orders()

    def answer(number: int, _path: str) -> Answer:
        return replace(page(rows), stall_seconds=SLOW_API_SECONDS if number == 1 else 0.0)

    with serving(answer) as served, other_extraction(scratch, name, f"{served.address}/orders") as other:
        other.is_under_way(lambda: bool(served.requests))
        result = scratch.run([paced_orders(scratch, name, f"{served.address}/orders")])
        other.has_ended_well()
    published = truth(csv_text(rows))
    return folder.shown(result.success, published, before=published)


def held_duckdb_file(name: str, query: str) -> Callable[[Scratch], Shown]:
    """A DuckDB file that another process has open for writing, and has to do with for a while."""

    def act(scratch: Scratch) -> Shown:
        path = scratch.folder(identifier(name)) / "other.duckdb"
        with closing(duckdb.connect(str(path))) as made:
            made.execute("CREATE TABLE amounts AS SELECT 1::BIGINT AS number, 10.0::DOUBLE AS amount")

        def work(_lakehouse: LakehouseResource) -> str:
            with closing(duckdb.connect()) as connection:
                connection.execute(query.format(path=path))
            return select_of()

        take = f"import duckdb\nheld = duckdb.connect({str(path)!r})"
        tags = {"escalation/budget_seconds": f"{SHORT_BUDGET_SECONDS:g}"}
        with held_until_seen(scratch, subject_of(name), take, LONG_SECONDS):
            return run_small(name, work, tags=tags)(scratch)

    return act


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
    repairable(
        "a publish lock that another process holds",
        CONFLICT,
        held_publish_lock,
        "it is given back in time",
        plain_would_do=True,
    ),
    repairable(
        "an extraction that is under way elsewhere",
        CONFLICT,
        held_landing,
        "the other run of it is known, and level 1 stands behind it until it has ended",
    ),
    *(
        repairable(name, CONFLICT, held_duckdb_file(name, query), "its holder is named, and waited for until it ends")
        for name, query in DUCKDB_FILES.items()
    ),
    repairable(
        "a SQLite database that is locked",
        CONFLICT,
        lambda scratch: locked_sqlite(scratch, "a SQLite database that is locked", is_let_go=True),
        "the transaction ends in time",
        plain_would_do=True,
    ),
    repairable(
        "a port that another process listens on", CONFLICT, taken_port, "its holder ends in time", plain_would_do=True
    ),
    repairable(
        "a pool whose only connection is taken",
        CONFLICT,
        exhausted_pool,
        "it is given back in time",
        plain_would_do=True,
    ),
    repairable(
        "a file that another process has locked", CONFLICT, locked_file, "its holder ends in time", plain_would_do=True
    ),
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
