from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import ClassVar

import duckdb
import pandera.polars as pa
import pytest

from data_platform.auditing import Contract, policies, quarantine
from data_platform.engine.duckdb_engine import build_files
from data_platform.materialization.build_audit_publish import build_audit_publish
from data_platform.materialization.task import Days, Materialized, TableTask
from resources.lakehouse import (
    LakehouseResource,
    PublishConflict,
    ReplaceTable,
    TableBuild,
    TableName,
    list_snapshots,
    new_build_folder,
    publish,
)

NOW = datetime(2013, 1, 1, tzinfo=UTC)
ORDERS = TableName("core", "orders")


class Orders(Contract):
    """Orders with an amount that may not be negative, and a few that may be set aside."""

    order_id: int
    amount: float = pa.Field(
        nullable=True, ge=0, le=100, metadata=policies(ge=quarantine(max_rows=2, reason="A negative amount."))
    )

    class Config:
        name = "core.orders"
        strict = True
        unique: ClassVar = ["order_id"]


def task(values: str, **changes: object) -> TableTask:
    select = (
        f"SELECT order_id::BIGINT AS order_id, amount::DOUBLE AS amount FROM (VALUES {values}) AS t(order_id, amount)"
    )
    return replace(TableTask(ORDERS, Orders, select, "core/orders.sql"), **changes)


def materialize(lakehouse: LakehouseResource, what: TableTask) -> Materialized:
    return build_audit_publish(lakehouse, what, run_id="run-1", now=NOW, log=lambda _: None)


def rows(lakehouse: LakehouseResource, sql: str) -> list[tuple[object, ...]]:
    with lakehouse.connection() as connection:
        return connection.execute(sql).fetchall()


def test_what_passes_is_published_with_its_profile_in_one_version(lakehouse: LakehouseResource) -> None:
    done = materialize(lakehouse, task("(1, 10), (2, 20)"))
    assert rows(lakehouse, "SELECT * FROM core.orders ORDER BY ALL") == [(1, 10.0), (2, 20.0)]
    assert rows(lakehouse, "SELECT column_name, rows FROM audit.column_profile ORDER BY 1") == [
        ("amount", 2),
        ("order_id", 2),
    ]
    with lakehouse.connection() as connection:
        newest = list_snapshots(connection, limit=1)[0]
    assert done.publication is not None
    assert (newest.id, newest.run_id) == (done.publication.snapshot_after, "run-1")
    assert {"core.orders", "audit.column_profile"} <= set(newest.tables)


def test_a_failed_audit_publishes_nothing_and_the_last_good_version_stays(lakehouse: LakehouseResource) -> None:
    materialize(lakehouse, task("(1, 10)"))
    done = materialize(lakehouse, task("(1, 10), (1, 11), (2, 20)"))
    assert done.publication is None
    assert [outcome.name for outcome in done.blocking] == ["unique__order_id"]
    assert rows(lakehouse, "SELECT * FROM core.orders") == [(1, 10.0)]
    assert rows(lakehouse, "SELECT count(DISTINCT run_id || loaded_at) FROM audit.column_profile") == [(1,)]


def test_the_sql_of_a_blocked_check_finds_the_rows_where_they_were_built(lakehouse: LakehouseResource) -> None:
    (outcome,) = materialize(lakehouse, task("(1, 10), (1, 11), (2, 20)")).blocking
    assert sorted(rows(lakehouse, outcome.sql)) == [(1, 10.0), (1, 11.0)]


def test_rows_that_may_be_set_aside_are_and_the_rest_is_published(lakehouse: LakehouseResource) -> None:
    done = materialize(lakehouse, task("(1, 10), (2, -1), (3, NULL)"))
    assert (done.rows_built, done.rows_published, done.rows_quarantined) == (3, 2, 1)
    assert rows(lakehouse, "SELECT order_id FROM core.orders ORDER BY 1") == [(1,), (3,)]
    assert rows(
        lakehouse, "SELECT order_id, amount, _reasons, _checks, _run_id, _source FROM quarantine.core_orders"
    ) == [(2, -1.0, ["A negative amount."], ["amount__ge"], "run-1", "core/orders.sql")]


def test_the_sql_of_a_quarantining_check_finds_the_rows_in_quarantine(lakehouse: LakehouseResource) -> None:
    done = materialize(lakehouse, task("(1, 10), (2, -1)"))
    (outcome,) = [outcome for outcome in done.outcomes if not outcome.passed]
    assert [row[0] for row in rows(lakehouse, outcome.sql)] == [2]


