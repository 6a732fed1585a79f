"""What pandera allows in a contract but an audit of rows at rest cannot honour: refused, with the way out."""

from collections.abc import Iterator, Mapping
from typing import Any

from pandera.api.polars.components import Column
from pandera.api.polars.container import DataFrameSchema

from data_platform.auditing.predicates import SHORT_NAMES

RESERVED = frozenset(
    {
        *("_reasons", "_checks", "_run_id", "_source", "_quarantined_at"),
        *("_failed", "_row_number", "file_row_number"),
    }
)
"""Columns that quarantined rows carry besides their own, and those that queries of an audit add."""


def unsupported(schema: DataFrameSchema, table_metadata: Mapping[str, Any]) -> Iterator[str]:
    """What is not supported, one line each: the column or setting, and what to do instead."""
    if schema.coerce or schema.dtype:
        yield "Config: an audit changes no values; cast in the model's SQL instead of coercing"
    if schema.strict not in {True, False}:
        yield "Config.strict: an audit removes no columns; use True or False"
    if schema.parsers or schema.drop_invalid_rows or schema.add_missing_columns:
        yield "Config: an audit changes no rows; no parsers, drop_invalid_rows or add_missing_columns"
    rules = {each.name for each in table_metadata.get("rules", ())}
    known = {"unique", *rules, *(check.name for check in schema.checks)} - ({"unique"} if not schema.unique else set())
    yield from _without_check("Config", table_metadata, known)
    for name, column in schema.columns.items():
        yield from _unsupported_column(name, column)


def _unsupported_column(name: str, column: Column) -> Iterator[str]:
    if name in RESERVED:
        yield f"{name}: the platform itself uses this name; choose another"
    if column.regex:
        yield f"{name[:80]}: no patterns of column names; name each column"
    if not column.required:
        yield f"{name}: a table has all its columns; make it nullable instead of optional"
    if column.coerce or column.default is not None or column.parsers or column.drop_invalid_rows:
        yield f"{name}: an audit changes no values; no coerce, default, parsers or drop_invalid_rows"
    known = {SHORT_NAMES.get(check.name, check.name) for check in column.checks}
    known |= ({"unique"} if column.unique else set()) | (set() if column.nullable else {"not_null"})
    yield from _without_check(name, column.metadata or {}, known)


def _without_check(where: str, metadata: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    for policy in sorted(set(metadata.get("policies", ())) - known):
        listed = ", ".join(sorted(known)) or "none"
        yield f"{where}: a policy for {policy!r}, but there is no such check; there are {listed}"
