"""What is handed on leaves a proposal with a plan of facts, and the policy's `propose` lets level 1 do no more."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

import dagster as dg
import duckdb
import pandera.polars as pa
import polars as pl
import pytest

from escalation_sensors.cli.proposals import show_proposals
from escalation_sensors.diagnosis.category import Category
from escalation_sensors.level1.current_tuning import current_tuning
from escalation_sensors.level1.escalate import escalate
from escalation_sensors.level1.ledger import Ledger, Subject
from escalation_sensors.level1.pipeline import Pipeline, WorkSize
from escalation_sensors.level1.proposals import proposals_of
from escalation_sensors.level1.receipt_book import receipts_of
from escalation_sensors.level1.remedies import pipeline_timeout, plain, scheduling_conflict, source_unavailable
from escalation_sensors.policy.policy import Cap, Policy

calls: list[int] = []
HOLDS_THE_FILE = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


pytestmark = pytest.mark.timeout(60, method="thread")  # its own timer would take the place of the ladder's


@pytest.fixture(autouse=True)
def _fresh(own_store: None, monkeypatch: pytest.MonkeyPatch) -> None:
    calls.clear()
    for remedy in (source_unavailable, scheduling_conflict, pipeline_timeout):
        monkeypatch.setattr(remedy, "FIRST_WAIT_SECONDS", 0.05)
        monkeypatch.setattr(remedy, "SECOND_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(plain, "WAIT_SECONDS", 0.05)


class Orders(pa.DataFrameModel):
    amount: int = pa.Field(ge=0)


class OtherColumns(ValueError):
    """As a reader says it that knows the columns."""

    escalation_category = "schema_mismatch"

    def __init__(self, expected: dict[str, str], found: dict[str, str]) -> None:
        super().__init__("the columns are not those of the contract")
        self.expected_columns, self.found_columns = expected, found


def out_of_memory(_home: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '20MB'; SET max_temp_directory_size = '0MB'; SET threads = 1")
        connection.execute("SELECT count(*) FROM (SELECT DISTINCT hash(range) FROM range(20_000_000))")


def source_unavailable_(_home: Path) -> None:
    import socket  # noqa: PLC0415 - of this fault alone

    socket.create_connection(("127.0.0.1", 1), timeout=1).close()


def pipeline_timeout_(_home: Path) -> None:
    time.sleep(30)


def data_quality(_home: Path) -> None:
    Orders.validate(pl.DataFrame({"amount": [1, -1]}))


def schema_mismatch(_home: Path) -> None:
    raise OtherColumns({"amount": "BIGINT"}, {"amount": "BIGINT", "gate": "VARCHAR"})


def missing_dependency(_home: Path) -> None:
    import a_module_that_nobody_has  # type: ignore[import-not-found] # noqa: F401, PLC0415


def scheduling_conflict_(home: Path) -> None:
    duckdb.connect(home / "held.duckdb").close()


def unknown(_home: Path) -> None:
    raise RuntimeError("something odd")


FAULTS: dict[Category, tuple[Callable[[Path], None], str]] = {
    Category.OUT_OF_MEMORY: (out_of_memory, "smaller_batches"),
    Category.SOURCE_UNAVAILABLE: (source_unavailable_, "wait_for_source"),
    Category.PIPELINE_TIMEOUT: (pipeline_timeout_, "split_work"),
    Category.DATA_QUALITY: (data_quality, "extract_again"),
    Category.SCHEMA_MISMATCH: (schema_mismatch, "evolve_schema"),
    Category.MISSING_DEPENDENCY: (missing_dependency, "install_dependency"),
    Category.SCHEDULING_CONFLICT: (scheduling_conflict_, "wait_for_holder"),
    Category.UNKNOWN: (unknown, "plain"),
}


@pytest.fixture
def held_by_another(tmp_path: Path) -> Iterator[None]:
    """The DuckDB file of the test, open in another process."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS_THE_FILE, str(tmp_path / "held.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield
    finally:
        process.communicate("", timeout=10)


def project(fault: Callable[[], Any], **definition: Any) -> dg.Definitions:
    """The asset that fails, two that are made of it, one after the other, and one beside."""

    @dg.asset(name="orders", **definition)
    def orders() -> None:
        calls.append(current_tuning().batches)
        fault()

    @dg.asset(name="revenue", deps=[orders])
    def revenue() -> None: ...

    @dg.asset(name="report", deps=[revenue])
    def report() -> None: ...

    @dg.asset(name="beside")
    def beside() -> None: ...

    return dg.Definitions(assets=[orders, revenue, report, beside])


