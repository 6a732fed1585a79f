"""Work that had begun and ran out of its time: statements, reads, deadlines, budgets."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing

import httpx

from data_platform.chaos.experiment import Experiment, Shown, passed_on, repairable
from data_platform.chaos.faults.source_unavailable import JSON, load_from_api, until
from data_platform.chaos.heavy_query import heavy_rows, heavy_select, parts_of
from data_platform.chaos.http_server import Answer, serving
from data_platform.chaos.orders import OrdersFolder, csv_text, orders, truth
from data_platform.chaos.scratch import Scratch
from data_platform.chaos.small_asset import run_small, select_of
from data_platform.chaos.sql_orders import orders_database
from escalation_sensors.diagnosis.category import Category
from resources.lakehouse import LakehouseResource

TIMEOUT = Category.PIPELINE_TIMEOUT
SPLIT_KEY = {"escalation/split_key": "number"}
ROWS = 1000


def stalled_socket(scratch: Scratch) -> Shown:
    """An API that takes the request and is silent, once."""
    asked: list[float] = []

    def bad(since: float) -> Answer | None:
        asked.append(since)
        return Answer(stall_seconds=20.0) if len(asked) == 1 else None

    return load_from_api(scratch, "a stalled socket", bad, patience=1.0)


def gateway_timeout(scratch: Scratch) -> Shown:
    """A gateway that gives up on what is behind it."""
    return load_from_api(scratch, "a gateway that times out", until(1.0, Answer(504, b"{}", JSON)))


def slow_once(_seconds: float) -> Callable[[LakehouseResource], str]:
    """Work that is slow while its cache is cold."""
    calls: list[int] = []

    def work(_lakehouse: LakehouseResource) -> str:
        calls.append(1)
        if len(calls) == 1:
            time.sleep(_seconds)
        return select_of()

    return work


def stalled_read() -> Callable[[LakehouseResource], str]:
    """A stranger's client whose read times out once, against a real server."""

    def work(_lakehouse: LakehouseResource) -> str:
        httpx.get(f"{STALLED[0]}/amounts", timeout=0.5, trust_env=False).raise_for_status()
        return select_of()

    return work


STALLED: list[str] = [""]


def read_timeout(scratch: Scratch) -> Shown:
    """The same, with its server."""
    with serving(lambda number, _: Answer(stall_seconds=5.0 if number == 1 else 0.0, body=b"{}")) as served:
        STALLED[0] = served.address
        return run_small("a read that times out", stalled_read(), metadata=SPLIT_KEY)(scratch)


def child_that_hangs() -> Callable[[LakehouseResource], str]:
    """A tool that hangs once."""
    calls: list[int] = []

    def work(_lakehouse: LakehouseResource) -> str:
        calls.append(1)
        pause = 30 if len(calls) == 1 else 0
        subprocess.run([sys.executable, "-c", f"import time; time.sleep({pause})"], check=True, timeout=2)
        return select_of()

    return work


def statement_timeout(scratch: Scratch) -> Shown:
    """A view of the operational database that is too heavy for its statement timeout."""
    folder = OrdersFolder.of(scratch, "a statement that times out")
    rows = orders()
    path, source = orders_database(folder, rows, statement_timeout_seconds=0.5)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000)"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE orders RENAME TO kept")
        connection.execute(
            f"CREATE VIEW orders AS {endless} "
            "SELECT order_id, customer, amount FROM kept WHERE (SELECT max(i) FROM n) > 0"
        )
        connection.commit()
    result = folder.load(folder.asset(source))
    return folder.shown(result.success, truth(csv_text(rows)))


def over_budget(scratch: Scratch) -> Shown:
    """Work that takes longer than its budget, whatever is done."""

    def work(_lakehouse: LakehouseResource) -> str:
        time.sleep(30)
        return select_of()

    tags = {"escalation/deadline_seconds": "1", "escalation/budget_seconds": "4"}
    return run_small("work that is longer than its budget", work, tags=tags, metadata=SPLIT_KEY)(scratch)


def heavy(scratch: Scratch) -> Shown:
    """A query that is too slow as a whole for its deadline, and quick in parts."""
    return run_small(
        "a query that exceeds its deadline",
        heavy_select,
        tags={"escalation/deadline_seconds": "0.3"},
        metadata=SPLIT_KEY,
        split=parts_of,
        truth=heavy_rows(),
    )(scratch)


FAULTS: tuple[Experiment, ...] = (
    repairable("a stalled socket", TIMEOUT, stalled_socket, "the next request is answered"),
    repairable("a gateway that times out", TIMEOUT, gateway_timeout, "what is behind it answers the next time"),
    repairable(
        "a query that exceeds its deadline", TIMEOUT, heavy, "it has a split key, and an attempt has the budget"
    ),
    repairable(
        "work that is slow while its cache is cold",
        TIMEOUT,
        run_small(
            "work that is slow while its cache is cold",
            slow_once(5.0),
            tags={"escalation/deadline_seconds": "1"},
            metadata=SPLIT_KEY,
        ),
        "the second time it is warm",
    ),
    repairable("a read that times out", TIMEOUT, read_timeout, "the next read is answered"),
    repairable(
        "a tool that hangs once",
        TIMEOUT,
        run_small("a tool that hangs once", child_that_hangs(), metadata=SPLIT_KEY),
        "the next time it does not hang",
    ),
    passed_on(
        "a statement that times out",
        TIMEOUT,
        statement_timeout,
        "the database's own view is too heavy, and a source is read whole",
        may_act=True,
    ),
    passed_on(
        "work that is longer than its budget", TIMEOUT, over_budget, "no time that may be spent is enough", may_act=True
    ),
)
