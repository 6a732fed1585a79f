"""Two faults at once, and faults outside of the asset's function: IO managers."""

import gzip
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import dagster as dg
import httpx

from data_platform.chaos.downloads import DownloadedFolder
from data_platform.chaos.experiment import Experiment, Rows, Shown, passed_on, repairable
from data_platform.chaos.faults.source_unavailable import JSON, PATIENCE_SECONDS, UNAVAILABLE
from data_platform.chaos.http_server import Answer, serving
from data_platform.chaos.orders import Orders, OrdersFolder, asset_of, csv_text, identifier, orders, truth
from data_platform.chaos.overlapping_schedules import OVERLAPPING, overlaps, worked
from data_platform.chaos.scratch import Scratch
from data_platform.chaos.served import SCHEDULES_PATIENCE_SECONDS, outcome_of, runs_of, start_daemon
from data_platform.chaos.small_asset import rows_of, shown_of, subject_of
from data_platform.chaos.told import told_of
from data_platform.chaos.tolerant_orders import TolerantOrders
from escalation_sensors.diagnosis.category import Category
from resources.sources import JsonApi

ROWS, BAD = 3000, 5
DOWN_SECONDS = 2.0


def down_and_renamed(scratch: Scratch) -> Shown:
    """An API that is down, and when it is up again a field has another name."""
    name = "an API that is down and renamed a field meanwhile"
    rows = orders()
    records = [{"order_id": int(row[0]), "client": row[1], "amount": float(row[2])} for row in rows]
    page = Answer(body=json.dumps({"data": records, "next": None}).encode(), headers=JSON)
    began: list[float] = []

    def answer(_number: int, _path: str) -> Answer:
        began.append(time.monotonic())
        return UNAVAILABLE if began[-1] - began[0] < DOWN_SECONDS else page

    folder = OrdersFolder.of(scratch, name)
    with serving(answer) as served:
        source = JsonApi(name=identifier(name), url=f"{served.address}/orders", timeout_seconds=PATIENCE_SECONDS)
        result = scratch.run([asset_of(scratch, source, Orders, aliases={"customer": ("client",)})])
    return folder.shown(result.success, truth(csv_text(rows)))


def cut_and_spoilt(scratch: Scratch) -> Shown:
    """A download that is cut, and when it is whole a few rows are bad."""
    folder = OrdersFolder.of(scratch, "a gzip that is cut, with bad rows in it", "orders.csv.gz", TolerantOrders)
    rows = orders(ROWS)
    for row in rows[:BAD]:
        row[1] = "NA"
    whole = gzip.compress(csv_text(rows).encode())
    with serving(lambda number, _: Answer(body=whole[:500] if number == 1 else whole)) as served:
        source = DownloadedFolder(
            name=folder.name,
            folder=folder.folder,
            pattern=folder.file,
            url=f"{served.address}/orders.csv.gz",
            settle_seconds=0.0,
            wait_seconds=0.2,
        )
        result = folder.load(folder.asset(source))
    return folder.shown(result.success, truth(csv_text(rows[BAD:])), may_be_set_aside=truth(csv_text(rows[:BAD])))


class HttpStore(dg.IOManager):
    """Keeps outputs on an HTTP server."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.kept: list[str] = []

    def handle_output(self, context: dg.OutputContext, obj: object) -> None:  # noqa: ARG002 - Dagster's signature
        """Send it."""
        httpx.get(f"{self.address}/keep", params={"value": str(obj)}, timeout=5, trust_env=False).raise_for_status()
        self.kept.append(str(obj))

    def load_input(self, context: dg.InputContext) -> str:  # noqa: ARG002 - Dagster's signature
        """What was kept last; no asset of the experiments reads it."""
        return self.kept[-1]


def failing_store(scratch: Scratch, name: str, times: int) -> Shown:
    """An IO manager whose server answers 503 so many times."""

    @dg.asset(
        key=dg.AssetKey(["core", identifier(name)]),
        io_manager_key="store",
        check_specs=[dg.AssetCheckSpec("is_positive", asset=dg.AssetKey(["core", identifier(name)]))],
        tags={"escalation/budget_seconds": "60"},
    )
    def kept() -> Iterator[dg.Output[int] | dg.AssetCheckResult]:
        yield dg.Output(7)
        yield dg.AssetCheckResult(passed=True)

    with serving(lambda number, _: UNAVAILABLE if number <= times else Answer(body=b"{}")) as served:
        store = HttpStore(served.address)
        result = scratch.run([kept], resources={"store": store})
    return Shown((subject_of(name),), result.success, truth=Rows([("7",)]), after=Rows((each,) for each in store.kept))


def overlapping(scratch: Scratch) -> Shown:
    """Two schedules of one partition's job tick together under a daemon; then they tick again."""
    start_daemon(scratch)
    subject = subject_of(OVERLAPPING)

    def is_over() -> bool:
        return "repaired" in told_of(scratch.store, [subject]).states

    with suppress(TimeoutError):
        outcome_of(scratch, OVERLAPPING, is_over, SCHEDULES_PATIENCE_SECONDS)
    runs = runs_of(scratch, OVERLAPPING)
    schedules = {run.tags.get("dagster/schedule_name", "") for run in runs}
    found = overlaps(worked(scratch.settings.dagster_home))
    # At first they overlap, or there was no fault; at last they do not, or there was no repair.
    succeeded = schedules == {"nightly", "hourly"} and any(found) and not found[-1]
    told = ", ".join("beside the one before" if beside else "alone" for beside in found)
    note = f"{len(runs)} runs by {' and '.join(sorted(schedules))}; after the first, each worked: {told}"
    # Both of the first runs publish, and rightly: what is wrong is when they do.
    return shown_of(scratch, OVERLAPPING, succeeded=succeeded, before=rows_of(), note=note)


FAULTS: tuple[Experiment, ...] = (
    repairable(
        "an API that is down and renamed a field meanwhile",
        Category.SOURCE_UNAVAILABLE,
        down_and_renamed,
        "two faults at once, and two attempts: it waits, then maps",
    ),
    repairable(
        "a gzip that is cut, with bad rows in it",
        Category.DATA_QUALITY,
        cut_and_spoilt,
        "two faults at once: extracted again it is whole, and the contract allows a repair to set the rows aside",
    ),
    repairable(
        "an IO manager that fails once",
        Category.SOURCE_UNAVAILABLE,
        lambda scratch: failing_store(scratch, "an IO manager that fails once", 1),
        "the store answers when it is asked again",
        plain_would_do=True,
    ),
    passed_on(
        "an IO manager that fails for good",
        Category.SOURCE_UNAVAILABLE,
        lambda scratch: failing_store(scratch, "an IO manager that fails for good", 99),
        "the store does not come back",
        may_act=True,
    ),
    replace(
        repairable(
            OVERLAPPING,
            Category.SCHEDULING_CONFLICT,
            overlapping,
            "at the next tick the second stands behind the first",
        ),
        ahead=start_daemon,
    ),
)