def run(defs: dg.Definitions) -> list[str]:
    """Run all; what the run's log says in lines of the ladder's."""
    with dg.DagsterInstance.ephemeral() as instance:
        job = defs.get_repository_def().get_job("__ASSET_JOB")
        result = job.execute_in_process(raise_on_error=False, instance=instance)
        assert not result.success
        return [entry.user_message for entry in instance.all_logs(result.run_id) if entry.dagster_event is None]


@pytest.mark.parametrize("category", FAULTS, ids=str)
@pytest.mark.usefixtures("held_by_another")
def test_under_propose_a_failure_is_handed_on_with_its_plan_and_nothing_is_changed(
    category: Category, tmp_path: Path, ledger: Ledger
) -> None:
    fault, remedy = FAULTS[category]
    tags = {"escalation/deadline_seconds": "0.3"} if category is Category.PIPELINE_TIMEOUT else {}
    defs = project(lambda: fault(tmp_path), tags=tags, metadata={"escalation/split_key": "day"})
    told = run(escalate(defs, Policy(caps={category: Cap.PROPOSE})))
    assert told[0].startswith(f"Error: {category} "), told
    assert calls == [1]
    assert ledger.attempts_of(Subject("", "asset:orders")) == []
    assert receipts_of(ledger.store) == []
    with ledger.store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM tunings").scalar() == 0
    (proposal,) = proposals_of(ledger.store)
    plan = proposal["plan"]
    assert (proposal["state"], proposal["remedy"]) == ("open", remedy)
    assert plan["effect"]
    assert (plan["assets"], plan["downstream"]) == (["asset:orders"], ["asset:revenue", "asset:report"])
    assert (plan["rows"], plan["seconds"]) == (None, None)  # nobody knows
    if category is Category.MISSING_DEPENDENCY:
        return  # what may not be installed is proposed by its remedy, whatever the policy says
    assert plan["why"] == f"the policy says to propose for {category}"
    assert plan["undo"].startswith("nothing is changed before it is approved")
    assert f"Action: none, because {plan['why']}" in told
    assert "Result: handed on to level 2" in told


class Sizes:
    """A pipeline that knows the size of the work."""

    def __init__(self, *split_keys: str) -> None:
        self.split_keys = split_keys

    def size(self, subject: str, partition: str) -> WorkSize:  # noqa: ARG002 - the protocol's signature
        return WorkSize(1_234_567, 9 * 2**30, "HASH_JOIN", split_keys=self.split_keys)


def the_plan_after(
    ledger: Ledger, fault: Callable[[], Any], pipeline: Pipeline | None = None, **definition: Any
) -> dict[str, Any]:
    """The plan of the one proposal that a run leaves."""
    run(escalate(project(fault, **definition), pipeline=pipeline))
    (proposal,) = proposals_of(ledger.store)
    return {"remedy": proposal["remedy"], **proposal["plan"]}


class OverTolerance(ValueError):
    """As a contract says it that kept a table from being published."""

    escalation_category = "data_quality"
    failing_rows = 12
    failing_checks = ("amount: ge", "id: unique")


def raising(error: Callable[[], BaseException]) -> Callable[[], NoReturn]:
    def fault() -> NoReturn:
        current_tuning()
        raise error()

    return fault


def test_rows_over_the_tolerance_are_proposed_to_be_set_aside_as_many_as_the_check_told(ledger: Ledger) -> None:
    plan = the_plan_after(ledger, raising(lambda: OverTolerance("12 rows of 100 are wrong")))
    assert [row["remedy"] for row in ledger.attempts_of(Subject("", "asset:orders"))] == ["extract_again", "quarantine"]
    assert plan["remedy"] == "quarantine"
    assert plan["rows"] == 12
    assert plan["effect"].startswith("set the rows aside that fail amount: ge, id: unique, although")
    assert (
        plan["why"]
        == "it failed again, with the source read anew, and then the rows set aside that the contract allows"
    )
    assert plan["undo"].startswith("level 1 has changed nothing; take back by hand")


def test_a_value_that_no_check_judged_is_proposed_to_be_corrected(ledger: Ledger) -> None:
    def fault() -> None:
        current_tuning()
        with duckdb.connect() as connection:
            connection.execute("SELECT CAST('a word' AS INTEGER)")

    plan = the_plan_after(ledger, fault)
    assert plan["effect"].startswith("have it corrected where it comes from, and delivered again: ConversionException")
    assert plan["rows"] is None


def test_what_is_cut_short_still_is_proposed_to_be_delivered_again(ledger: Ledger) -> None:
    plan = the_plan_after(ledger, raising(lambda: EOFError("Compressed file ended before the end-of-stream marker")))
    assert len(calls) == 2
    assert plan["effect"].startswith("have it delivered again, whole, and run it again: EOFError: Compressed file")


