"""The same rows judged twice: by the audit, and by pandera's polars backend. What a test compares."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import pandera.polars as pa
import polars as pl
from pandera.constants import CHECK_OUTPUT_KEY
from pandera.errors import SchemaErrorReason, SchemaErrors

from data_platform.auditing import Audit, Contract, audit, columns_of, policies, quarantine, quarantined_rows_sql
from data_platform.auditing.predicates import SHORT_NAMES

ROW_ID = "row_id"
ANY = quarantine(max_rate=1.0)
NAMES = {"not_nullable": "not_null", "field_uniqueness": "unique"}
NO_CHECKS = {"ignore_na", "nullable", "unique", "alias", "description"}
KEY_QUARANTINES = policies(unique=ANY)


@dataclass(frozen=True)
class Verdict:
    """For each check that failed, the ids of the failing rows; the checks that fail as a whole; those not made."""

    rows: Mapping[str, frozenset[int]]
    as_a_whole: frozenset[str]
    not_made: frozenset[str]


def contract_of(columns: Mapping[str, Any], fields: Mapping[str, Any], **config: Any) -> type[Contract]:
    """A contract made on the spot: column types, `pa.Field`s, and what `Config` holds."""
    annotations = {ROW_ID: pl.Int64, **columns}
    config = {"name": "core.judged", "strict": True, **config}
    body = {"__annotations__": annotations, "Config": type("Config", (), config), "__module__": __name__, **fields}
    return type("Judged", (Contract,), body)


def field(**arguments: Any) -> Any:
    """A `pa.Field` all of whose checks quarantine, so that the split says which rows failed which."""
    checks = [*(arguments.keys() - NO_CHECKS), *(["unique"] if arguments.get("unique") else [])]
    checks += [] if arguments.get("nullable") else ["not_null"]
    return pa.Field(metadata=policies(**dict.fromkeys(checks, ANY)), **arguments)


def numbered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_row_index(ROW_ID).with_columns(pl.col(ROW_ID).cast(pl.Int64))


def audited(frame: pl.DataFrame, contract: type[Contract], tables: Mapping[str, pl.DataFrame] | None = None) -> Verdict:
    """The audit's verdict on a DuckDB table of the same rows."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        load(connection, "judged", frame, columns_of(contract))
        for name, table in (tables or {}).items():
            load(connection, name, table, {})
        found = audit(connection, "judged", contract, resolve=lambda table: table.table)
        return Verdict(
            rows=failing_rows(connection, found),
            as_a_whole=frozenset(
                each.name for each in found.outcomes if not (each.passed or each.failing_rows or each.error)
            ),
            not_made=frozenset(each.name for each in found.outcomes if each.error),
        )


def failing_rows(connection: duckdb.DuckDBPyConnection, found: Audit) -> dict[str, frozenset[int]]:
    """By the split, and checked against the counts of the outcomes."""
    split = quarantined_rows_sql(found, run_id="run", source="test", now=datetime(2013, 1, 1, tzinfo=UTC))
    by_check: dict[str, set[int]] = {}
    for row_id, checks in connection.execute(f"SELECT {ROW_ID}, _checks FROM ({split})").fetchall():
        for check in checks:
            by_check.setdefault(check, set()).add(row_id)
    if not found.blocked:
        counted = {each.name: each.failing_rows for each in found.outcomes if each.failing_rows}
        assert {name: len(rows) for name, rows in by_check.items()} == counted
    return {name: frozenset(rows) for name, rows in by_check.items()}


def load(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame, types: Mapping[str, str]) -> None:
    """The frame as a table, its columns in the given types: of times polars has nanoseconds, the lakehouse has not."""
    columns = ", ".join(
        f'CAST("{each}" AS {types[each]}) AS "{each}"' if types else f'"{each}"' for each in frame.columns
    )
    connection.register("frame", frame.to_arrow())
    connection.execute(f"CREATE TABLE {name} AS SELECT {columns} FROM frame")
    connection.unregister("frame")


def judged_by_pandera(frame: pl.DataFrame, contract: type[Contract]) -> Verdict:
    """Pandera's verdict, under the names that the audit gives to the checks."""
    try:
        contract.validate(frame, lazy=True)
    except SchemaErrors as errors:
        found = errors.schema_errors
    else:
        found = []
    rows: dict[str, frozenset[int]] = {}
    as_a_whole, not_made = set(), set()
    for error in found:
        column = error.schema.name if isinstance(error.schema, pa.Column) else None
        check = error.check if isinstance(error.check, str) else error.check.name
        check = SHORT_NAMES.get(check, NAMES.get(check, check))
        if check == "multiple_fields_uniqueness":
            check = f"unique__{'_'.join(contract.to_schema().unique)}"
        name = f"{column}__{check}" if column else check
        if error.reason_code is SchemaErrorReason.CHECK_ERROR:
            not_made.add(name)
        elif isinstance(error.failure_cases, pl.DataFrame):
            passed = error.check_output.get_column(CHECK_OUTPUT_KEY)
            rows[name] = frozenset(number for number, each in enumerate(passed) if not each)
        else:
            as_a_whole.add(name)
    return Verdict(rows, frozenset(as_a_whole), frozenset(not_made))
