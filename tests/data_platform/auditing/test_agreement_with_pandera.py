"""The audit and pandera's polars backend find the same rows, for every built-in check on every kind of column."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import inf, nan
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.data_platform.auditing.verdicts import audited, contract_of, field, judged_by_pandera, numbered

NEW_YORK = ZoneInfo("America/New_York")
TEXTS = ["", "a", "ab", "A", "é", "e\u0301", "\U0001f6eb", "ß", "N1", "N12345", "a\nb", "٣", "-", " ", "a'b", '"', "%", "İ"]
PATTERNS = ["a", "^a", "b$", "^N[0-9]{1,5}$", "[^a]", "a|b", "^$", "e", r"\d", r"\w", r"^\w+$", r"\s", r"\bab", ".", "^.$", "é", "(?i)a"]


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
        (datetime(1900, 1, 1), datetime(2013, 3, 10, 2, 30), datetime(2013, 11, 3, 1, 0, 0, 1), datetime(2300, 1, 1)),
    ),
    "instant": Kind(
        pl.Datetime("us", "UTC"),
        (
            datetime(1969, 12, 31, 23, tzinfo=UTC),
            datetime(2013, 11, 3, 5, 30, tzinfo=UTC),
            datetime(2013, 11, 3, 6, 30, tzinfo=UTC),
            datetime(2013, 11, 3, 1, 30, tzinfo=NEW_YORK),
            datetime(2013, 11, 3, 1, 30, fold=1, tzinfo=NEW_YORK),
            datetime(2013, 3, 10, 3, 30, tzinfo=ZoneInfo("Asia/Kathmandu")),
        ),
    ),
}
every_kind = pytest.mark.parametrize("kind", KINDS)
thoroughly = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def column_of(kind: Kind) -> st.SearchStrategy[pl.DataFrame]:
    values = st.lists(st.none() | st.sampled_from(kind.values), max_size=12)
    return values.map(lambda column: numbered(pl.DataFrame({"value": pl.Series(column, dtype=kind.dtype, strict=False)})))


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


@every_kind
@thoroughly
@given(data=st.data())
def test_keys_fail_the_same_rows(kind: str, data: st.DataObject) -> None:
    frame = data.draw(column_of(KINDS[kind]))
    arguments = {"unique": True, "nullable": data.draw(st.booleans())}
    contract = contract_of({"value": KINDS[kind].dtype}, {"value": field(**arguments)})
    assert audited(frame, contract) == judged_by_pandera(frame, contract)