def test_a_column_that_is_gone_one_that_narrows_and_one_that_could_be_two_are_proposed_each_by_name(
    ledger: Ledger,
) -> None:
    expected = {"id": "BIGINT", "amount": "INTEGER", "city": "VARCHAR", "gone": "DATE"}
    found = {"id": "BIGINT", "amount": "DOUBLE", "City": "VARCHAR", "CITY": "VARCHAR"}
    plan = the_plan_after(ledger, raising(lambda: OtherColumns(expected, found)))
    assert calls == [1]
    assert plan["effect"] == (
        "column amount: DOUBLE instead of INTEGER in the contract, or have INTEGER delivered; "
        "column city (VARCHAR): name one of CITY, City as its alias, or have it delivered again; "
        "column gone (DATE): take it out of the contract, name one of CITY, City as its alias if it is that, "
        "or have it delivered again"
    )
    assert plan["downstream"] == ["asset:revenue", "asset:report"]
    assert plan["undo"] == "level 1 has changed nothing; take back by hand what was changed by hand: the contract"


def test_a_table_that_was_dropped_is_proposed_by_its_name(ledger: Ledger) -> None:
    def dropped() -> None:
        with duckdb.connect() as connection:
            connection.execute("CREATE TABLE orders_of_old (id INTEGER); DROP TABLE orders_of_old")
            connection.execute("SELECT * FROM orders_of_old")

    assert "bring table orders_of_old back, or change what reads it" in the_plan_after(ledger, dropped)["effect"]


class NoSuchTable(Exception):
    """As a source says it that was asked for a table."""

    escalation_category = "schema_mismatch"


def test_a_table_that_is_not_named_is_proposed_in_the_words_of_the_failure(ledger: Ledger) -> None:
    said = "orders: the database has no such table; has it been renamed?"
    plan = the_plan_after(ledger, raising(lambda: NoSuchTable(said)))
    assert plan["effect"] == f"bring the table back, or change what reads it: NoSuchTable: {said}"


def test_a_missing_module_is_proposed_as_a_pinned_line_and_its_package_is_not_guessed(ledger: Ledger) -> None:
    plan = the_plan_after(ledger, lambda: missing_dependency(Path()))
    assert calls == [1]
    assert "`name==version --hash=sha256:…` of the package that has module a_module_that_nobody_has" in plan["effect"]
    assert "must be looked up" in plan["effect"]


def test_an_extension_that_is_not_installed_is_proposed_only_if_it_is_one_of_the_engines(ledger: Ledger) -> None:
    def missing(name: str) -> Callable[[], NoReturn]:
        error = f'Extension "/x/{name}.duckdb_extension" not found, as in: extension "{name}" is not installed'
        return raising(lambda: duckdb.IOException(error))

    run(escalate(project(missing("spatial"))))
    run(escalate(project(missing("evil_thing"))))
    effects = [proposal["plan"]["effect"] for proposal in proposals_of(ledger.store)]
    assert effects[1] == "add to the project's requirements, in the version of duckdb: duckdb-extension-spatial"
    assert "duckdb-extension" not in effects[0]


class StatementTimedOut(TimeoutError):
    """As a driver says it of a statement that the server ended."""

    escalation_category = "pipeline_timeout"


def test_without_a_split_key_the_columns_that_would_do_are_proposed_with_the_rows_that_are_read(ledger: Ledger) -> None:
    plan = the_plan_after(ledger, raising(StatementTimedOut), Pipeline(sizes=Sizes("day", "carrier")))
    assert calls == [1, 1]
    assert plan["remedy"] == "split_work"
    assert plan["rows"] == 1_234_567
    assert plan["effect"].startswith(
        "name a column to split the work by, in the metadata escalation/split_key: day, carrier would do; it reads "
    )


def test_what_does_not_fit_in_the_smallest_batch_is_proposed_to_run_with_more_memory(ledger: Ledger) -> None:
    tuned = {"metadata": {"escalation/split_key": "day", "escalation/no_split_key": "its key is chance"}}
    plan = the_plan_after(ledger, raising(MemoryError), Pipeline(sizes=Sizes()), **tuned)
    assert calls == [1, 1]
    assert plan["remedy"] == "more_room"
    assert plan["rows"] == 1_234_567
    assert "the whole did not fit, on one thread and spilling" in plan["effect"]


def test_a_full_disk_is_proposed_to_be_cleared(ledger: Ledger) -> None:
    metadata = {"escalation/no_split_key": "its key is chance"}
    plan = the_plan_after(ledger, raising(lambda: OSError(28, "No space left on device")), metadata=metadata)
    assert plan["effect"] == "make room on the disk, then run it again: OSError: [Errno 28] No space left on device"


