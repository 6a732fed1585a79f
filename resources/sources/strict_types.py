"""When a text may become a value of a DuckDB type without losing or changing anything.

DuckDB's own casts are lenient: '3.7' becomes the integer 4, '2013-01-01 10:00+02' a timestamp without its offset,
'1e999' infinity, and its CSV reader makes NULL of the timestamp '2013-02-30'. Here these are faults.
"""

import re

_INTEGERS = frozenset(
    "TINYINT SMALLINT INTEGER INT BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT".split()  # noqa: SIM905 - a list of words
)
_DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC)\s*\(\s*\d+\s*,\s*(\d+)\s*\)")
_DAY = r"[+-]?\d{1,6}[-/]\d{1,2}[-/]\d{1,2}([T ]00:00(:00(\.0+)?)?Z?)?"


def misfit_condition(text: str, duckdb_type: str) -> str | None:  # noqa: PLR0911 - one return for each kind of type
    """SQL that is true where `text`, an SQL expression of type VARCHAR, is no value of `duckdb_type`; None if all are.

    NULL always fits: nulls are the contract's business.
    """
    kind = duckdb_type.strip().upper()
    cast = f"TRY_CAST({text} AS {duckdb_type})"
    if kind in {"VARCHAR", "TEXT", "STRING"}:
        return None
    if kind in _INTEGERS:
        return _unless(text, f"TRY_CAST({text} AS DOUBLE) = {cast}")
    if kind in {"DOUBLE", "FLOAT", "REAL"}:
        return _unless(text, f"(isfinite({cast}) OR regexp_matches({text}, '(?i)inf|nan'))")
    if decimal := _DECIMAL.fullmatch(kind):
        digits = rf"\s*[+-]?\d*(\.\d{{0,{decimal[1]}}}0*)?\s*"
        return _unless(text, f"{cast} IS NOT NULL AND regexp_full_match({text}, '{digits}')")
    if kind == "DATE":
        return _unless(text, f"{cast} IS NOT NULL AND regexp_full_match(trim({text}), '{_DAY}')")
    if kind in {"TIMESTAMP", "DATETIME", "TIMESTAMP WITHOUT TIME ZONE"}:
        # Only an offset other than UTC makes the two differ.
        return _unless(text, f"TRY_CAST({text} AS TIMESTAMPTZ) = CAST({cast} AS TIMESTAMPTZ)")
    return _unless(text, f"{cast} IS NOT NULL")


def _unless(text: str, fits: str) -> str:
    return f"({text} IS NOT NULL AND ({fits}) IS NOT TRUE)"
