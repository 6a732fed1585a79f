"""Where the work of a query is: what DuckDB plans for it, and, run into nothing, how long each operator took."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

_CROSS = frozenset({"CROSS_PRODUCT", "NESTED_LOOP_JOIN", "BLOCKWISE_NL_JOIN"})
EXPLODES_TIMES = 10
_NO_WORK = frozenset({"EXPLAIN_ANALYZE", "QUERY", "RESULT_COLLECTOR", ""})


@dataclass(frozen=True)
class QueryProfile:
    """What a profile says.

    Attributes:
        dominating_operator: the one that took most, with its share; of a join, also how many rows it makes of how many.
        has_cross_product: whether rows are joined without a condition that a hash could use.
        seconds: how long the query took, planning included; None where it was not waited for.
    """

    dominating_operator: str
    has_cross_product: bool
    seconds: float | None


@dataclass(frozen=True)
class _Operator:
    name: str
    seconds: float
    rows: int
    inputs: tuple[int, ...]

    @property
    def explodes(self) -> bool:
        """Whether it joins its inputs into far more rows than these have."""
        return len(self.inputs) > 1 and self.rows > EXPLODES_TIMES * sum(self.inputs)


@dataclass(frozen=True)
class PlannedQuery:
    """What a plan says before anything runs; every number is DuckDB's estimate.

    Attributes:
        rows_read: of all that is read, after the filters that the scans take.
        heaviest_operator: one that crosses rows, else the one that takes in most; empty if all only read and project.
    """

    rows_read: int
    heaviest_operator: str
    has_cross_product: bool


def planned_query(connection: duckdb.DuckDBPyConnection, query: str) -> PlannedQuery:
    """The plan of the query; nothing is run.

    Raises:
        duckdb.Error: the query is wrong, or reads what is not there.
    """
    plan = list(_planned(_explained(connection, f"EXPLAIN (FORMAT json) {query}")))
    crossed = next((each.name for each in plan if each.name in _CROSS), "")
    working = [each for each in plan if not each.reads and each.name not in _NO_WORK | {"PROJECTION"}]
    heaviest = max(working, key=lambda each: each.rows_in, default=None)
    return PlannedQuery(
        sum(each.rows_out for each in plan if each.reads),
        crossed or (heaviest.name if heaviest else ""),
        bool(crossed),
    )


def profile_query(connection: duckdb.DuckDBPyConnection, query: str, within_seconds: float) -> QueryProfile:
    """Run the query into nothing, for so long at most; one that takes longer is told by its plan alone.

    Raises:
        duckdb.Error: the query is wrong, or failed by itself.
    """
    planned = _operators(_explained(connection, f"EXPLAIN (FORMAT json) {query}"))
    has_cross = any(each.name in _CROSS for each in planned)
    began = time.monotonic()
    try:
        with _interrupted_after(connection, within_seconds):
            document = _explained(connection, f"EXPLAIN (ANALYZE, FORMAT json) {query}")
    except duckdb.InterruptException:
        return QueryProfile(f"not known, the query takes more than {within_seconds:.0f} s", has_cross, None)
    taken = time.monotonic() - began
    operators = [each for each in _operators(document) if each.name not in _NO_WORK]
    has_cross = has_cross or any(each.name in _CROSS for each in operators)
    return QueryProfile(_dominating(operators, taken), has_cross, taken)


def _dominating(operators: list[_Operator], taken: float) -> str:
    by_name: dict[str, list[_Operator]] = {}
    for each in operators:
        by_name.setdefault(each.name, []).append(each)
    seconds = {name: sum(each.seconds for each in same) for name, same in by_name.items()}
    if not sum(seconds.values()):
        return "none, it takes no time"
    longest = max(seconds, key=lambda name: seconds[name])
    # Threads work at once, so the operators' seconds add up to more than the query's.
    told = f"{longest}, {100 * seconds[longest] / sum(seconds.values()):.0f} % of {taken:.1f} s"
    # What comes after a join that makes far too many rows takes longer than it does, and is not to blame.
    joins = [each for each in operators if each.explodes or (each.name == longest and len(each.inputs) > 1)]
    if not joins:
        return told
    largest = max(joins, key=lambda each: each.rows)
    how = "making" if largest.name == longest else f"after {largest.name} made"
    return f"{told}, {how} {largest.rows:,} rows of {' and '.join(f'{rows:,}' for rows in largest.inputs)}"


def _explained(connection: duckdb.DuckDBPyConnection, statement: str) -> Any:  # noqa: ANN401 - a JSON document
    rows = connection.execute(statement).fetchall()
    return json.loads(rows[0][1])


def _operators(node: object) -> Iterator[_Operator]:
    """Each operator of a plan with the seconds it took and its rows (0 in a plan that did not run)."""
    if isinstance(node, list):
        for each in node:
            yield from _operators(each)
    elif isinstance(node, Mapping):
        name = str(node.get("operator_type") or node.get("name") or "").strip().upper()
        children = node.get("children") or []
        inputs = tuple(int(each.get("operator_cardinality") or 0) for each in children)
        rows = int(node.get("operator_cardinality") or 0)
        yield _Operator(name, float(node.get("operator_timing") or 0.0), rows, inputs)
        yield from _operators(children)


@dataclass(frozen=True)
class _Planned:
    """One operator of a plan, with DuckDB's estimates; `reads` if nothing is below it."""

    name: str
    rows_in: int
    rows_out: int
    reads: bool


def _planned(node: object) -> Iterator[_Planned]:
    """Each operator of a plan."""
    if isinstance(node, list):
        for each in node:
            yield from _planned(each)
    elif isinstance(node, Mapping):
        below = node.get("children") or []
        name = str(node.get("name") or "").strip().upper()
        yield _Planned(name, sum(map(_rows_out, below)), _rows_out(node), not below)
        yield from _planned(below)


def _rows_out(node: Mapping[str, Any]) -> int:
    told = str((node.get("extra_info") or {}).get("Estimated Cardinality") or "")
    return int(told) if told.isdigit() else 0


@contextmanager
def _interrupted_after(connection: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
