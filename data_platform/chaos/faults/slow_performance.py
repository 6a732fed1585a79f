"""Steps that succeed and take far longer than they usually do; what is slow is improved, proposed or passed on."""

import hashlib
import threading
from collections.abc import Callable, Sequence

import dagster as dg
import httpx

from data_platform.chaos.experiment import Experiment, Rows, Shown, passed_on, repairable
from data_platform.chaos.http_server import Answer, serving
from data_platform.chaos.scratch import QUIET, Scratch
from data_platform.chaos.slow_tables import (
    FIGURES,
    WANTED,
    airlines,
    figures_rows,
    large,
    small,
    small_in_crumbs,
    wanted_rows,
)
from data_platform.chaos.small_asset import select_of, shown_of, small_asset, subject_of
from data_platform.chaos.small_model import small_model
from escalation_sensors.diagnosis.category import Category
from escalation_sensors.level1.ledger import Ledger, Subject
from escalation_sensors.level1.setup import Setup
from escalation_sensors.level1.slow_steps.improve_layout_job import improve_layout_job
from escalation_sensors.level1.slow_steps.judge import improvement_of
from escalation_sensors.level1.subjects import ATTEMPT_TAG
from resources.lakehouse import LakehouseResource

SLOW = Category.SLOW_PERFORMANCE
USUAL_RUNS = 5
SLOW_SECONDS = 8.0
GROWN_LOOP_ROWS = 4_000_000


def improve(scratch: Scratch, name: str) -> None:
    """Run the ladder's own job for what it decided to improve, as its sensor would."""
    attempt = improvement_of(Ledger(scratch.store), Subject("", subject_of(name)))
    if attempt is not None:
        job = improve_layout_job(Setup(scratch.policy, scratch.pipeline))
        tags = {ATTEMPT_TAG: str(attempt.id)}
        job.execute_in_process(instance=scratch.instance, tags=tags, run_config=QUIET, raise_on_error=False)


def slowed(
    scratch: Scratch,
    name: str,
    asset: Callable[[], dg.AssetsDefinition],
    slow_down: Callable[[Callable[[], bool]], bool],
    truth: Rows | None = None,
) -> Shown:
    """Usual runs, one that `slow_down` makes slow, the improvement, and the next run."""

    def run() -> bool:
        return scratch.run([asset()]).success

    succeeded = all(run() for _ in range(USUAL_RUNS))
    succeeded = slow_down(run) and succeeded
    improve(scratch, name)
    return shown_of(scratch, name, succeeded=run() and succeeded, truth=truth)


COUNT_SQL = (
    "SELECT carrier::BIGINT AS number, count(*)::DOUBLE AS amount FROM raw.airlines "
    "WHERE carrier IN ('1', '2', '3') GROUP BY ALL"
)


def held_up(scratch: Scratch) -> Shown:
    """A model that another's publication holds up for seconds."""
    name = "a model that a neighbour holds up"
    airlines(scratch, "SELECT i % 10 AS carrier, i AS name FROM range(1000) AS r(i)")

    def slow_down(run: Callable[[], bool]) -> bool:
        held, over = threading.Event(), threading.Event()

        def hold() -> None:
            with scratch.lakehouse.publish_lock():
                held.set()
                over.wait(SLOW_SECONDS)

        neighbour = threading.Thread(target=hold)
        neighbour.start()
        held.wait(30)
        try:
            return run()
        finally:
            over.set()
            neighbour.join()

    truth = Rows({(number, "100.0"): 1 for number in "123"})
    return slowed(scratch, name, lambda: small_model(scratch, name, COUNT_SQL), slow_down, truth)


def grown(name: str, sql: str, before: str, after: str, truth: Callable[[Scratch], Rows]) -> Callable[[Scratch], Shown]:
    """A model whose table grew so that its query takes far longer, and will tomorrow."""

    def act(scratch: Scratch) -> Shown:
        airlines(scratch, before)

        def slow_down(run: Callable[[], bool]) -> bool:
            airlines(scratch, after)
            return run()

        shown = slowed(scratch, name, lambda: small_model(scratch, name, sql), slow_down)
        return Shown(
            shown.subjects, shown.succeeded, truth=truth(scratch), after=shown.after, note="the table has grown"
        )

    return act


def laid_otherwise(
    name: str, sql: str, before: Callable[[Scratch], None], after: Callable[[Scratch], None], truth: Rows
) -> Callable[[Scratch], Shown]:
    """A model whose table is loaded again with the same rows, which lie so that reading them takes far longer."""

    def act(scratch: Scratch) -> Shown:
        before(scratch)

        def slow_down(run: Callable[[], bool]) -> bool:
            after(scratch)
            return run()

        return slowed(scratch, name, lambda: small_model(scratch, name, sql), slow_down, truth)

    return act


