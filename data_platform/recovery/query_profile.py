"""Where the time of a query goes: DuckDB runs it into nothing and says so, operator by operator."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

_CROSS = frozenset({"CROSS_PRODUCT", "NESTED_LOOP_JOIN", "BLOCKWISE_NL_JOIN"})
_NO_WORK = frozenset({"EXPLAIN_ANALYZE", "QUERY", "RESULT_COLLECTOR", ""})


@dataclass(frozen=True)
class QueryProfile:
    """What a profile says: the operator that took most, and whether rows are joined without a condition."""

    dominating_operator: str
    has_cross_product: bool


def profile_query(connection: duckdb.DuckDBPyConnection, query: str, within_seconds: float) -> QueryProfile:
    """Run the query into nothing, for so long at most; one that takes longer is told by its plan alone.

    Raises:
        duckdb.Error: the query is wrong, or failed by itself.
    """
    has_cross = any(name in _CROSS for name, _ in _operators(_explained(connection, f"EXPLAIN (FORMAT json) {query}")))
    try:
        with _interrupted_after(connection, within_seconds):
            document = _explained(connection, f"EXPLAIN (ANALYZE, FORMAT json) {query}")
    except duckdb.InterruptException:
        return QueryProfile(f"not known, the query takes more than {within_seconds:.0f} s", has_cross)
    seconds: dict[str, float] = {}
    for name, taken in _operators(document):
        if name not in _NO_WORK:
            seconds[name] = seconds.get(name, 0.0) + taken
    total = sum(seconds.values())
    if not total:
        return QueryProfile("none, it takes no time", has_cross)
    longest = max(seconds, key=lambda name: seconds[name])
    share = f"{100 * seconds[longest] / total:.0f} % of {total:.1f} s"
    return QueryProfile(f"{longest}, {share}", has_cross or bool(_CROSS & seconds.keys()))


def _explained(connection: duckdb.DuckDBPyConnection, statement: str) -> Any:  # noqa: ANN401 - a JSON document
    rows = connection.execute(statement).fetchall()
    return json.loads(rows[0][1])


def _operators(node: object) -> Iterator[tuple[str, float]]:
    """Each operator of a plan with the seconds it took (0 in a plan that did not run)."""
    if isinstance(node, list):
        for each in node:
            yield from _operators(each)
    elif isinstance(node, Mapping):
        name = node.get("operator_type") or node.get("name") or ""
        yield str(name).strip().upper(), float(node.get("operator_timing") or 0.0)
        yield from _operators(node.get("children") or [])


@contextmanager
def _interrupted_after(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
