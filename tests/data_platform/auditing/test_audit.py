"""Verdicts, policies, ceilings and samples of an audit; which rows fail: `test_agreement_with_pandera.py`."""

from pathlib import Path
from typing import Any

import duckdb
import pandera.polars as pa
import polars as pl
import pytest

from data_platform.auditing import Contract, Shown, audit, block, policies, quarantine, rule, warn
from tests.data_platform.auditing.judged import judge, numbers, outcome
from tests.data_platform.auditing.verdicts import contract_of

SIX_OF_TEN_ARE_BAD = "SELECT i - 6 AS value FROM range(10) r(i)"


def test_good_rows_pass_every_check(connection: duckdb.DuckDBPyConnection) -> None:
    audited = judge(connection, numbers(), "SELECT range AS value FROM range(5)")
    assert audited.rows == 5
    assert not audited.blocked
    assert all(each.passed and each.error is None and not each.sample and not each.sql for each in audited.outcomes)


def test_an_empty_table_passes(connection: duckdb.DuckDBPyConnection) -> None:
    contract = numbers(unique=["value"], metadata=policies(rules=[rule("is_small", "value < 3")]))
    audited = judge(connection, contract, "SELECT 1::BIGINT AS value WHERE FALSE")
    assert (audited.rows, audited.blocked, audited.quarantined_rows) == (0, False, 0)
    assert all(each.passed and each.rate == 0.0 for each in audited.outcomes)


@pytest.mark.parametrize(
    ("policy", "blocks"),
    [
        (block(), True),
        (warn(), False),
        (warn(max_rows=6), False),
        (warn(max_rows=5), True),
        (warn(max_rate=0.6), False),
        (warn(max_rate=0.59), True),
        (warn(max_rows=6, max_rate=0.59), True),
        (quarantine(max_rows=6), False),
        (quarantine(max_rows=5), True),
        (quarantine(max_rate=0.6), False),
        (quarantine(max_rate=0.59), True),
    ],
)
def test_above_its_ceiling_a_policy_blocks(connection: duckdb.DuckDBPyConnection, policy: Any, *, blocks: bool) -> None:
    audited = judge(connection, numbers(policy), SIX_OF_TEN_ARE_BAD)
    found = outcome(audited, "value__ge")
    assert (found.failing_rows, found.rows, found.rate, found.passed) == (6, 10, 0.6, False)
    assert found.blocks == audited.blocked == blocks
    assert audited.quarantined_rows == (6 if policy.action == "quarantine" and not blocks else 0)


def test_a_blocked_audit_sets_nothing_aside(connection: duckdb.DuckDBPyConnection) -> None:
    metadata = policies(rules=[rule("never", "FALSE")])
    audited = judge(connection, numbers(quarantine(max_rows=6), metadata=metadata), SIX_OF_TEN_ARE_BAD)
    assert audited.blocked
    assert audited.quarantined_rows == 0
    assert not outcome(audited, "value__ge").blocks
    assert "quarantined" not in outcome(audited, "value__ge").message


def test_a_message_has_the_figures_and_what_became_of_the_rows(connection: duckdb.DuckDBPyConnection) -> None:
    audited = judge(connection, numbers(warn(max_rows=3)), SIX_OF_TEN_ARE_BAD)
    message = outcome(audited, "value__ge").message
    assert message.startswith("6 of 10 rows fail (60 %), more than the 3 rows tolerated. value: ≥ 0")
    audited = judge(connection, numbers(warn()), SIX_OF_TEN_ARE_BAD)
    assert outcome(audited, "value__ge").message.startswith("6 of 10 rows fail (60 %), published. ")


def test_a_sample_is_bounded_in_rows_and_in_cells(connection: duckdb.DuckDBPyConnection) -> None:
    contract = contract_of(
        {"value": pl.String, "words": pl.List(pl.String)}, {"value": pa.Field(str_length={"max_value": 5})}
    )
    rows = "SELECT repeat('x', 1000) AS value, [repeat('y', 1000)] AS words FROM range(1000)"
    found = outcome(judge(connection, contract, rows), "value__str_length")
    assert found.failing_rows == 1000
    assert len(found.sample) == 10
    assert all(len(str(cell)) <= 201 for row in found.sample for cell in row.values())
    assert len(outcome(judge(connection, contract, rows, sample_rows=3), "value__str_length").sample) == 3


def test_a_row_with_several_nulls_is_counted_once(connection: duckdb.DuckDBPyConnection) -> None:
    contract = contract_of({"value": pl.Int64, "other": pl.Float64}, {})
    rows = "SELECT * FROM (VALUES (NULL, NULL), (1, NULL), (NULL, 2), (1, 2), (1, 'nan'::DOUBLE)) AS r(value, other)"
    select = f"SELECT value::BIGINT AS value, other::DOUBLE AS other FROM ({rows})"
    assert outcome(judge(connection, contract, select), "not_null").failing_rows == 4


