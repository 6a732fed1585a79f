"""The shape is right and the values are wrong, or the file is cut or garbled."""

import gzip
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

from data_platform.chaos.downloads import DownloadedFolder
from data_platform.chaos.experiment import Experiment, Shown, passed_on, repairable
from data_platform.chaos.faults.source_unavailable import JSON, page
from data_platform.chaos.http_server import Answer, serving
from data_platform.chaos.orders import COLUMNS, Orders, OrdersFolder, asset_of, csv_text, orders, truth
from data_platform.chaos.scratch import Scratch
from data_platform.chaos.small_asset import run_small, select_of
from data_platform.chaos.tolerant_orders import TolerantOrders
from escalation_sensors.diagnosis.category import Category
from resources.lakehouse import LakehouseResource
from resources.sources import JsonApi

QUALITY = Category.DATA_QUALITY
ROWS = 3000
"""Enough that a fraction of them is some rows."""
ETAG = '"2013-01-03"'
"""Of the file as it lies on the server: what becomes of it on the way changes nothing of that."""


def downloaded(name: str, file: str, good: Callable[[str], bytes], bad: Callable[[bytes], bytes]) -> Experiment:
    """A file that came bad over the wire: it is sent again only to who does not say that it has it already."""

    def act(scratch: Scratch) -> Shown:
        folder = OrdersFolder.of(scratch, name, file)
        text = csv_text(orders())
        whole = good(text)
        with serving(lambda number, _: Answer(body=bad(whole) if number == 1 else whole, etag=ETAG)) as served:
            source = DownloadedFolder(
                name=folder.name,
                folder=folder.folder,
                pattern=file,
                url=f"{served.address}/{file}",
                settle_seconds=0.0,
                wait_seconds=0.2,
            )
            result = folder.load(folder.asset(source))
        return folder.shown(result.success, truth(text))

    return repairable(name, QUALITY, act, "asked for anew, and not only if it has changed, the file is whole")


def zipped(text: str) -> bytes:
    """A zip with one member."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("orders.csv", text)
    return made.getvalue()


def half(content: bytes) -> bytes:
    """The first half."""
    return content[: len(content) // 2]


def spoilt_export(name: str, body: bytes) -> Experiment:
    """An API whose export lost its second page: it comes whole only from a new export, which begins at page one."""

    def act(scratch: Scratch) -> Shown:
        rows = orders()
        exports: list[int] = []

        def answer(_number: int, path: str) -> Answer:
            _, _, export = path.partition("?export=")
            if not export:
                exports.append(len(exports) + 1)
                return page(rows[:10], f"/orders?export={exports[-1]}")
            return Answer(200, body, JSON) if export == "1" else page(rows[10:])

        folder = OrdersFolder.of(scratch, name)
        with serving(answer) as served:
            source = JsonApi(name=folder.name, url=f"{served.address}/orders", timeout_seconds=5.0)
            result = scratch.run([asset_of(scratch, source, Orders)])
        return folder.shown(result.success, truth(csv_text(rows)))

    return repairable(name, QUALITY, act, "read again from its first page, and not from where it stopped, it is whole")


def spoilt(name: str, column: str, value: str, count: int, *, can_be_repaired: bool) -> Experiment:
    """Orders of which some have a wrong value, which a repair may set aside up to a tolerance."""

    def act(scratch: Scratch) -> Shown:
        folder = OrdersFolder.of(scratch, name, contract=TolerantOrders)
        folder.deliver(csv_text(orders(ROWS)))
        folder.load()
        before = folder.rows()
        rows = orders(ROWS)
        bad = rows[10 : 10 + count]
        for row in bad:
            row[COLUMNS.index(column)] = value
        folder.deliver(csv_text(rows))
        result = folder.load()
        if not can_be_repaired:
            return folder.shown(result.success, truth(csv_text(orders(ROWS))), before)
        good = truth(csv_text([*rows[:10], *rows[10 + count :]]))
        return folder.shown(result.success, good, before, may_be_set_aside=truth(csv_text(bad)))

    if can_be_repaired:
        return repairable(name, QUALITY, act, "the contract allows a repair to set so many rows aside")
    return passed_on(name, QUALITY, act, "more rows than the contract allows to set aside", may_act=True)


def twice(scratch: Scratch) -> Shown:
    """A file in which every order is there twice."""
    folder = OrdersFolder.of(scratch, "every order twice")
    folder.deliver(csv_text(orders()))
    folder.load()
    before = folder.rows()
    folder.deliver(csv_text([*orders(), *orders()]))
    result = folder.load()
    return folder.shown(result.success, truth(csv_text(orders())), before)


def unreadable_value(scratch: Scratch) -> Shown:
    """A word where a number is due, today and tomorrow."""
    folder = OrdersFolder.of(scratch, "a word where a number is due")
    rows = orders()
    rows[3][2] = "plenty"
    folder.deliver(csv_text(rows))
    return folder.shown(folder.load().success, truth(csv_text(orders())))


def division_by_zero(_lakehouse: LakehouseResource) -> str:
    """An average over no day at all."""
    days = [day for day in (datetime(2013, 1, 1, tzinfo=UTC),) if day.month > 1]
    return select_of(((1, 30.0 / len(days)),))


FAULTS: tuple[Experiment, ...] = (
    downloaded("a gzip that is cut short", "orders.csv.gz", lambda text: gzip.compress(text.encode()), half),
    downloaded("a zip that is cut short", "orders.csv.zip", zipped, half),
    downloaded("a CSV that is cut in the middle of a line", "orders.csv", str.encode, lambda whole: half(whole)[:-1]),
    downloaded(
        "a CSV that is not UTF-8", "orders.csv", str.encode, lambda whole: whole + "9,Müller,1\n".encode("latin-1")
    ),
    spoilt_export("a page that is no JSON", b'{"data": [{"order_id": 1, '),
    spoilt_export("a page of HTML with status 200", b"<!doctype html><title>Sign in</title>"),
    spoilt("missing customers within the tolerance", "customer", "NA", 5, can_be_repaired=True),
    spoilt("impossible amounts within the tolerance", "amount", "-1.0", 5, can_be_repaired=True),
    spoilt("missing customers over the tolerance", "customer", "NA", 500, can_be_repaired=False),
    passed_on("every order twice", QUALITY, twice, "no row may be set aside for its key", may_act=True),
    passed_on(
        "a word where a number is due", QUALITY, unreadable_value, "what is delivered must be corrected", may_act=True
    ),
    passed_on(
        "a division by zero",
        QUALITY,
        run_small("a division by zero", division_by_zero),
        "the source has no day, however often it is asked",
        may_act=True,
    ),
)
