"""A build obeys the tuning: in parts, and setting aside in a repair what blocks otherwise."""

import threading
from datetime import UTC, datetime
from typing import ClassVar

import pandera.polars as pa
import pytest

from data_platform.auditing import Contract, ContractError, block, extended_contract, plan_checks, policies
from data_platform.engine.split import split_by_key
from data_platform.materialization.build_audit_publish import build_audit_publish
from data_platform.materialization.check_results import failure_of
from data_platform.materialization.task import Materialized, TableTask
from escalation_sensors.level1.current_tuning import tuned
from escalation_sensors.level1.deadline import DeadlineExceeded, deadline
from escalation_sensors.level1.tuning import Tuning
from resources.lakehouse import LakehouseResource, TableName

NOW = datetime(2013, 1, 1, tzinfo=UTC)
REPAIR = Tuning(quarantine=True)


class Parcels(Contract):
    """Parcels without a number block, but one in ten of them may be set aside in a repair."""

    number: int = pa.Field(
        metadata=policies(not_null=block(quarantine_on_repair=0.1, reason="Nobody could ask for it."))
    )
    weight: float = pa.Field(ge=0)

    class Config:
        name = "core.parcels"
        strict = True
        unique: ClassVar = ["number"]


def build(lakehouse: LakehouseResource, select: str) -> Materialized:
    task = TableTask(
        TableName("core", "parcels"),
        Parcels,
        select,
        "test",
        split=lambda batches: split_by_key(select, ("number",), batches),
    )
    return build_audit_publish(lakehouse, task, run_id="run", now=NOW, log=lambda _: None)


def parcels(nulls: int, of: int, weight: str = "1.0") -> str:
    return (
        f"SELECT CASE WHEN range >= {nulls} THEN range END::BIGINT AS number, {weight}::DOUBLE AS weight "
        f"FROM range({of})"
    )


def test_what_a_repair_may_set_aside_blocks_otherwise(lakehouse: LakehouseResource) -> None:
    done = build(lakehouse, parcels(1, 20))
    assert done.publication is None
    assert [outcome.name for outcome in done.blocking] == ["number__not_null"]


def test_within_the_tolerance_a_repair_sets_the_rows_aside(lakehouse: LakehouseResource) -> None:
    with tuned(REPAIR):
        done = build(lakehouse, parcels(1, 20))
    assert done.publication is not None
    assert (done.rows_built, done.rows_published, done.rows_quarantined) == (20, 19, 1)
    with lakehouse.connection() as connection:
        aside = connection.execute("SELECT number, _checks, _reasons FROM quarantine.core_parcels").fetchall()
    assert aside == [(None, ["number__not_null"], ["Nobody could ask for it."])]


def test_over_the_tolerance_a_repair_publishes_nothing(lakehouse: LakehouseResource) -> None:
    build(lakehouse, parcels(0, 5))
    with tuned(REPAIR):
        done = build(lakehouse, parcels(3, 20))
    assert done.publication is None
    with lakehouse.connection() as connection:
        assert connection.execute("SELECT count(*) FROM core.parcels").fetchall() == [(5,)]


def test_what_has_no_tolerance_blocks_in_a_repair_too(lakehouse: LakehouseResource) -> None:
    with tuned(REPAIR):
        done = build(lakehouse, parcels(0, 20, "range - 1"))
    assert done.publication is None
    assert [outcome.name for outcome in done.blocking] == ["weight__ge"]


def test_parts_are_published_as_one(lakehouse: LakehouseResource) -> None:
    build(lakehouse, parcels(0, 1000))
    with lakehouse.connection() as connection:
        whole = connection.execute("SELECT * FROM core.parcels ORDER BY ALL").fetchall()
    with tuned(Tuning(batches=4, threads=1)):
        done = build(lakehouse, parcels(0, 1000))
    assert done.publication is not None
    with lakehouse.connection() as connection:
        assert connection.execute("SELECT * FROM core.parcels ORDER BY ALL").fetchall() == whole


def test_off_the_main_thread_a_build_is_interrupted_at_its_deadline(lakehouse: LakehouseResource) -> None:
    endless = (
        "SELECT count(*)::BIGINT AS number, 1.0::DOUBLE AS weight "
        "FROM range(10_000_000_000) AS a(i), range(10) AS b(i) WHERE a.i % 7 = b.i"
    )
    raised: list[Exception] = []

    def work() -> None:
        try:
            with deadline(0.5):
                build(lakehouse, endless)
        except DeadlineExceeded as error:
            raised.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(30)
    assert [str(error) for error in raised] == ["it did not end within the 0.5 s that it had"]


def test_a_tolerance_says_why_and_is_a_fraction() -> None:
    with pytest.raises(ContractError, match="needs a reason"):
        block(quarantine_on_repair=0.1)
    with pytest.raises(ContractError, match="a fraction"):
        block("why", quarantine_on_repair=2)


def test_the_check_says_what_a_repair_may_set_aside() -> None:
    (check,) = (each for each in plan_checks(Parcels) if each.name == "number__not_null")
    assert "a repair may set aside up to 10 % of the rows" in check.description
    assert check.blocking


def test_a_contract_failure_says_whether_values_or_columns_failed(lakehouse: LakehouseResource) -> None:
    assert failure_of(build(lakehouse, parcels(1, 20))).escalation_category == "data_quality"
    failed = failure_of(build(lakehouse, "SELECT 1::BIGINT AS number"))
    assert failed.escalation_category == "schema_mismatch"
    assert failed.allow_retries


def test_an_extended_contract_takes_in_exactly_the_columns_named() -> None:
    extended = extended_contract(Parcels, {"note": "VARCHAR", "_depth": "DOUBLE"})
    assert list(extended.to_schema().columns) == ["number", "weight", "note", "_depth"]
    assert extended.to_schema().strict
    assert [each.name for each in plan_checks(extended)] == [each.name for each in plan_checks(Parcels)]
    assert extended_contract(Parcels, {}) is Parcels
