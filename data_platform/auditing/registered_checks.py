"""The checks that pandera does not have: a value that another table must know, and a condition over a row.

Registered with pandera, so that a contract states them like any other check and `validate` judges them too.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import duckdb
import polars as pl
from pandera import Check, extensions
from pandera.api.polars.types import PolarsData

KeysOf = Callable[[str], pl.Series]
"""The values of `schema.table.column`."""

_keys_of: ContextVar[KeysOf | None] = ContextVar("keys_of", default=None)


@contextmanager
def known_keys(keys_of: KeysOf) -> Iterator[None]:
    """Within it, pandera's `references` checks look up the values of other tables by `keys_of`."""
    token = _keys_of.set(keys_of)
    try:
        yield
    finally:
        _keys_of.reset(token)


@extensions.register_check_method(statistics=["target"])  # type: ignore[untyped-decorator] # pandera's
def references(data: PolarsData, *, target: str) -> pl.LazyFrame:
    """Each value, unless null, is a value of `target`, a column of another table as `schema.table.column`."""
    keys_of = _keys_of.get()
    if keys_of is None:
        raise LookupError(f"{target} cannot be looked up outside known_keys(…)")
    known = keys_of(target).drop_nulls().unique()
    return data.lazyframe.select(pl.col(data.key).is_in(known.implode()))


@extensions.register_check_method(statistics=["sql"])  # type: ignore[untyped-decorator] # pandera's
def row_rule(data: PolarsData, *, sql: str) -> pl.LazyFrame:
    """Each row fulfils an SQL condition over its columns; NULL passes."""
    rows = data.lazyframe.collect()
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("rows_to_judge", rows.to_arrow())
        return connection.execute(f"SELECT ({sql}) AS fulfilled FROM rows_to_judge").pl().lazy()


REGISTERED: Mapping[str, Callable[..., Any]] = {"references": Check.references, "row_rule": Check.row_rule}