KEY_FIGURES = " UNION ALL ".join(
    f"SELECT {number}::BIGINT AS number, {figure}::DOUBLE AS amount FROM raw.airlines"
    for number, figure in enumerate(FIGURES, 1)
)
FILTERED = " UNION ALL ".join(
    f"SELECT {number}::BIGINT AS number, sum(length(name))::DOUBLE AS amount FROM raw.airlines "
    f"WHERE carrier = '{number}'"
    for number in WANTED
)
JOINED = " UNION ALL ".join(
    "SELECT wanted.number::BIGINT AS number, sum(length(load.name))::DOUBLE AS amount FROM raw.airlines AS load "
    f"JOIN (VALUES ('{number}', {number}), ('{number + 1}', {number + 1})) AS wanted(carrier, number) "
    "ON load.carrier = wanted.carrier GROUP BY ALL"
    for number in WANTED[::2]
)

CROSS = (
    "SELECT a.carrier::BIGINT AS number, count(*) FILTER (hash(a.name || b.name) >= 0)::DOUBLE AS amount "
    "FROM raw.airlines AS a CROSS JOIN raw.airlines AS b GROUP BY ALL"
)
SKEWED = (
    "SELECT a.carrier::BIGINT AS number, sum(length(a.name || b.name) * 0 + 1)::DOUBLE AS amount "
    "FROM raw.airlines AS a JOIN raw.airlines AS b ON a.carrier = b.carrier GROUP BY ALL"
)
CROSS_ROWS, SKEWED_ROWS = 7000, 7000


def slow_api(scratch: Scratch) -> Shown:
    """A stranger's asset whose API answers slowly for once."""
    name = "an asset whose API answers slowly"
    slow: list[float] = []

    def answer(_number: int, _path: str) -> Answer:
        return Answer(body=b"{}", stall_seconds=slow.pop() if slow else 0.0)

    def slow_down(run: Callable[[], bool]) -> bool:
        slow.append(SLOW_SECONDS)
        return run()

    with serving(answer) as served:

        def work(_lakehouse: LakehouseResource) -> str:
            httpx.get(f"{served.address}/", timeout=30, trust_env=False).raise_for_status()
            return select_of()

        return slowed(scratch, name, lambda: small_asset(name, work), slow_down)


def slow_loop(scratch: Scratch) -> Shown:
    """Python that goes through its rows one by one, and the rows have grown."""
    name = "a loop over rows that have grown"
    rows = [1000]

    def work(_lakehouse: LakehouseResource) -> str:
        seen: set[bytes] = set()
        for number in range(rows[0]):
            seen.add(hashlib.sha256(str(number % 1000).encode()).digest())
        return select_of()

    def slow_down(run: Callable[[], bool]) -> bool:
        rows[0] = GROWN_LOOP_ROWS
        return run()

    return slowed(scratch, name, lambda: small_asset(name, work), slow_down)


def grown_rows(numbers: Sequence[int], amount: float) -> Callable[[Scratch], Rows]:
    """What a grown model publishes."""
    return lambda _: Rows((str(number), str(amount)) for number in numbers)


REWRITE = "the query itself has to change, and that is proposed"

FAULTS: tuple[Experiment, ...] = (
    repairable(
        "a model that a neighbour holds up",
        SLOW,
        held_up,
        "its query alone is quick, so nothing is rewritten, and its next run is as quick as usual",
        plain_would_do=True,
    ),
    repairable(
        "many tiny loads that left a table in crumbs",
        SLOW,
        laid_otherwise(
            "many tiny loads that left a table in crumbs", KEY_FIGURES, small, small_in_crumbs, figures_rows()
        ),
        "its files are merged into one",
    ),
    repairable(
        "a table reloaded in no order, under a filter",
        SLOW,
        laid_otherwise(
            "a table reloaded in no order, under a filter",
            FILTERED,
            large("carrier"),
            large("hash(i)"),
            wanted_rows(),
        ),
        "it is sorted by the filter's key, and the statistics of its row groups keep most from being read",
    ),
    repairable(
        "a table reloaded in no order, under a join",
        SLOW,
        laid_otherwise(
            "a table reloaded in no order, under a join",
            JOINED,
            large("carrier"),
            large("hash(i)"),
            wanted_rows(),
        ),
        "it is sorted by the join's key, and the few keys of the other side keep most from being read",
    ),
    passed_on(
        "a cross product over a table that grew",
        SLOW,
        grown(
            "a cross product over a table that grew",
            CROSS,
            "SELECT 1 AS carrier, i AS name FROM range(20) AS r(i)",
            f"SELECT 1 AS carrier, i AS name FROM range({CROSS_ROWS}) AS r(i)",
            grown_rows([1], float(CROSS_ROWS**2)),
        ),
        REWRITE,
        may_act=True,
    ),
    passed_on(
        "a skewed join over a table that grew",
        SLOW,
        grown(
            "a skewed join over a table that grew",
            SKEWED,
            "SELECT i % 10 AS carrier, i AS name FROM range(20) AS r(i)",
            f"SELECT 7 AS carrier, i AS name FROM range({SKEWED_ROWS}) AS r(i)",
            grown_rows([7], float(SKEWED_ROWS**2)),
        ),
        "no order of the rows takes the skew away",
        may_act=True,
    ),
    passed_on(
        "an asset whose API answers slowly", SLOW, slow_api, "it runs no query that could be profiled", may_act=True
    ),
    passed_on(
        "a loop over rows that have grown", SLOW, slow_loop, "it runs no query that could be profiled", may_act=True
    ),
)
