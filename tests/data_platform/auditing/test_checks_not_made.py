"""A check that cannot be made is told apart from bad data, and harms nobody else's work."""

from pathlib import Path
from typing import Any

import duckdb
import pandera.polars as pa
import polars as pl
import pytest

from data_platform.auditing import Contract, audit, block, policies, quarantine, rule, warn
from tests.data_platform.auditing.judged import judge, numbers, outcome
from tests.data_platform.auditing.verdicts import contract_of


def raises(data: Any) -> Any:
    message = "boom\n" + "x" * 1000
    raise RuntimeError(message)


@pytest.mark.parametrize(
    ("policy", "blocks"), [(block(), True), (warn(), False), (warn(max_rows=5), True), (quarantine(max_rows=5), True)]
)
def test_a_check_that_cannot_be_made_is_not_called_bad_data(
    connection: duckdb.DuckDBPyConnection, policy: Any, *, blocks: bool
) -> None:
    metadata = policies(
        rules=[rule("parses", "CAST(value AS INTEGER) > 0", policy), rule("other", "value <> 'b'", warn())]
    )
    contract = contract_of({"value": pl.String}, {}, metadata=metadata)
    audited = judge(connection, contract, "SELECT unnest(['1', 'x', 'b']) AS value")
    found = outcome(audited, "parses")
    assert (found.failing_rows, found.sample, found.passed, found.blocks) == (0, (), False, blocks)
    assert found.error is not None
    assert found.error.startswith("could not be checked: ConversionException: ")
    assert outcome(audited, "other").failing_rows == 1


def test_what_a_custom_check_raises_is_told_in_one_short_line(connection: duckdb.DuckDBPyConnection) -> None:
    class Custom(Contract):
        row_id: int
        value: int

        @pa.check("value")
        def is_special(cls, data: Any) -> Any:  # noqa: N805
            return raises(data)

        class Config:
            name = "core.custom"

    found = outcome(judge(connection, Custom, "SELECT 1::BIGINT AS value"), "value__is_special")
    assert found.error is not None
    assert found.error.startswith("could not be checked: RuntimeError: boom x")
    assert len(found.error) <= 300


def test_a_relationship_that_cannot_be_looked_up_is_not_called_bad_data(connection: duckdb.DuckDBPyConnection) -> None:
    contract = contract_of({"value": pl.Int64}, {"value": pa.Field(references="core.known.value")})
    rows = "SELECT 1::BIGINT AS value"
    audited = judge(connection, contract, rows, resolve=lambda table: table.table)
    assert str(outcome(audited, "value__references_known").error).startswith("could not be checked: CatalogException")
    connection.execute("CREATE TABLE known AS SELECT 'one' AS value")
    audited = judge(connection, contract, rows, resolve=lambda table: table.table)
    assert (
        outcome(audited, "value__references_known").error
        == "could not be checked: value is BIGINT, but core.known.value is VARCHAR"
    )


def test_a_condition_that_cannot_be_evaluated_leaves_the_callers_transaction_usable(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = tmp_path / "built.parquet"
    connection.execute(f"COPY (SELECT 1::BIGINT AS row_id, 'x' AS value) TO '{file}'")
    metadata = policies(rules=[rule("parses", "CAST(value AS INTEGER) > 0", warn())])
    connection.execute("BEGIN")
    connection.execute("CREATE TABLE unseen AS SELECT 1 AS one")
    audited = audit(connection, f"read_parquet(['{file}'])", contract_of({"value": pl.String}, {}, metadata=metadata))
    assert outcome(audited, "parses").error
    assert connection.execute("FROM unseen").fetchall() == [(1,)]


def test_a_relation_that_cannot_be_read_is_an_error_not_a_verdict(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.IOException):
        audit(connection, "read_parquet(['/nowhere/at/all.parquet'])", numbers())
