"""Work that had begun and ran out of its time: statements, reads, deadlines, budgets."""

import sqlite3
import time
from contextlib import closing

import httpx
import sqlalchemy

from data_platform.chaos.experiment import Experiment, Shown, passed_on, repairable
from data_platform.chaos.faults.source_unavailable import JSON, load_from_api, until
from data_platform.chaos.http_server import Answer, serving
from data_platform.chaos.limits import (
    SIXTEEN,
    StatementLimited,
    by_a_tool,
    database_with_limit,
    gateway,
    less_than_the_whole,
    paced_rows,
    read_in_parts,
)
from data_platform.chaos.orders import OrdersFolder, csv_text, orders, truth
from data_platform.chaos.scratch import Scratch
from data_platform.chaos.slow_tables import CARRIERS, airlines
from data_platform.chaos.small_asset import rows_of, run_small, select_of, shown_of
from data_platform.chaos.small_model import small_model
from data_platform.chaos.sql_orders import orders_database
from data_platform.engine.split import split_by_key
from escalation_sensors import current_tuning
from escalation_sensors.diagnosis.category import Category
from resources.lakehouse import LakehouseResource

TIMEOUT = Category.PIPELINE_TIMEOUT
SPLIT_KEY = {"escalation/split_key": "number"}
ROWS = 512
"""Of the operational database."""
PAIRED = 60_000
PAIRS = (
    "SELECT a.carrier::BIGINT AS number, count(*) FILTER (md5(a.name || b.name) >= '0')::DOUBLE AS amount "
    "FROM raw.airlines AS a JOIN raw.airlines AS b ON a.carrier = b.carrier GROUP BY ALL"
)
"""Each row with each of its carrier: all of it takes seconds, and a part of the carriers a part of that."""


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


def limited_query(scratch: Scratch) -> Shown:
    """A model of the platform's whose query is too slow as a whole for the engine's statement limit."""
    name = "a model whose query exceeds the statement limit"
    rows = f"SELECT format('{{:03d}}', i % {CARRIERS}) AS carrier, md5(i::VARCHAR) AS name FROM range({PAIRED}) AS r(i)"
    airlines(scratch, rows)
    with scratch.lakehouse.connection() as connection:
        sixteenth = split_by_key(PAIRS, ("number",), SIXTEEN)[0]
        limit = less_than_the_whole(lambda: connection.execute(sixteenth).fetchall())
    known = {each: getattr(scratch.lakehouse, each) for each in type(scratch.lakehouse).model_fields}
    limited = StatementLimited(**known, limit_seconds=limit)
    result = scratch.run([small_model(scratch, name, PAIRS, ("number",))], lakehouse=limited)
    each = float((PAIRED // CARRIERS) ** 2)
    return shown_of(scratch, name, succeeded=result.success, truth=rows_of([(i, each) for i in range(CARRIERS)]))


def limited_gateway(scratch: Scratch) -> Shown:
    """A gateway that cuts every answer that takes it too long."""
    with serving(gateway) as served:

        def work(_lakehouse: LakehouseResource) -> str:
            found: list[tuple[int, float]] = []
            of = current_tuning().batches
            for part in range(of):
                url = f"{served.address}/amounts?part={part}&of={of}"
                answer = httpx.get(url, timeout=10, trust_env=False).raise_for_status()
                found += [(row["number"], row["amount"]) for row in answer.json()]
            return select_of(found)

        name = "a gateway that cuts what takes long"
        return run_small(name, work, metadata=SPLIT_KEY, truth=rows_of(paced_rows()))(scratch)


def limited_statement(scratch: Scratch) -> Shown:
    """An operational database that ends every statement that takes too long, and a view with slow rows."""
    name = "a database that ends long statements"
    path = scratch.folder(name) / "operational.sqlite"
    steps = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000) SELECT max(i) FROM n"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE kept (number INTEGER PRIMARY KEY, amount DOUBLE)")
        connection.executemany("INSERT INTO kept VALUES (?, ?)", [(n, n * 1.5) for n in range(ROWS)])
        connection.execute(
            f"CREATE VIEW amounts AS SELECT number, amount FROM kept WHERE ({steps} WHERE n.i + number > 0) > 0"
        )
        connection.commit()
    query = "SELECT number, amount FROM amounts WHERE number >= :first AND number < :end"

    with database_with_limit(path, 60.0) as unlimited:
        bounds = {"first": 0, "end": ROWS // SIXTEEN}
        limit = less_than_the_whole(lambda: unlimited.execute(sqlalchemy.text(query), bounds).fetchall())
    whole = rows_of([(n, n * 1.5) for n in range(ROWS)])
    return run_small(name, read_in_parts(path, limit, query, ROWS), metadata=SPLIT_KEY, truth=whole)(scratch)


FAULTS: tuple[Experiment, ...] = (
    repairable("a stalled socket", TIMEOUT, stalled_socket, "the next request is answered", plain_would_do=True),
    repairable(
        "a gateway that times out",
        TIMEOUT,
        gateway_timeout,
        "what is behind it answers the next time",
        plain_would_do=True,
    ),
    repairable(
        "a model whose query exceeds the statement limit",
        TIMEOUT,
        limited_query,
        "it has a split key, and each part ends within the limit",
    ),
    repairable(
        "a gateway that cuts what takes long", TIMEOUT, limited_gateway, "it reads current_tuning(), and asks in parts"
    ),
    repairable(
        "a database that ends long statements",
        TIMEOUT,
        limited_statement,
        "it reads current_tuning(), and a part ends within the limit",
    ),
    repairable(
        "a tool that may only take so long",
        TIMEOUT,
        run_small("a tool that may only take so long", by_a_tool, metadata=SPLIT_KEY, truth=rows_of(paced_rows())),
        "it reads current_tuning(), and each call has less to do",
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
