"""Small tables and contracts to be judged, and what an audit says of one check."""

from typing import Any

import duckdb
import pandera.polars as pa
import polars as pl

from data_platform.auditing import Audit, CheckOutcome, Contract, audit, policies
from tests.data_platform.auditing.verdicts import contract_of


def numbers(policy: Any = None, **arguments: Any) -> type[Contract]:
    """A contract of one number, at least 0."""
    metadata = policies(ge=policy) if policy else None
    return contract_of({"value": pl.Int64}, {"value": pa.Field(ge=0, nullable=True, metadata=metadata)}, **arguments)


def judge(connection: duckdb.DuckDBPyConnection, contract: type[Contract], rows: str, **options: Any) -> Audit:
    """Audits `rows`, a SELECT of `value`s, each with its id."""
    connection.execute(f"CREATE OR REPLACE TABLE built AS SELECT row_number() OVER () AS row_id, * FROM ({rows})")
    return audit(connection, "built", contract, **options)


def outcome(audited: Audit, name: str) -> CheckOutcome:
    (found,) = [each for each in audited.outcomes if each.name == name]
    return found
