"""The audit and pandera's polars backend find the same rows, for every built-in check on every kind of column."""

import re
import warnings
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import inf, nan
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from data_platform.auditing import policies, rule
from data_platform.auditing.registered_checks import known_keys
from tests.data_platform.auditing.verdicts import (
    ANY,
    KEY_QUARANTINES,
    audited,
    contract_of,
    field,
    judged_by_pandera,
    numbered,
)

TEXTS = [
    "",
    "a",
    "ab",
    "A",
    "é",
    "e\u0301",
    "\U0001f6eb",
    "ß",
    "N1",
    "N12345",
    "a\nb",
    "٣",
    "-",
    " ",
    "a'b",
    '"',
    "%",
    "İ",
    "a\0b",
    "xb",
]
PATTERNS = [
    "a",
    "^a",
    "b$",
    "^N[0-9]{1,5}$",
    "[^a]",
    "a|b",
    "^$",
    "e",
    r"\d",
    r"\w",
    r"^\w+$",
    r"\s",
    r"\bab",
    ".",
    "^.$",
    "é",
    "(?i)a",
]


@dataclass(frozen=True)
class Kind:
    """One kind of column: its type, and values near to one another so that checks find equal ones."""

    dtype: Any
    values: tuple[Any, ...]


KINDS = {
    "bigint": Kind(pl.Int64, (-(2**63), -1, 0, 1, 2, 3, 2**53, 2**53 + 1, 2**63 - 1)),
    "integer": Kind(pl.Int32, (-(2**31), -1, 0, 1, 2, 3, 2**31 - 1)),
    "utinyint": Kind(pl.UInt8, (0, 1, 2, 3, 255)),
    "double": Kind(pl.Float64, (nan, inf, -inf, -0.0, 0.0, 0.1, 0.1 + 0.2, 0.3, 1.0, 2.0, 2.0**53, 1e-310)),
    "float": Kind(pl.Float32, (nan, inf, -inf, 0.0, 0.5, 1.0, 2.0)),
    "decimal": Kind(pl.Decimal(12, 2), tuple(map(Decimal, ("-1.00", "0.00", "0.01", "0.10", "1.00", "9999999999.99")))),
    "text": Kind(pl.String, tuple(TEXTS)),
    "boolean": Kind(pl.Boolean, (True, False)),
    "date": Kind(pl.Date, (date(1, 1, 1), date(1970, 1, 1), date(2013, 3, 10), date(2013, 11, 3), date(9999, 12, 31))),
    "time": Kind(pl.Time, (time(0), time(12, 30, 0, 1), time(23, 59, 59, 999999))),
    "timestamp": Kind(
        pl.Datetime("us"),
        tuple(
            map(datetime.fromisoformat, ("1900-01-01", "2013-03-10T02:30", "2013-11-03T01:00:00.000001", "2300-01-01"))
        ),
    ),
    "instant": Kind(
        pl.Datetime("us", "UTC"),
        (
            datetime(1969, 12, 31, 23, tzinfo=UTC),
            datetime(2013, 11, 3, 5, 30, tzinfo=UTC),
            datetime(2013, 11, 3, 6, 30, tzinfo=UTC),
        ),
    ),
}
every_kind = pytest.mark.parametrize("kind", KINDS)
thoroughly = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def column_of(kind: Kind) -> st.SearchStrategy[pl.DataFrame]:
    values = st.lists(st.none() | st.sampled_from(kind.values), max_size=12)
    return values.map(lambda column: numbered(pl.DataFrame({"value": pl.Series(column, dtype=kind.dtype)})))


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


@st.composite
def text_checks(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments for every check of texts."""
    text, length = st.sampled_from(TEXTS), st.integers(0, 4)
    lengths = [length.map(lambda each: {"min_value": each}), length.map(lambda each: {"max_value": each})]
    lengths += [
        length.map(lambda each: {"exact_value": each}),
        st.tuples(length, length).map(lambda both: {"min_value": min(both), "max_value": max(both)}),
    ]
    return {
        "str_matches": draw(st.sampled_from(PATTERNS)),
        "str_contains": draw(st.sampled_from(PATTERNS)),
        "str_startswith": draw(text),
        "str_endswith": draw(text),
        "str_length": draw(st.one_of(lengths)),
    }


@settings(thoroughly, max_examples=120)
@given(frame=column_of(KINDS["text"]), arguments=text_checks(), nullable=st.booleans())
def test_text_checks_fail_the_same_rows(frame: pl.DataFrame, arguments: dict[str, Any], *, nullable: bool) -> None:
    contract = contract_of({"value": pl.String}, {"value": field(nullable=nullable, **arguments)})
    assert audited(frame, contract) == judged_by_pandera(frame, contract)


@pytest.mark.parametrize(
    "arguments",
    [
        {"str_matches": "a|b"},  # pandera reads it as ^a|b, which is found anywhere
        {"str_matches": "(a|b)"},
        {"str_matches": "a$"},
        {"str_matches": "^$"},
        {"str_contains": "^b|a$"},
        {"str_startswith": "x", "ignore_na": False},
        {"isin": ["a", "b"], "ignore_na": False},
        {"notin": ["a", "b"]},
        {"isin": [f"{number}" for number in range(99)] + ["a"]},
        {"notin": [f"{number}" for number in range(99)] + ["a"], "ignore_na": False},
        {"isin": "ab"},
        {"isin": []},
        {"notin": []},
    ],
)
def test_special_cases_are_judged_alike(arguments: dict[str, Any]) -> None:
    values = ["", "a", "b", "ab", "ba", "xb", "xa", "a\n", "\na", "ü", None]
    frame = numbered(pl.DataFrame({"value": pl.Series(values, dtype=pl.String)}))
    contract = contract_of({"value": pl.String}, {"value": field(nullable=True, **arguments)})
    assert audited(frame, contract) == judged_by_pandera(frame, contract)


def is_pattern(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)  # of sets that will mean something else
        try:
            re.compile(text)
        except (re.error, FutureWarning):
            return False
    return True


@settings(thoroughly, max_examples=120)
@given(
    values=st.lists(st.text(max_size=6), max_size=12),
    pattern=st.text(alphabet="ab1^$.|()[]-+*?{},\\dwé \n", max_size=6),
)
def test_any_pattern_is_either_compiled_rightly_or_left_to_pandera(values: list[str], pattern: str) -> None:
    assume(is_pattern(pattern))  # pandera refuses to make a check of anything else
    frame = numbered(
        pl.DataFrame({"value": pl.Series([*values, "a", "b", "ab", "xb", "1a", "a.b", "a\nb"], dtype=pl.String)})
    )
    contract = contract_of({"value": pl.String}, {"value": field(str_matches=pattern, nullable=True)})
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


@thoroughly
@given(
    values=st.lists(st.none() | st.sampled_from(TEXTS[:4]), max_size=6), expected=st.sets(st.sampled_from(TEXTS[:4]))
)
def test_sets_of_values_are_judged_alike(values: list[str | None], expected: set[str]) -> None:
    frame = numbered(pl.DataFrame({"value": pl.Series(values, dtype=pl.String)}))
    contract = contract_of({"value": pl.String}, {"value": field(unique_values_eq=expected, nullable=True)})
    assert audited(frame, contract) == judged_by_pandera(frame, contract)
