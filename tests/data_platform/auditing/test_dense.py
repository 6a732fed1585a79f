"""Values that lie close together are counted by a map of bits, with what hashing them would find."""

from datetime import date

import duckdb
import pandera.polars as pa
import polars as pl
import pytest

from data_platform.auditing.dense import dense_columns
from data_platform.auditing.relation import Relation
from tests.data_platform.auditing.judged import judge, outcome
from tests.data_platform.auditing.verdicts import contract_of


def test_a_dense_key_that_repeats_and_one_that_is_too_wide_are_counted_alike(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    contract = contract_of(
        {"value": pl.Int64, "day": pl.Date}, {"day": pa.Field(nullable=True)}, unique=["value", "day"]
    )
    repeated = "SELECT (i % 900)::BIGINT * {width} AS value, {day} AS day FROM range(1000) r(i)"
    for width in (1, 10**15):
        for day in (date(2013, 1, 1).strftime("DATE '%Y-%m-%d'"), "NULL::DATE", "DATE 'infinity'"):
            audited = judge(connection, contract, repeated.format(width=width, day=day))
            assert outcome(audited, "unique__value_day").failing_rows == 200


def test_a_dense_key_is_found_unique_by_a_map_of_bits(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "CREATE TABLE built AS SELECT i // 7 - 50 AS number, (i % 7)::TINYINT AS line FROM range(700) r(i)"
    )
    relation = Relation("built", {"number": "BIGINT", "line": "TINYINT"}, 700)
    dense = dense_columns(connection, relation, ["number", "line"])
    assert dense is not None
    assert dense.bits == 700
    bits = f"SELECT bit_count({dense.bitmap(['number', 'line'], relation.types)}) FROM built"
    assert connection.execute(bits).fetchone() == (700,)


def test_nothing_is_known_to_an_empty_table(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE TABLE known (value BIGINT)")
    contract = contract_of({"value": pl.Int64}, {"value": pa.Field(references="core.known.value")})
    audited = judge(connection, contract, "SELECT range AS value FROM range(3)", resolve=lambda table: table.table)
    assert outcome(audited, "value__references_known").failing_rows == 3


@pytest.mark.parametrize(
    ("dtype", "value", "far_away"),
    [
        (pl.Int64, "({i})::BIGINT", "(-9223372036854775808)::BIGINT), (9223372036854775807::BIGINT"),
        (pl.Int8, "({i})::TINYINT", "9223372036854775807::BIGINT), (-1::BIGINT"),
        (pl.Date, "DATE '2013-01-01' + ({i})::INTEGER", "DATE 'infinity'), (DATE '-infinity'"),
    ],
)
def test_dense_values_that_another_table_lacks_are_counted_beside_nulls_and_values_far_away(
    connection: duckdb.DuckDBPyConnection, dtype: type[pl.DataType], value: str, far_away: str
) -> None:
    contract = contract_of({"value": dtype}, {"value": pa.Field(references="core.known.value", nullable=True)})
    rows = f"SELECT {value.format(i='i % 20')} AS value FROM range(40) r(i) UNION ALL SELECT NULL"
    connection.execute(f"CREATE TABLE known AS SELECT {value.format(i='i')} AS value FROM range(20) r(i)")
    connection.execute(
        f"CREATE OR REPLACE TABLE known AS FROM known UNION ALL SELECT NULL UNION ALL FROM (VALUES ({far_away}))"
    )
    audited = judge(connection, contract, rows, resolve=lambda table: table.table)
    assert outcome(audited, "value__references_known").passed
    connection.execute(f"DELETE FROM known WHERE value IN ({value.format(i='7')}, {value.format(i='8')})")
    audited = judge(connection, contract, rows, resolve=lambda table: table.table)
    assert outcome(audited, "value__references_known").error is None
    assert outcome(audited, "value__references_known").failing_rows == 4