def test_more_bad_rows_than_tolerated_block(lakehouse: LakehouseResource) -> None:
    done = materialize(lakehouse, task("(1, -1), (2, -2), (3, -3), (4, 4)"))
    assert done.publication is None
    assert "more than the 2 rows tolerated" in done.blocking[0].message


def test_a_row_that_is_good_again_leaves_the_quarantine_with_the_next_build(lakehouse: LakehouseResource) -> None:
    materialize(lakehouse, task("(1, 10), (2, -1)"))
    materialize(lakehouse, task("(1, 10), (2, 1)"))
    assert rows(lakehouse, "SELECT count(*) FROM core.orders") == [(2,)]
    assert rows(lakehouse, "SELECT count(*) FROM quarantine.core_orders") == [(0,)]


class Days1(Contract):
    """Amounts by day."""

    day: date
    amount: float = pa.Field(ge=0, metadata=policies(ge=quarantine(max_rows=5, reason="Negative.")))

    class Config:
        name = "core.by_day"
        strict = True


def daily(values: str, start: date, end: date) -> TableTask:
    select = f"SELECT day::DATE AS day, amount::DOUBLE AS amount FROM (VALUES {values}) AS t(day, amount)"
    return TableTask(TableName("core", "by_day"), Days1, select, "core/by_day.sql", days=Days("day", start, end))


def test_a_corrected_day_replaces_that_day_and_its_quarantine_only(lakehouse: LakehouseResource) -> None:
    first, second, end = date(2013, 1, 1), date(2013, 1, 2), date(2013, 1, 3)
    materialize(
        lakehouse, daily("('2013-01-01', 1), ('2013-01-01', -1), ('2013-01-02', 2), ('2013-01-02', -2)", first, end)
    )
    materialize(lakehouse, daily("('2013-01-01', 5)", first, second))
    assert rows(lakehouse, "SELECT day::VARCHAR, amount FROM core.by_day ORDER BY ALL") == [
        ("2013-01-01", 5.0),
        ("2013-01-02", 2.0),
    ]
    assert rows(lakehouse, "SELECT amount FROM quarantine.core_by_day") == [(-2.0,)]


def overtaken(lakehouse: LakehouseResource, times: int) -> TableTask:
    """A task during whose builds somebody else publishes the same table, `times` times."""
    left = [times]

    def beside(connection: duckdb.DuckDBPyConnection, folder: str) -> Sequence[TableBuild]:
        if left[0]:
            left[0] -= 1
            with lakehouse.connection() as other:
                folder = new_build_folder(lakehouse, ORDERS, "other")
                built = build_files(other, "SELECT 9::BIGINT AS order_id, 9::DOUBLE AS amount", folder, "rows")
            build = TableBuild(ORDERS, {"order_id": "BIGINT", "amount": "DOUBLE"}, built.files, 1, ReplaceTable())
            publish(lakehouse, [build], run_id="other", message="overtakes")
        return ()

    return task("(1, 10)", beside=beside)


def test_a_build_that_was_overtaken_is_built_and_audited_once_more(lakehouse: LakehouseResource) -> None:
    told: list[str] = []
    done = build_audit_publish(lakehouse, overtaken(lakehouse, 1), run_id="run-1", now=NOW, log=told.append)
    assert done.publication is not None
    assert rows(lakehouse, "SELECT * FROM core.orders") == [(1, 10.0)]
    assert len(told) == 1
    assert "other" in told[0]


def test_a_build_that_is_overtaken_again_is_refused_and_overwrites_nothing(lakehouse: LakehouseResource) -> None:
    with pytest.raises(PublishConflict):
        materialize(lakehouse, overtaken(lakehouse, 2))
    assert rows(lakehouse, "SELECT * FROM core.orders") == [(9, 9.0)]


def test_a_build_whose_query_fails_leaves_no_open_transaction(lakehouse: LakehouseResource) -> None:
    with pytest.raises(duckdb.Error, match="no_such_table"):
        materialize(lakehouse, replace(task("(1, 1)"), select="SELECT * FROM core.no_such_table"))
    assert materialize(lakehouse, task("(1, 10)")).publication is not None


def test_a_table_whose_contract_changed_is_published_with_its_new_columns(lakehouse: LakehouseResource) -> None:
    materialize(lakehouse, task("(1, 10)"))

    class WithNote(Contract):
        order_id: int
        note: str = pa.Field(nullable=True)

        class Config:
            name = "core.orders"
            strict = True

    materialize(
        lakehouse,
        replace(task("(1, 1)"), contract=WithNote, select="SELECT 1::BIGINT AS order_id, NULL::VARCHAR AS note"),
    )
    assert rows(lakehouse, "SELECT * FROM core.orders") == [(1, None)]
