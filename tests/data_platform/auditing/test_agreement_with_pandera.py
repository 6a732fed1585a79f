"""The audit and pandera's polars backend find the same rows, for every built-in check on every kind of column."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_platform.auditing import policies, rule
from data_platform.auditing.registered_checks import known_keys
from tests.data_platform.auditing.kinds import KINDS, TEXTS, Kind, column_of, thoroughly
from tests.data_platform.auditing.verdicts import (
    ANY,
    KEY_QUARANTINES,
    audited,
    contract_of,
    field,
    judged_by_pandera,
    numbered,
)

every_kind = pytest.mark.parametrize("kind", KINDS)


@st.composite
def comparisons(draw: st.DrawFn, kind: Kind) -> dict[str, Any]:
    """Arguments for every check that compares with values."""
    value = st.sampled_from(kind.values)
    low, high = draw(value), draw(value)
    checks = {name: draw(value) for name in ("eq", "ne", "gt", "ge", "lt", "le")}
    checks["in_range"] = {
        "min_value": low,
        "max_value": high,
        "include_min": draw(st.booleans()),
        "include_max": draw(st.booleans()),
    }
    bounds = checks["in_range"]
    if not (low < high or (low == high and bounds["include_min"] and bounds["include_max"])):
        del checks["in_range"]  # pandera refuses an empty range
    checks["isin"] = draw(st.lists(value, min_size=1, max_size=4, unique_by=str))
    checks["notin"] = draw(st.lists(value, min_size=1, max_size=4, unique_by=str))
    return checks


@every_kind
@thoroughly
@given(data=st.data())
def test_comparisons_fail_the_same_rows(kind: str, data: st.DataObject) -> None:
    frame = data.draw(column_of(KINDS[kind]))
    arguments = data.draw(comparisons(KINDS[kind])) | {"nullable": data.draw(st.booleans())}
    contract = contract_of({"value": KINDS[kind].dtype}, {"value": field(**arguments)})
    assert audited(frame, contract) == judged_by_pandera(frame, contract)


def test_instants_of_other_zones_are_left_to_pandera_which_refuses_them() -> None:
    frame = numbered(pl.DataFrame({"value": pl.Series([None], dtype=pl.Datetime("us", "UTC"))}))
    in_new_york = datetime(2013, 11, 3, 1, 30, fold=1, tzinfo=ZoneInfo("America/New_York"))
    contract = contract_of({"value": KINDS["instant"].dtype}, {"value": field(nullable=True, le=in_new_york)})
    assert audited(frame, contract).not_made == judged_by_pandera(frame, contract).not_made == {"value__le"}


@every_kind
@thoroughly
@given(data=st.data())
def test_keys_fail_the_same_rows(kind: str, data: st.DataObject) -> None:
    frame = data.draw(column_of(KINDS[kind]))
    arguments = {"unique": True, "nullable": data.draw(st.booleans())}
    contract = contract_of({"value": KINDS[kind].dtype}, {"value": field(**arguments)})
    assert audited(frame, contract) == judged_by_pandera(frame, contract)


@thoroughly
@given(
    left=st.lists(st.none() | st.sampled_from(KINDS["double"].values), min_size=8, max_size=8),
    right=st.lists(st.none() | st.sampled_from(TEXTS[:3]), min_size=8, max_size=8),
)
def test_compound_keys_fail_the_same_rows(left: list[float | None], right: list[str | None]) -> None:
    frame = numbered(pl.DataFrame({"left": left, "right": right}, schema={"left": pl.Float64, "right": pl.String}))
    fields = {"left": field(nullable=True), "right": field(nullable=True)}
    contract = contract_of(
        {"left": pl.Float64, "right": pl.String}, fields, unique=["left", "right"], metadata=KEY_QUARANTINES
    )
    assert audited(frame, contract) == judged_by_pandera(frame, contract)


@thoroughly
@given(keys=st.lists(st.tuples(st.integers(-3, 3), st.dates(date(2013, 1, 1), date(2013, 1, 4))), max_size=20))
def test_dense_keys_fail_the_same_rows(keys: list[tuple[int, date]]) -> None:
    columns = {"number": pl.Int8, "day": pl.Date}
    frame = numbered(pl.DataFrame(keys, schema=columns, orient="row"))
    contract = contract_of(
        columns, {"number": field(), "day": field()}, unique=["number", "day"], metadata=KEY_QUARANTINES
    )
    assert audited(frame, contract) == judged_by_pandera(frame, contract)


@pytest.mark.parametrize("kind", ["bigint", "text", "date", "double", "instant"])
@thoroughly
@given(data=st.data())
def test_relationships_fail_the_same_rows(kind: str, data: st.DataObject) -> None:
    frame = data.draw(column_of(KINDS[kind]))
    known = data.draw(column_of(KINDS[kind]))
    arguments = {"references": "core.known.value", "nullable": True}
    contract = contract_of({"value": KINDS[kind].dtype}, {"value": field(**arguments)})
    with known_keys(lambda _: known["value"]):
        by_pandera = judged_by_pandera(frame, contract)
    by_audit = audited(frame, contract, {"known": known})
    assert {
        name.replace("references_known", "references"): rows for name, rows in by_audit.rows.items()
    } == by_pandera.rows


@thoroughly
@given(
    numbers=st.lists(st.tuples(st.none() | st.integers(-2, 2), st.none() | st.integers(-2, 2)), max_size=12),
    condition=st.sampled_from(["low <= high", "low IS NOT NULL", "low + high > 0 OR high IS NULL", "low IN (1, NULL)"]),
)
def test_rules_over_several_columns_fail_the_same_rows(
    numbers: list[tuple[int | None, int | None]], condition: str
) -> None:
    columns = {"low": pl.Int64, "high": pl.Int64}
    frame = numbered(pl.DataFrame(numbers, schema=columns, orient="row"))
    contract = contract_of(
        columns,
        {"low": field(nullable=True), "high": field(nullable=True)},
        metadata=policies(rules=[rule("is_in_order", condition, ANY)]),
    )
    assert audited(frame, contract) == judged_by_pandera(frame, contract)