@pytest.mark.usefixtures("held_by_another")
def test_a_lock_that_stays_held_is_proposed_with_its_holder(ledger: Ledger, tmp_path: Path) -> None:
    plan = the_plan_after(ledger, lambda: scheduling_conflict_(tmp_path), tags={"escalation/budget_seconds": "1"})
    assert plan["remedy"] == "wait_for_holder"
    holder = plan["tuning"]["behind_process"]
    assert holder > 1
    waits = f"run it once more, outside of the budget: waits until the holder (process {holder} "
    assert plan["effect"].startswith(waits)


def test_what_does_not_fit_into_the_budget_is_proposed_with_its_tuning_and_its_history(ledger: Ledger) -> None:
    plan = the_plan_after(ledger, raising(MemoryError), tags={"escalation/budget_seconds": "30"})
    assert calls == [1]
    assert plan["why"] == "does not fit: 60 s are expected, 30 s of the budget are left"
    assert plan["effect"].startswith("run it once more, outside of the budget: 4 batches instead of 1")
    assert plan["tuning"]["batches"] == 4
    assert plan["undo"].startswith("nothing is changed before it is approved; then `escalation undo`")


def test_what_has_side_effects_is_proposed_to_be_run_by_a_person(ledger: Ledger) -> None:
    plan = the_plan_after(ledger, raising(MemoryError), tags={"escalation/side_effects": "true"})
    assert calls == [1]
    assert plan["effect"].startswith("run it again, once somebody has seen which of its effects took place: 4 batches")
    assert plan["undo"].endswith("what it does outside of the data cannot be taken back")


def test_a_remedy_that_raises_does_not_let_what_has_side_effects_run_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_situation: object) -> NoReturn:
        raise ZeroDivisionError

    monkeypatch.setattr("escalation_sensors.level1.decide.REMEDIES", dict.fromkeys(Category, broken))
    pays = {"tags": {"escalation/side_effects": "true"}, "retry_policy": dg.RetryPolicy(max_retries=2)}
    run(escalate(project(raising(MemoryError), **pays)))
    assert calls == [1]
    assert proposals_of(ledger.store) == []


class Expired(Exception):
    """As a client says it whose token was good once."""

    escalation_category, escalation_recoverable = "source_unavailable", False


def test_credentials_that_expired_are_proposed_to_be_renewed(ledger: Ledger) -> None:
    plan = the_plan_after(ledger, raising(lambda: Expired("the token has expired")))
    assert calls == [1]
    assert plan["remedy"] == "renew_credentials"
    assert plan["effect"] == "renew the credentials with which asset:orders reads its source, then run it again"


@pytest.mark.parametrize(
    "error", [RuntimeError("odd"), TypeError("unsupported operand type(s) for +: 'int' and 'str'")]
)
def test_where_nothing_is_known_that_would_help_nothing_is_made_up(ledger: Ledger, error: Exception) -> None:
    run(escalate(project(raising(lambda: error))))
    assert proposals_of(ledger.store) == []


def test_time_is_that_of_the_history_and_never_that_of_the_failure(ledger: Ledger) -> None:
    fails: list[bool] = []

    def fault() -> None:
        if fails:
            raise MemoryError

    defs = escalate(project(fault, tags={"escalation/budget_seconds": "30"}))
    job = defs.get_repository_def().get_job("__ASSET_JOB")
    for _ in range(5):
        assert job.execute_in_process().success
    with ledger.store.transaction() as connection:
        connection.exec_driver_sql("UPDATE durations SET seconds = 7.5")
    fails.append(True)
    run(defs)
    (proposal,) = proposals_of(ledger.store)
    assert proposal["plan"]["seconds"] == 7.5


def test_what_is_proposed_again_is_one_proposal_with_the_newest_facts(ledger: Ledger) -> None:
    rows = [12, 15]
    for each in rows:
        OverTolerance.failing_rows = each
        run(escalate(project(raising(lambda: OverTolerance("too many are wrong")))))
    (proposal,) = proposals_of(ledger.store)
    assert proposal["plan"]["rows"] == 15
    OverTolerance.failing_rows = 12


def test_the_command_shows_a_plan_with_what_is_known_and_says_of_the_rest_that_it_is_not(ledger: Ledger) -> None:
    run(escalate(project(raising(lambda: OverTolerance("12 rows of 100 are wrong")))))
    shown = StringIO()
    show_proposals(shown, as_json=False)
    head, *lines = shown.getvalue().splitlines()
    assert head.startswith("1  open  ")
    assert head.endswith(" UTC  quarantine")
    assert [line.split(":")[0].strip() for line in lines] == ["effect", "why", "rows", "assets", "time", "undo"]
    assert "   rows:   12" in lines
    assert "   assets: asset:orders; downstream: asset:revenue, asset:report" in lines
    assert "   time:   unknown" in lines
