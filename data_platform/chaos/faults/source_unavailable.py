"""Sources that do not answer, throttle, hang up, refuse or are not there now."""

import json
import socket
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Timer

from data_platform.chaos.experiment import Experiment, Shown, passed_on, repairable
from data_platform.chaos.http_server import Answer, serving
from data_platform.chaos.orders import Orders, OrdersFolder, asset_of, csv_text, identifier, orders, truth
from data_platform.chaos.scratch import Scratch
from data_platform.chaos.sql_orders import orders_database
from escalation_sensors.diagnosis.category import Category
from resources.sources import JsonApi

SOURCE = Category.SOURCE_UNAVAILABLE
PATIENCE_SECONDS = 0.4
"""How long the source itself tries again; its timeout is a setting, and short here."""
DOWN_SECONDS = 2.0
JSON = {"Content-Type": "application/json"}
Bad = Callable[[float], Answer | None]
"""The answer after so many seconds since the first request; None is the page as it should be."""


def page(rows: list[list[str]], following: str | None = None) -> Answer:
    """A page with these orders, and the link to the next one."""
    records = [{"order_id": int(row[0]), "customer": row[1], "amount": float(row[2])} for row in rows]
    return Answer(body=json.dumps({"data": records, "next": following}).encode(), headers=JSON)


def load_from_api(scratch: Scratch, name: str, bad: Bad, patience: float = PATIENCE_SECONDS) -> Shown:
    """Load orders from an API that misbehaves."""
    rows = orders()
    began: list[float] = []

    def answer(_number: int, _path: str) -> Answer:
        began.append(time.monotonic())
        return bad(began[-1] - began[0]) or page(rows)

    folder = OrdersFolder.of(scratch, name)
    with serving(answer) as served:
        source = JsonApi(name=identifier(name), url=f"{served.address}/orders", timeout_seconds=patience)
        result = scratch.run([asset_of(scratch, source, Orders)])
    return folder.shown(result.success, truth(csv_text(rows)))


def until(seconds: float, answer: Answer) -> Bad:
    """`answer` for so long."""
    return lambda since: answer if since < seconds else None


def throttled_until_a_date(since: float) -> Answer | None:
    """429, and the date when it may be asked again."""
    if since >= DOWN_SECONDS:
        return None
    at = datetime.now(UTC) + timedelta(seconds=4)
    return Answer(429, b"{}", JSON | {"Retry-After": format_datetime(at, usegmt=True)})


UNAVAILABLE = Answer(503, b'{"error": "unavailable"}', JSON)
EXPIRED = Answer(
    401,
    b'{"error": "invalid_token", "error_description": "The access token expired"}',
    JSON | {"WWW-Authenticate": 'Bearer error="invalid_token", error_description="The access token expired"'},
)


def api(name: str, bad: Bad, reason: str) -> Experiment:
    """An API that recovers."""
    return repairable(name, SOURCE, lambda scratch: load_from_api(scratch, name, bad), reason, plain_would_do=True)


def stubborn_api(name: str, bad: Bad, reason: str, *, may_act: bool) -> Experiment:
    """An API that does not."""
    return passed_on(name, SOURCE, lambda scratch: load_from_api(scratch, name, bad), reason, may_act=may_act)


def refused_connection(scratch: Scratch) -> Shown:
    """A server that is not up yet: the port refuses until it is."""
    name = "a connection that is refused"
    rows = orders()
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    folder = OrdersFolder.of(scratch, name)
    source = JsonApi(name=identifier(name), url=f"http://127.0.0.1:{port}/orders", timeout_seconds=PATIENCE_SECONDS)
    up = []

    def start() -> None:
        up.append(serving(lambda *_: page(rows), port))
        up[0].__enter__()

    timer = Timer(2.0, start)
    timer.start()
    try:
        result = scratch.run([asset_of(scratch, source, Orders)])
    finally:
        timer.join()
        up[0].__exit__(None, None, None)
    return folder.shown(result.success, truth(csv_text(rows)))


def late_file(scratch: Scratch) -> Shown:
    """A file that is delivered while level 1 waits."""
    folder = OrdersFolder.of(scratch, "a file that comes late")
    text = csv_text(orders())
    courier = Timer(2.0, folder.deliver, [text])
    courier.start()
    result = folder.load()
    courier.join()
    return folder.shown(result.success, truth(text))


def no_file(scratch: Scratch) -> Shown:
    """A file that was there yesterday and never comes today."""
    folder = OrdersFolder.of(scratch, "a file that never comes")
    text = csv_text(orders())
    delivered = folder.deliver(text)
    folder.load()
    before = folder.rows()
    delivered.unlink()
    result = folder.load(folder.asset(budget_seconds=10.0))
    return folder.shown(result.success, truth(text), before)


def database_gone(scratch: Scratch) -> Shown:
    """The operational database is moved away, and back a little later."""
    folder = OrdersFolder.of(scratch, "a database that is away for a moment")
    rows = orders()
    path, source = orders_database(folder, rows)
    away = path.with_suffix(".away")
    path.rename(away)
    timer = Timer(2.0, away.rename, [path])
    timer.start()
    result = folder.load(folder.asset(source))
    timer.join()
    return folder.shown(result.success, truth(csv_text(rows)))


FAULTS: tuple[Experiment, ...] = (
    api("an API that answers 503 and then recovers", until(2.0, UNAVAILABLE), "it recovers within the wait"),
    api(
        "an API that answers 429 with Retry-After in seconds",
        until(2.0, Answer(429, b"{}", JSON | {"Retry-After": "3"})),
        "it says when to come again, and the budget holds that",
    ),
    api("an API that answers 429 with a date", throttled_until_a_date, "it says when, and the budget holds that"),
    api("an API that hangs up", until(2.0, Answer(hang_up=True)), "it answers again within the wait"),
    api(
        "a download that is cut short",
        until(2.0, Answer(200, b'{"data": [', JSON, announced=5000)),
        "the next download is whole",
    ),
    api("a resource that is not there yet", until(2.0, Answer(404, b"{}", JSON)), "it is there within the wait"),
    stubborn_api(
        "an API that asks to wait an hour",
        lambda _: Answer(503, b"{}", JSON | {"Retry-After": "3600"}),
        "the wait does not fit into the budget",
        may_act=False,
    ),
    stubborn_api("a token that expired", lambda _: EXPIRED, "no retry makes a token valid again", may_act=False),
    repairable(
        "a connection that is refused",
        SOURCE,
        refused_connection,
        "the server is up within the wait",
        plain_would_do=True,
    ),
    repairable("a file that comes late", SOURCE, late_file, "it is there when level 1 asks again", plain_would_do=True),
    repairable(
        "a database that is away for a moment",
        SOURCE,
        database_gone,
        "it is back when level 1 asks again",
        plain_would_do=True,
    ),
    passed_on("a file that never comes", SOURCE, no_file, "nobody delivers it within the budget", may_act=True),
)
