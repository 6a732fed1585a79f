"""Every built row is either published or quarantined, once, whatever is wrong with it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_platform.auditing import (
    Audit,
    Contract,
    audit,
    good_rows_sql,
    policies,
    quarantine,
    quarantined_rows_sql,
    rule,
)

NOW = datetime(2013, 12, 31, 12, tzinfo=UTC)
ANY = quarantine(max_rate=1.0)


class Order(Contract):
    """Rows can fail in every way there is: a rule, a range, a null, a key, a relationship, a check of one's own."""

    number: int = pa.Field(nullable=True, ge=0, metadata=policies(ge=ANY, is_small=ANY))
    customer: str = pa.Field(references="core.customer.name", metadata=policies(references=ANY, not_null=ANY))
    share: float = pa.Field(
        nullable=True, le=1, metadata=policies(le=quarantine(max_rate=1.0, reason="Over the whole."))
    )

    @pa.check("number")
    def is_small(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        return data.lazyframe.select(pl.col(data.key) < 4)

    class Config:
        """The table and its checks across columns."""

        name = "core.order"
        strict = True
        unique = ["number", "customer"]  # noqa: RUF012
        metadata = policies(unique=ANY, rules=[rule("is_no_one_whole", "NOT (number = 1 AND share = 1)", ANY)])


rows = st.tuples(
    st.none() | st.integers(-2, 5),
    st.sampled_from([None, "Ann", "Bob", "O'Neil"]),
    st.none() | st.sampled_from([0.5, 1.0, 1.5, float("nan"), float("inf")]),
)


def split(connection: duckdb.DuckDBPyConnection, audited: Audit) -> tuple[list[Any], list[Any]]:
    good = connection.execute(good_rows_sql(audited)).fetchall()
    bad = connection.execute(quarantined_rows_sql(audited, run_id="run", source="it's", now=NOW)).fetchall()
    return good, bad


def told(rows: list[Any]) -> list[str]:
    return sorted(repr(row) for row in rows)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(built=st.lists(rows, max_size=15))
def test_built_rows_are_published_or_quarantined_and_never_both(built: list[Any]) -> None:
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("CREATE TABLE customer AS SELECT unnest(['Ann', 'O''Neil', NULL]) AS name")
        connection.execute("CREATE TABLE built (number BIGINT, customer VARCHAR, share DOUBLE)")
        if built:
            connection.executemany("INSERT INTO built VALUES (?, ?, ?)", built)
        audited = audit(connection, "built", Order, resolve=lambda table: table.table)
        assert not audited.blocked
        good, bad = split(connection, audited)
        assert len(good) + len(bad) == len(built)
        assert len(bad) == audited.quarantined_rows
        assert told([*good, *(row[:3] for row in bad)]) == told(built)
        assert all(row[4] and len(row[3]) == len(row[4]) == len(set(row[4])) for row in bad)
        failing = {each.name: each.failing_rows for each in audited.outcomes}
        for check in {check for row in bad for check in row[4]}:
            assert sum(check in row[4] for row in bad) == failing[check]
        again = audit(connection, f"({good_rows_sql(audited)})", Order, resolve=lambda table: table.table)
        assert [each.name for each in again.outcomes if not each.passed] == []


def test_a_row_is_quarantined_once_with_all_its_reasons(tmp_path: Path) -> None:
    file = tmp_path / "built.parquet"
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE customer AS SELECT 'Ann' AS name")
        values = "(-1, 'Eve', 2.0), (5, 'Ann', 0.5), (2, 'Ann', 1.5), (2, 'Ann', 0.1), (3, 'Ann', NULL)"
        connection.execute(
            "COPY (SELECT number::BIGINT AS number, customer, share::DOUBLE AS share "
            f"FROM (VALUES {values}) AS r(number, customer, share)) TO '{file}'"
        )
        audited = audit(connection, f"read_parquet(['{file}'])", Order, resolve=lambda table: table.table)
        good, bad = split(connection, audited)
        columns = [each[0] for each in connection.execute(f"DESCRIBE {good_rows_sql(audited)}").fetchall()]
    assert columns == ["number", "customer", "share"]
    assert good == [(3, "Ann", None)]
    bad.sort(key=lambda row: (row[0], -row[2]))
    assert [(row[0], row[4]) for row in bad] == [
        (-1, ["number__ge", "customer__references_customer", "share__le"]),
        (2, ["share__le", "unique__number_customer"]),
        (2, ["unique__number_customer"]),
        (5, ["number__is_small"]),
    ]
    assert bad[0][3][2] == "Over the whole."
    assert {row[5:] for row in bad} == {("run", "it's", NOW)}


@pytest.mark.parametrize("source", ["'; DROP TABLE customer; --", "a\nb", '"'])
def test_a_hostile_source_is_data(source: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE customer AS SELECT 'Ann' AS name")
        connection.execute("CREATE TABLE built AS SELECT -1::BIGINT AS number, 'Ann' AS customer, 0.5::DOUBLE AS share")
        audited = audit(connection, "built", Order, resolve=lambda table: table.table)
        (row,) = connection.execute(quarantined_rows_sql(audited, run_id=source, source=source, now=NOW)).fetchall()
        assert row[5:7] == (source, source)
        assert connection.execute("SELECT count(*) FROM customer").fetchone() == (1,)
