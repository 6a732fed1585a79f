"""Columns of every kind, with values near to one another so that checks find equal ones."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import inf, nan
from typing import Any

import polars as pl
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.data_platform.auditing.verdicts import numbered

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


thoroughly = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def column_of(kind: Kind) -> st.SearchStrategy[pl.DataFrame]:
    values = st.lists(st.none() | st.sampled_from(kind.values), max_size=12)
    return values.map(lambda column: numbered(pl.DataFrame({"value": pl.Series(column, dtype=kind.dtype)})))
