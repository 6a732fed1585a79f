"""The one scan that makes all row checks of an audit, preceded by one look at the statistics of the files for nulls.

Apart, because one query for both reads every column that is asked about. Rows that have a null anywhere are looked for
first: where the statistics show none, that reads nothing, and no column's nulls need counting. `count_if(condition)`,
unlike a FILTER, costs nothing where the statistics show that no value can fulfil it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import duckdb

from data_platform.auditing.finding import Finding, attempt
from data_platform.auditing.plan import Part, RowCheck


@dataclass(frozen=True)
class Scan:
    """What the scan yields; `beside` are the values of the aggregates that were asked for beside the checks."""

    rows: int
    findings: Mapping[RowCheck, Finding]
    beside: Mapping[str, object]


def scan(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    checks: Sequence[RowCheck],
    beside: Mapping[str, str] = MappingProxyType({}),
) -> Scan:
    """Makes the row checks, and computes the aggregates `beside` them (by name): the columns are read only once.

    Raises:
        duckdb.Error: the relation itself cannot be read.
    """
    parts = [part for check in checks for part in check.parts]
    rows = _counts(connection, relation, ["count(*)"])[0]
    failing = _failing_by_statistics(connection, relation, [part for part in parts if part.in_statistics])
    rest = [part for part in parts if not part.in_statistics]
    try:
        values = _values(connection, relation, [*(part.counted for part in rest), *beside.values()])
    except duckdb.Error:
        # One condition that cannot be evaluated fails the whole scan: ask one by one which it is.
        values = _values(connection, relation, list(beside.values()))
        findings = {check: attempt(_alone(connection, relation, check)) for check in checks}
    else:
        failing |= dict(zip(rest, map(_count, values[: len(rest)]), strict=True))
        values = values[len(rest) :]
        findings = {check: _finding(connection, relation, check, failing) for check in checks}
    return Scan(rows, findings, dict(zip(beside, values, strict=True)))


def _failing_by_statistics(
    connection: duckdb.DuckDBPyConnection, relation: str, parts: Sequence[Part]
) -> dict[Part, int]:
    if not parts:
        return {}
    anywhere = " OR ".join(part.fails for part in parts)
    if not _counts(connection, f"{relation} WHERE {anywhere}", ["count(*)"])[0]:
        return dict.fromkeys(parts, 0)
    return dict(zip(parts, _counts(connection, relation, [part.counted for part in parts]), strict=True))


def _alone(connection: duckdb.DuckDBPyConnection, relation: str, check: RowCheck) -> Callable[[], Finding]:
    return lambda: Finding(_counts(connection, relation, [f"count_if({check.fails})"])[0])


def _finding(
    connection: duckdb.DuckDBPyConnection, relation: str, check: RowCheck, failing: Mapping[Part, int]
) -> Finding:
    named = ", ".join(f"{part.label}: {failing[part]:,}" for part in check.parts if failing[part] and part.label)
    return Finding(_rows_failing(connection, relation, check, failing), detail=named)


def _rows_failing(
    connection: duckdb.DuckDBPyConnection, relation: str, check: RowCheck, failing: Mapping[Part, int]
) -> int:
    """Rows that fail any part. Counted anew only where several parts fail, since one row may fail them all."""
    parts = [part for part in check.parts if failing[part]]
    if len(parts) <= 1:
        return sum(failing[part] for part in parts)
    return _counts(connection, relation, [f"count_if({' OR '.join(f'({part.fails})' for part in parts)})"])[0]


def _counts(connection: duckdb.DuckDBPyConnection, relation: str, aggregates: Sequence[str]) -> list[int]:
    return [_count(value) for value in _values(connection, relation, aggregates)]


def _count(value: Any) -> int:  # noqa: ANN401 - whatever DuckDB answers
    return int(value or 0)  # over no rows, count_if is NULL


def _values(connection: duckdb.DuckDBPyConnection, relation: str, aggregates: Sequence[str]) -> list[Any]:
    if not aggregates:
        return []
    return list(connection.execute(f"SELECT {', '.join(aggregates)} FROM {relation}").fetchall()[0])
