"""Findings as outcomes: words, bounded samples, and SQL ready to paste. What is good or bad was decided before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from data_platform.auditing.failing_rows import Resolve, rows_sql
from data_platform.auditing.finding import Finding
from data_platform.auditing.outcome import CheckOutcome
from data_platform.auditing.plan import PlannedCheck

SAMPLE_ROWS = 10
SAMPLE_CHARACTERS = 200


@dataclass(frozen=True)
class Shown:
    """Where a person finds the rows after the audit: as built, as published, and in quarantine; usable in FROM."""

    built: str
    published: str
    quarantine: str


@dataclass(frozen=True)
class Presenter:
    """Presents the findings of one audit. `publishable` says that no check blocked."""

    connection: duckdb.DuckDBPyConnection
    relation: str
    resolve: Resolve
    shown: Shown
    rows: int
    sample_rows: int
    publishable: bool

    def outcome(self, check: PlannedCheck, finding: Finding, *, blocks: bool) -> CheckOutcome:
        """The outcome of one check."""
        return CheckOutcome(
            name=check.name,
            passed=finding.passed,
            action=check.policy.action,
            blocks=blocks,
            failing_rows=finding.failing_rows,
            rows=self.rows,
            ceiling=check.policy.ceiling,
            sample=tuple(self._sample(check, finding)) if finding.failing_rows else (),
            sql=self._sql(check, finding) if finding.failing_rows else "",
            message=self._message(check, finding, blocks=blocks),
            error=finding.error,
        )

    def _sample(self, check: PlannedCheck, finding: Finding) -> Iterator[Mapping[str, Any]]:
        query = rows_sql(check, self.relation, self.resolve, finding.row_numbers[: self.sample_rows])
        found = self.connection.execute(f"SELECT * FROM ({query}) LIMIT {self.sample_rows}")
        names = [column[0] for column in found.description or ()]
        for row in found.fetchall():
            yield {name: _cut(value) for name, value in zip(names, row, strict=True)}

    def _sql(self, check: PlannedCheck, finding: Finding) -> str:
        if check.policy.action == "quarantine" and self.publishable:
            return f"SELECT * FROM {self.shown.quarantine} WHERE list_contains(_checks, '{check.name}')"
        relation = self.shown.published if self.publishable else self.shown.built
        return rows_sql(check, relation, self.resolve, finding.row_numbers[: self.sample_rows])

    def _message(self, check: PlannedCheck, finding: Finding, *, blocks: bool) -> str:
        if finding.passed:
            return check.description
        if finding.error:
            return finding.error
        what = finding.detail or "the table as a whole fails"
        if finding.failing_rows:
            rate = f"{100 * finding.failing_rows / self.rows:.3g} %"
            where = f": {finding.detail}" if finding.detail else ""
            what = f"{finding.failing_rows:,} of {self.rows:,} rows fail ({rate}){where}"
        then = {"warn": ", published", "quarantine": ", quarantined", "block": ""}[check.policy.action]
        then = then if self.publishable else ""
        over = f", more than the {check.policy.ceiling} tolerated" if blocks and check.policy.ceiling else ""
        return f"{what}{then}{over}. {check.description}"


def _cut(value: object) -> object:
    """The value, or as much of it as a person looks at: a cell can hold megabytes, and a list any number of values."""
    text = value if isinstance(value, str) else repr(value)
    return value if len(text) <= SAMPLE_CHARACTERS else f"{text[:SAMPLE_CHARACTERS]}…"
