"""The summary at the end of `data-platform run`: what is in the lakehouse now, and what the run's checks said.

Rows are counted in the lakehouse itself, not added up from events: the table says what a reader would find.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.table import Table

from data_platform.cli.job_run import CheckResult, JobOutcome
from data_platform.cli.progress import shown_step
from data_platform.cli.read_only import read_only_connection
from data_platform.settings import Settings
from resources.lakehouse import TableName, quote_literal

_MODELED = ("raw", "core", "marts")
_SHOWN_FAILURES = 10


@dataclass(frozen=True)
class TableSummary:
    """One table of the lakehouse after the run."""

    table: str
    rows: int
    quarantined_rows: int
    checks_passed: int
    checks_warned: int
    checks_failed: int
    seconds: float | None
    """None when the run did not build it"""


def summarize(outcome: JobOutcome, settings: Settings) -> tuple[TableSummary, ...]:
    """The tables in the order of the pipeline."""
    passed = Counter(check.asset for check in outcome.checks if check.passed)
    warned = Counter(check.asset for check in outcome.checks if not check.passed and check.severity == "WARN")
    failed = Counter(check.asset for check in outcome.checks if not check.passed and check.severity != "WARN")
    seconds = {shown_step(step.step): step.seconds for step in outcome.steps}
    rows = _rows(settings)
    tables = sorted((name for name in rows if name.schema in _MODELED), key=_pipeline_order)
    return tuple(
        TableSummary(
            str(name),
            rows[name],
            rows.get(TableName("quarantine", f"{name.schema}_{name.table}"), 0),
            passed[str(name)],
            warned[str(name)],
            failed[str(name)],
            seconds.get(str(name)),
        )
        for name in tables
    )


def drawn(tables: Sequence[TableSummary], seconds: float) -> Table:
    """The summary as a table with a last line of totals."""
    shown = Table(show_footer=True, box=SIMPLE_HEAD)
    totals = (
        sum(one.rows for one in tables),
        sum(one.quarantined_rows for one in tables),
        sum(one.checks_passed for one in tables),
        sum(one.checks_warned for one in tables),
        sum(one.checks_failed for one in tables),
    )
    shown.add_column("table", no_wrap=True, footer=f"{len(tables)} tables")
    for header, total in zip(("rows", "quarantined", "checks passed", "warned", "failed"), totals, strict=True):
        shown.add_column(header, footer=f"{total:,}", justify="right")
    shown.add_column("seconds", footer=f"{seconds:.1f}", justify="right")
    for one in tables:
        numbers = (one.rows, one.quarantined_rows, one.checks_passed, one.checks_warned, one.checks_failed)
        took = "" if one.seconds is None else f"{one.seconds:.1f}"
        shown.add_row(one.table, *(f"{number:,}" for number in numbers), took)
    return shown


def failure_lines(checks: Sequence[CheckResult]) -> list[str]:
    """The failed checks, blocking ones first; bounded."""
    failed = sorted((one for one in checks if not one.passed), key=lambda one: (one.severity != "ERROR", one.asset))
    words = {"ERROR": "failed", "WARN": "warning"}
    lines = [f"{words.get(one.severity, one.severity)}: {one.asset} {one.check}" for one in failed[:_SHOWN_FAILURES]]
    return [*lines, f"and {len(failed) - _SHOWN_FAILURES} more"] if len(failed) > _SHOWN_FAILURES else lines


def _rows(settings: Settings) -> dict[TableName, int]:
    with read_only_connection(settings) as connection:
        found = connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'lake' "
            f"AND schema_name IN ({', '.join(map(quote_literal, (*_MODELED, 'quarantine')))})"
        ).fetchall()
        names = [TableName(schema, table) for schema, table in found]
        counted = [(name, connection.execute(f"SELECT count(*) FROM {name.sql}").fetchone()) for name in names]
    return {name: int(row[0]) for name, row in counted if row}


def _pipeline_order(name: TableName) -> tuple[int, str]:
    return _MODELED.index(name.schema), name.table
