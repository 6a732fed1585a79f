"""What a contract says, and what it may not say: every mistake is one clear line."""

from typing import Any, ClassVar

import pandera.polars as pa
import polars as pl
import pytest

from data_platform.auditing import (
    Contract,
    ContractError,
    block,
    columns_of,
    plan_checks,
    policies,
    quarantine,
    rule,
    warn,
)
from tests.data_platform.auditing.verdicts import contract_of


class Flight(Contract):
    """One flight."""

    carrier: str = pa.Field(references="core.airline.carrier")
    tail_number: str = pa.Field(str_matches=r"^N\d+$", metadata=policies(not_null=warn(reason="Often missing.")))
    air_time_minutes: float = pa.Field(nullable=True, ge=0, metadata=policies(ge=quarantine(max_rows=10)))

    class Config:
        """The table and its checks across columns."""

        name = "core.flight"
        strict = True
        unique: ClassVar = ["carrier", "tail_number"]
        metadata = policies(unique=quarantine(max_rate=0.1), rules=[rule("flies", "air_time_minutes > 0", warn())])


def test_every_check_of_a_contract_is_planned_once_by_name() -> None:
    planned = {check.name: check for check in plan_checks(Flight)}
    assert list(planned) == [
        "schema",
        "tail_number__not_null",
        "not_null",
        "carrier__references_airline",
        "tail_number__str_matches",
        "air_time_minutes__ge",
        "unique__carrier_tail_number",
        "flies",
        "volume",
        "distribution",
    ]
    assert [name for name, check in planned.items() if not check.compiled] == ["tail_number__str_matches"]
    assert [name for name, check in planned.items() if not check.blocking] == [
        "tail_number__not_null",
        "flies",
        "volume",
        "distribution",
    ]
    assert "Often missing." in planned["tail_number__not_null"].description


def test_types_are_those_of_the_lakehouse() -> None:
    columns: dict[str, Any] = {
        "number": int,
        "share": float,
        "name": str,
        "flag": bool,
        "price": pl.Decimal(15, 2),
        "day": pl.Date,
        "wall_clock": pl.Datetime("us"),
        "instant": pl.Datetime("us", "UTC"),
        "words": pl.List(pl.String),
    }
    assert list(columns_of(contract_of(columns, {})).values())[1:] == [
        "BIGINT",
        "DOUBLE",
        "VARCHAR",
        "BOOLEAN",
        "DECIMAL(15,2)",
        "DATE",
        "TIMESTAMP",
        "TIMESTAMP WITH TIME ZONE",
        "VARCHAR[]",
    ]


@pytest.mark.parametrize(
    "name", ['a"b', "a b", "Robert'); DROP TABLE x;--", "é", "A", "", "x" * 64, "_checks", "_failed"]
)
def test_a_column_that_cannot_be_is_named(name: str) -> None:
    contract = contract_of({"value": pl.Int64}, {"value": pa.Field(alias=name or " ")})
    with pytest.raises(ContractError, match=r"^Judged\.") as raised:
        plan_checks(contract)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["flight", "core.a b", 'core."x"', "core.x; DROP TABLE y", "a.b.c", ""])
def test_a_table_that_cannot_be_is_named(name: str) -> None:
    with pytest.raises(ContractError, match=r"^Judged: Config\.name: "):
        plan_checks(contract_of({}, {}, name=name))


@pytest.mark.parametrize(
    ("column", "field", "config", "says"),
    [
        (pl.Int64, {"coerce": True}, {}, "changes no values"),
        (pl.Int64, {"regex": True, "alias": "^v.*"}, {}, "name each column"),
        (pl.Int64 | None, {}, {}, "nullable instead of optional"),
        (pl.Int64, {}, {"coerce": True}, "cast in the model's SQL"),
        (pl.Int64, {}, {"strict": "filter"}, "removes no columns"),
        (pl.Int64, {"metadata": policies(ge=warn())}, {}, "a policy for 'ge', but there is no such check"),
        (pl.Int64, {}, {"metadata": policies(unique=warn())}, "a policy for 'unique', but there is no such check"),
        (pl.Int64, {"references": "airline"}, {}, "must be schema.table.column"),
        (pl.Int64, {"references": "core.air line.x"}, {}, "must be schema.table.column"),
        (pl.Object, {}, {}, "no type in the lakehouse"),
    ],
)
def test_what_cannot_be_honoured_is_refused(column: Any, field: Any, config: Any, says: str) -> None:
    with pytest.raises(ContractError, match=says):
        plan_checks(contract_of({"value": column}, {"value": pa.Field(**field)}, **config))


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("value >", "in 'value >'"),
        ("SELECT 1", "not a query"),
        ("value IN (SELECT 1)", "not a query"),
        ("DROP TABLE x", "not a query"),
        ("value > 0; DROP TABLE x", "not a query"),
        ("value > 0 -- always", "not in its SQL"),
        ("", "not a query"),
        ("valeu > 0", "no column 'valeu'"),
        ("value > avg(value)", "without aggregates"),
        ("row_number() OVER () = 1", "without aggregates"),
    ],
)
def test_a_rule_that_is_no_condition_over_a_row_is_refused(condition: str, says: str) -> None:
    metadata = policies(rules=[rule("bad", condition)])
    with pytest.raises(ContractError, match=says):
        plan_checks(contract_of({"value": pl.Int64}, {}, metadata=metadata))


def test_a_quarantine_needs_a_ceiling() -> None:
    with pytest.raises(ContractError, match="max_rows or max_rate"):
        quarantine(reason="Anything goes.")


def test_names_and_policies_are_checked_when_they_are_written() -> None:
    with pytest.raises(ContractError, match="letters, digits and underscores"):
        rule("a b", "TRUE")
    with pytest.raises(ContractError, match="is there twice"):
        policies(rules=[rule("a", "TRUE"), rule("a", "TRUE")])
    with pytest.raises(ContractError, match=r"must be block\(\)"):
        policies(ge="warn")  # type: ignore[arg-type]


def test_a_reason_and_a_ceiling_are_told() -> None:
    metadata = policies(ge=warn(max_rows=1_000, max_rate=0.1, reason="Known."), le=block(reason="Never."))
    contract = contract_of({"value": pl.Int64}, {"value": pa.Field(ge=0, le=9, metadata=metadata)})
    described = {check.name: check.description for check in plan_checks(contract)}
    assert described["value__ge"].endswith("Warns, blocks above 1,000 rows and 10 % of the rows. Known.")
    assert described["value__le"].endswith("Blocks. Never.")


@pytest.mark.parametrize(
    ("sql", "reason"), [("amount", "is a DOUBLE, not a condition"), ("no_such(amount)", "no_such")]
)
def test_a_rule_that_is_no_condition_is_refused_before_any_audit(sql: str, reason: str) -> None:
    class Odd(Contract):
        amount: float

        class Config:
            name = "core.odd"
            metadata = policies(rules=[rule("odd", sql)])

    with pytest.raises(ContractError, match=reason):
        plan_checks(Odd)


def test_a_long_list_is_cut_in_the_words_of_a_check() -> None:
    class Coded(Contract):
        code: str = pa.Field(isin=[f"c{n:02}" for n in range(30)])

        class Config:
            name = "core.coded"

    (described,) = [check.description for check in plan_checks(Coded) if check.name == "code__isin"]
    assert "c07" in described
    assert "c08" not in described
    assert "and 22 more" in described
