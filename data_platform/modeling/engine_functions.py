"""Which functions yield another value for the same rows, as DuckDB's own catalogue tells; corrected where it errs."""

import re
from dataclasses import dataclass
from functools import cache

import duckdb
from sqlglot import exp

READS_CLOCK = frozenset({"current_localtime", "current_localtimestamp"})
"""The catalogue of 1.5.5 calls them consistent."""
SAMPLES = frozenset({"reservoir_quantile"})
"""This one, too: asked four times it gives four answers."""
_KEYWORDS = {
    exp.CurrentTimestamp: "get_current_timestamp",
    exp.CurrentTime: "get_current_time",
    exp.Localtime: "current_localtime",
    exp.Localtimestamp: "current_localtimestamp",
}
"""What is written without parentheses, by the function that DuckDB runs for it."""


@dataclass(frozen=True)
class EngineFunctions:
    """DuckDB's functions by what they do to a query that is run twice.

    Attributes:
        volatile: they yield another value each time.
        of_transaction: the same value within a transaction, and another one in the next.
        aggregates: of many rows they make one.
    """

    volatile: frozenset[str]
    of_transaction: frozenset[str]
    aggregates: frozenset[str]


@cache
def engine_functions() -> EngineFunctions:
    """The functions of this DuckDB, its macros by what they are made of."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT function_name, function_type, stability, macro_definition FROM duckdb_functions()"
        ).fetchall()
    volatile = {name for name, _, stability, _ in rows if stability == "VOLATILE"} | SAMPLES
    of_transaction = {name for name, _, stability, _ in rows if stability == "CONSISTENT_WITHIN_QUERY"} | READS_CLOCK
    keywords = {"current_timestamp", "current_time", "localtime", "localtimestamp"}
    for name, kind, _, definition in rows:
        words = set(re.findall(r"[a-z_][a-z_0-9]*", definition or "")) if kind == "macro" else set[str]()
        if words & volatile:
            volatile.add(name)
        elif words & (of_transaction | keywords):
            of_transaction.add(name)
    aggregates = {name for name, kind, _, _ in rows if kind == "aggregate"}
    return EngineFunctions(frozenset(volatile), frozenset(of_transaction), frozenset(aggregates))


def names_of(node: exp.Expr) -> frozenset[str]:
    """The names by which DuckDB may know the function that a node calls; none if it calls none."""
    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        return frozenset({node.name.lower()})
    if not isinstance(node, exp.Func):
        return frozenset()
    keyword = _KEYWORDS.get(type(node))
    return frozenset({keyword} if keyword else {name.lower() for name in type(node).sql_names()})
