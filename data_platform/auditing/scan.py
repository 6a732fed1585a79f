"""The one scan that makes all row checks of an audit, and the exact figures of the profile with them.

DuckDB answers much of it from the files' statistics: bounds that no value crosses, and columns without nulls, cost
nothing. It does so for `count(column)` and, where no value can fulfil it, `count_if(condition)`; not for a FILTER.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from data_platform.auditing.finding import Finding, attempt
from data_platform.auditing.plan import Part, RowCheck
from data_platform.auditing.profile import ExactFigures, exact_aggregates


@dataclass(frozen=True)
class Scan:
    """What the scan yields. `figures` are those of each column, empty if no profile was asked for."""

    rows: int
    findings: Mapping[RowCheck, Finding]
    figures: Mapping[str, ExactFigures]


def scan(
    connection: duckdb.DuckDBPyConnection, relation: str, checks: Sequence[RowCheck], profiled: Mapping[str, str]
) -> Scan:
    """Makes the row checks and takes the figures of the `profiled` columns (name to DuckDB type).

    Raises:
        duckdb.Error: the relation itself cannot be read.
    """
    try:
        return _scan(connection, relation, checks, profiled)
    except duckdb.Error:
        # One condition that cannot be evaluated fails the whole scan: ask one by one which it is.
        alone = {check: attempt(lambda check=check: _alone(connection, relation, check)) for check in checks}
        without = _scan(connection, relation, (), profiled)
        return Scan(without.rows, alone, without.figures)


def _alone(connection: duckdb.DuckDBPyConnection, relation: str, check: RowCheck) -> Finding:
    return _scan(connection, relation, (check,), {}).findings[check]


def _scan(
    connection: duckdb.DuckDBPyConnection, relation: str, checks: Sequence[RowCheck], profiled: Mapping[str, str]
) -> Scan:
    aggregates = {name: exact_aggregates(name, kind) for name, kind in profiled.items()}
    counts = [part.counted for check in checks for part in check.parts]
    counts += [sql for each in aggregates.values() for sql in each]
    rows, *values = _one_row(connection, f"SELECT {', '.join(['count(*)', *counts])} FROM {relation}")
    found = iter(values)
    findings = {
        check: Finding(_rows_failing(connection, relation, {part: int(str(next(found) or 0)) for part in check.parts}))
        for check in checks
    }
    figures = {name: ExactFigures(*(next(found) for _ in each)) for name, each in aggregates.items()}
    return Scan(int(str(rows)), findings, figures)


def _rows_failing(connection: duckdb.DuckDBPyConnection, relation: str, failing: Mapping[Part, int]) -> int:
    """Rows that fail any part. Counted anew only where several parts fail, since one row may fail them all."""
    parts = [part for part, rows in failing.items() if rows]
    if len(parts) <= 1:
        return sum(failing.values())
    either = " OR ".join(f"({part.fails})" for part in parts)
    return int(str(_one_row(connection, f"SELECT count_if({either}) FROM {relation}")[0]))


def _one_row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[object, ...]:
    row = connection.execute(query).fetchone()
    if row is None:
        raise duckdb.InternalException(f"an aggregate yielded no row: {query[:200]}")
    return tuple(row)
