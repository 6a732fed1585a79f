"""The columns of what is published: what a table takes in, and what is refused before anything is published."""

from dataclasses import replace
from datetime import date

import pytest

from resources.lakehouse import (
    Append,
    InvalidName,
    LakehouseResource,
    ReplaceRange,
    ReplaceTable,
    SchemaConflict,
    Scope,
    TableBuild,
    TableName,
    publish,
    table_exists,
)
from tests.resources.lakehouse.building import DAYS, FEBRUARY, build, build_and_publish, rows_of


def test_a_replaced_table_takes_the_columns_of_its_build(lakehouse: LakehouseResource) -> None:
    build_and_publish(lakehouse, "core.plane", "SELECT 1::BIGINT AS id, 'a' AS maker")
    build_and_publish(lakehouse, "core.plane", "SELECT 'N1' AS id, 2.5::DECIMAL(5,2) AS seats")
    described = [row[:2] for row in rows_of(lakehouse, "DESCRIBE core.plane")]
    assert described == [("id", "VARCHAR"), ("seats", "DECIMAL(5,2)")]


@pytest.mark.parametrize("scope", [FEBRUARY, Append()])
def test_kept_rows_have_null_in_a_new_column(lakehouse: LakehouseResource, scope: Scope) -> None:
    build_and_publish(lakehouse, "raw.flights", f"SELECT * FROM ({DAYS}) WHERE day < DATE '2013-02-01'")
    build_and_publish(
        lakehouse, "raw.flights", "SELECT 9::BIGINT AS gate, DATE '2013-02-02' AS day, 'x' AS load", scope
    )
    assert rows_of(lakehouse, "SELECT gate, count(*) FROM raw.flights GROUP BY ALL ORDER BY ALL") == [
        (9, 1),
        (None, 31),
    ]


@pytest.mark.parametrize("scope", [FEBRUARY, Append()])
@pytest.mark.parametrize(
    ("select", "told"),
    [
        ("SELECT DATE '2013-02-02' AS day", "removed: load"),
        ("SELECT DATE '2013-02-02' AS day, 1::BIGINT AS load", r"changed: load \(VARCHAR in the table, BIGINT"),
    ],
)
def test_where_rows_are_kept_any_other_change_of_columns_is_refused(
    lakehouse: LakehouseResource, scope: Scope, select: str, told: str
) -> None:
    build_and_publish(lakehouse, "raw.flights", DAYS)
    with pytest.raises(SchemaConflict, match=told):
        build_and_publish(lakehouse, "raw.flights", select, scope)
    assert rows_of(lakehouse, "SELECT count(*) FROM raw.flights") == [(59,)]


def test_types_are_compared_by_what_they_are_and_not_by_how_they_are_written(lakehouse: LakehouseResource) -> None:
    built = build(lakehouse, "raw.loads", "SELECT now() AS loaded_at, 1::BIGINT AS id", Append())
    for columns in (
        {"loaded_at": "TIMESTAMPTZ", "id": "int8"},
        {"loaded_at": "timestamp with time zone", "id": "BIGINT"},
    ):
        again = build(lakehouse, "raw.loads", "SELECT now() AS loaded_at, 1::BIGINT AS id", Append())
        publish(lakehouse, [replace(again, columns=columns)], run_id="run", message="same")
    publish(lakehouse, [built], run_id="run", message="same")
    assert rows_of(lakehouse, "SELECT count(*) FROM raw.loads") == [(3,)]


@pytest.mark.parametrize(
    "columns", [{"id": "VARCHAR"}, {"id": "BIGINT", "more": "BIGINT"}, {"other": "BIGINT"}], ids=str
)
def test_a_file_that_does_not_hold_the_columns_it_is_said_to_hold_publishes_nothing(
    lakehouse: LakehouseResource, columns: dict[str, str]
) -> None:
    built = replace(build(lakehouse, "core.flight", "SELECT 1::BIGINT AS id"), columns=columns)
    with pytest.raises(SchemaConflict, match="does not hold the build's columns") as refused:
        publish(lakehouse, [built], run_id="run", message="wrong")
    assert "\n" not in str(refused.value)
    with lakehouse.connection() as connection:
        assert not table_exists(connection, TableName("core", "flight"))


def test_hostile_column_names_and_types_are_refused_and_hostile_text_is_only_text(lakehouse: LakehouseResource) -> None:
    hostile = 'id" BIGINT); DROP TABLE core.flight; --'
    with pytest.raises(InvalidName):
        TableBuild(TableName("core", "flight"), {hostile: "BIGINT"}, (), 0, ReplaceTable())
    with pytest.raises(InvalidName):
        ReplaceRange(hostile, date(2013, 1, 1), date(2013, 1, 2))
    build_and_publish(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
    with pytest.raises(SchemaConflict, match="not a type"):
        publish(
            lakehouse,
            [TableBuild(TableName("core", "flight"), {"id": "BIGINT); DROP TABLE core.flight; --"}, (), 0, Append())],
            run_id="run",
            message="hostile",
        )
    text = "'); DROP TABLE core.flight; --"
    built = build(lakehouse, "core.flight", "SELECT 2::BIGINT AS id", run_id=text)
    publish(lakehouse, [built], run_id=text, message=text)
    assert rows_of(lakehouse, "SELECT id FROM core.flight") == [(2,)]
    assert rows_of(lakehouse, "SELECT commit_message FROM lake.snapshots() ORDER BY snapshot_id DESC LIMIT 1") == [
        (text,)
    ]