@pytest.mark.parametrize(
    ("fields", "config", "name"),
    [
        ({"ge": 0}, {}, "value__ge"),
        ({"unique": True}, {}, "value__unique"),
        ({"references": "core.known.value"}, {}, "value__references_known"),
        ({"unique_values_eq": {1}}, {}, None),
        ({"isin": [0, 1, 2, 3]}, {"unique": ["value"]}, "unique__value"),
        ({}, {"metadata": policies(rules=[rule("is_positive", "value > 0")])}, "is_positive"),
    ],
)
def test_the_sql_to_paste_finds_exactly_the_failing_rows(
    connection: duckdb.DuckDBPyConnection, fields: Any, config: Any, name: str | None
) -> None:
    connection.execute("CREATE TABLE known AS SELECT unnest([0, 1, NULL])::BIGINT AS value")
    contract = contract_of({"value": pl.Int64}, {"value": pa.Field(nullable=True, **fields)}, **config)
    audited = judge(
        connection, contract, "SELECT unnest([-2, -2, 0, 1, NULL])::BIGINT AS value", resolve=lambda t: t.table
    )
    if name is None:
        (found,) = [each for each in audited.outcomes if not each.passed]
        assert (found.failing_rows, found.sql, found.blocks) == (0, "", True)
        assert found.message.startswith("the table as a whole fails")
        return
    found = outcome(audited, name)
    assert found.failing_rows
    rows = connection.execute(found.sql).fetchall()
    assert len(rows) == found.failing_rows
    assert [tuple(row.values()) for row in found.sample] == rows


def test_the_sql_to_paste_reads_where_the_rows_will_be(connection: duckdb.DuckDBPyConnection) -> None:
    shown = Shown(built="the_files", published="core.it", quarantine="quarantine.core_it")
    tables = {
        "block": "the_files",
        "warn": "core.it",
        "quarantine": "quarantine.core_it",
    }
    for policy in (block(), warn(), quarantine(max_rows=6)):
        audited = judge(connection, numbers(policy), SIX_OF_TEN_ARE_BAD, shown=shown)
        assert f" FROM {tables[policy.action]} " in outcome(audited, "value__ge").sql


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("SELECT 1 AS value", "value is INTEGER, not BIGINT"),
        ("SELECT 1::BIGINT AS other", "missing: value; not in the contract: other"),
        ("SELECT 1::BIGINT AS value, 2 AS other", "not in the contract: other"),
    ],
)
def test_other_columns_or_types_block_and_nothing_else_is_judged(
    connection: duckdb.DuckDBPyConnection, rows: str, says: str
) -> None:
    audited = judge(connection, numbers(warn()), rows)
    assert audited.blocked
    assert outcome(audited, "schema").message.startswith(says)
    assert outcome(audited, "schema").error is None
    assert outcome(audited, "value__ge").error == "could not be checked, because the columns are not the contract's"


def test_columns_more_are_allowed_unless_strict_and_another_order_unless_ordered(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("CREATE TABLE built AS SELECT 1::BIGINT AS value, 2 AS other, 3::BIGINT AS row_id")
    assert not audit(connection, "built", numbers(strict=False)).blocked
    audited = audit(connection, "built", numbers(strict=False, ordered=True))
    assert outcome(audited, "schema").message.startswith("in another order")


def test_custom_checks_of_a_column_and_of_the_table_are_run_by_pandera(connection: duckdb.DuckDBPyConnection) -> None:
    class Custom(Contract):
        row_id: int
        value: int = pa.Field(metadata=policies(is_even=quarantine(max_rows=5)))

        @pa.check("value")
        def is_even(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
            return data.lazyframe.select(pl.col(data.key) % 2 == 0)

        @pa.dataframe_check
        def exceeds_its_id(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
            return data.lazyframe.select(pl.col("value") >= pl.col("row_id"))

        class Config:
            name = "core.custom"
            metadata = policies(exceeds_its_id=warn())

    audited = judge(connection, Custom, "SELECT unnest([2, 3, 4, 1, 1]) ::BIGINT AS value")
    assert outcome(audited, "value__is_even").failing_rows == 3
    assert [row["row_id"] for row in outcome(audited, "value__is_even").sample] == [2, 4, 5]
    assert outcome(audited, "exceeds_its_id").failing_rows == 2
    assert audited.quarantined_rows == 3


def test_rules_mean_the_same_in_any_time_zone_of_the_machine(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = tmp_path / "built.parquet"
    connection.execute(f"COPY (SELECT 1::BIGINT AS row_id, TIMESTAMPTZ '2013-01-01 01:00:00Z' AS value) TO '{file}'")
    connection.execute("SET GLOBAL TimeZone = 'America/New_York'")
    metadata = policies(rules=[rule("is_of_the_year", "value::DATE >= DATE '2013-01-01'")])
    contract = contract_of({"value": pl.Datetime("us", "UTC")}, {}, metadata=metadata)
    assert not audit(connection, f"read_parquet(['{file}'])", contract).blocked


@pytest.mark.parametrize("value", ["'; DROP TABLE built; --", '"', "\\", "<script>", "a\nb", "%s", "{}"])
def test_hostile_values_are_data(connection: duckdb.DuckDBPyConnection, value: str) -> None:
    field = pa.Field(isin=["good", value], notin=[value], str_startswith=value, ne=value)
    contract = contract_of({"value": pl.String}, {"value": field})
    quoted = value.replace("'", "''")
    audited = judge(connection, contract, f"SELECT '{quoted}' AS value UNION ALL SELECT 'bad'")
    failing = {each.name: each.failing_rows for each in audited.outcomes if not each.passed}
    assert failing == {"value__isin": 1, "value__notin": 1, "value__str_startswith": 1, "value__ne": 1}


def test_a_folded_check_says_which_columns_fail(connection: duckdb.DuckDBPyConnection) -> None:
    contract = contract_of({"value": pl.Int64, "share": pl.Float64}, {})
    rows = "SELECT * FROM (VALUES (1::BIGINT, 0.5::DOUBLE), (NULL, NULL), (2, 'nan'::DOUBLE)) AS v(value, share)"
    told = outcome(judge(connection, contract, rows), "not_null").message
    assert told.startswith("2 of 3 rows fail (66.7 %): value: 1, share: 1, share (NaN): 1. Not null: ")
