"""The audit: judges a relation by a contract, in as few queries as the contract allows. Moves no rows.

A check that could not be made is told apart from bad data; where it would have blocked, it blocks all the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from data_platform.auditing.contract import Contract, columns_of
from data_platform.auditing.failing_rows import Resolve, count_sql, flag_sql, rows_sql
from data_platform.auditing.outcome import Audit, BadRows, CheckOutcome
from data_platform.auditing.pandera_run import run_by_pandera
from data_platform.auditing.plan import (
    KeyCheck,
    PanderaCheck,
    PlannedCheck,
    ReferenceCheck,
    RowCheck,
    SchemaCheck,
    checks_of,
)
from data_platform.auditing.profile import profile_columns
from data_platform.auditing.split import count_bad_rows
from resources.lakehouse.names import TableName, quote_identifier

SAMPLE_ROWS = 10
SAMPLE_CHARACTERS = 200


@dataclass(frozen=True)
class Shown:
    """Where a person finds the rows after the audit: as built, as published, and in quarantine; usable in FROM."""

    built: str
    published: str
    quarantine: str


@dataclass(frozen=True)
class _Finding:
    """What one check's query said, before any policy."""

    failing_rows: int = 0
    row_numbers: tuple[int, ...] = ()
    as_a_whole: bool = False
    error: str | None = None
    detail: str = ""


def audit(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    contract: type[Contract],
    *,
    resolve: Resolve = lambda table: table.sql,
    shown: Shown | None = None,
    profile: bool = True,
) -> Audit:
    """Judges `relation` (SQL usable in FROM) by `contract`.

    `resolve` says where the tables are that relationships refer to.

    Raises:
        duckdb.Error: the relation itself cannot be read.
        ContractError: the contract says something that cannot be.
    """
    schema, *checks = checks_of(contract)
    columns = columns_of(contract)
    seen = shown or Shown(relation, relation, relation)
    if problem := _schema_problem(connection, relation, schema):
        rows = _scalar(connection, f"SELECT count(*) FROM {relation}")
        unjudged = _Finding(error="could not be checked, because the columns are not the contract's")
        findings = {schema: _Finding(as_a_whole=True, detail=problem), **dict.fromkeys(checks, unjudged)}
    else:
        rows, findings = _judge(connection, relation, tuple(columns), checks, resolve)
        findings = {schema: _Finding(), **findings}
        problem = None
    blocks = {check: _blocks(check, finding, rows) for check, finding in findings.items()}
    bad_rows = _bad_rows(findings, resolve) if not any(blocks.values()) else ()
    presenter = _Presenter(connection, relation, resolve, seen, rows, publishable=not any(blocks.values()))
    return Audit(
        relation=relation,
        columns=tuple(columns),
        rows=rows,
        outcomes=tuple(presenter.outcome(check, finding, blocks=blocks[check]) for check, finding in findings.items()),
        quarantined_rows=count_bad_rows(connection, relation, bad_rows),
        bad_rows=bad_rows,
        profile=profile_columns(connection, relation, columns) if profile and not problem else (),
    )


def _schema_problem(connection: duckdb.DuckDBPyConnection, relation: str, schema: PlannedCheck) -> str | None:
    if not isinstance(schema, SchemaCheck):
        raise TypeError("the first check of a plan is the schema's")
    wanted = dict(schema.columns)
    found = {str(name): str(kind) for name, kind, *_ in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}
    missing = [name for name in wanted if name not in found]
    unknown = [name for name in found if name not in wanted] if schema.strict else []
    other = [f"{name} is {found[name]}, not {kind}" for name, kind in wanted.items() if found.get(name, kind) != kind]
    order = schema.ordered and not missing and [name for name in found if name in wanted] != list(wanted)
    problems = [f"missing: {', '.join(missing)}"] * bool(missing) + [f"not in the contract: {', '.join(unknown)}"] * bool(unknown)
    return "; ".join([*problems, *other, *(["in another order"] * order)]) or None


def _judge(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Sequence[str],
    checks: Sequence[PlannedCheck],
    resolve: Resolve,
) -> tuple[int, dict[PlannedCheck, _Finding]]:
    row_checks = [check for check in checks if isinstance(check, RowCheck)]
    rows, counted = _scan(connection, relation, row_checks)
    findings: dict[PlannedCheck, _Finding] = {}
    for check in checks:
        if isinstance(check, RowCheck):
            findings[check] = counted[check]
        elif isinstance(check, KeyCheck | ReferenceCheck):
            query = count_sql(check, relation, resolve)
            findings[check] = _attempt(lambda query=query: _Finding(_scalar(connection, query)))
        elif isinstance(check, PanderaCheck):
            findings[check] = _attempt(lambda check=check: _by_pandera(connection, relation, columns, check))
    return rows, findings


def _scan(
    connection: duckdb.DuckDBPyConnection, relation: str, checks: Sequence[RowCheck]
) -> tuple[int, dict[RowCheck, _Finding]]:
    counts = ", ".join(["count(*)", *(f"count(*) FILTER (WHERE {check.fails})" for check in checks)])
    try:
        row = connection.execute(f"SELECT {counts} FROM {relation}").fetchone() or (0,) * (len(checks) + 1)
    except duckdb.Error:
        # One condition that cannot be evaluated fails the whole scan: ask one by one which it is.
        one_by_one = {
            check: _attempt(
                lambda check=check: _Finding(_scalar(connection, f"SELECT count(*) FROM {relation} WHERE {check.fails}"))
            )
            for check in checks
        }
        return _scalar(connection, f"SELECT count(*) FROM {relation}"), one_by_one
    return int(row[0]), {check: _Finding(int(count)) for check, count in zip(checks, row[1:], strict=True)}


def _by_pandera(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str], check: PanderaCheck
) -> _Finding:
    verdict = run_by_pandera(connection, relation, columns, check)
    return _Finding(len(verdict.row_numbers), verdict.row_numbers, verdict.fails_as_a_whole)


def _attempt(make: Callable[[], _Finding]) -> _Finding:
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - a check may run a stranger's code; the outcome carries what it raised
        text = " ".join(str(error).split())
        return _Finding(error=f"could not be checked: {type(error).__name__}: {text[:SAMPLE_CHARACTERS]}")


def _blocks(check: PlannedCheck, finding: _Finding, rows: int) -> bool:
    if finding.error:
        return check.policy.action != "warn"
    if finding.as_a_whole:
        return check.policy.action != "warn"  # there are no single rows to set aside
    return not check.policy.tolerates(finding.failing_rows, rows)


def _bad_rows(findings: Mapping[PlannedCheck, _Finding], resolve: Resolve) -> tuple[BadRows, ...]:
    return tuple(
        BadRows(
            check.name,
            check.policy.reason or check.description,
            flag_sql(check, resolve, finding.row_numbers),
            needs_row_number=isinstance(check, PanderaCheck),
        )
        for check, finding in findings.items()
        if check.policy.action == "quarantine" and finding.failing_rows
    )


@dataclass(frozen=True)
class _Presenter:
    """Turns findings into outcomes: words, samples, and the SQL to paste."""

    connection: duckdb.DuckDBPyConnection
    relation: str
    resolve: Resolve
    shown: Shown
    rows: int
    publishable: bool

    def outcome(self, check: PlannedCheck, finding: _Finding, *, blocks: bool) -> CheckOutcome:
        passed = not (finding.failing_rows or finding.as_a_whole or finding.error)
        return CheckOutcome(
            name=check.name,
            passed=passed,
            action=check.policy.action,
            blocks=blocks,
            failing_rows=finding.failing_rows,
            rows=self.rows,
            ceiling=check.policy.ceiling,
            sample=tuple(self._sample(check, finding)) if finding.failing_rows else (),
            sql=self._sql(check, finding) if finding.failing_rows else "",
            message=self._message(check, finding, blocks=blocks, passed=passed),
            error=finding.error,
        )

    def _sample(self, check: PlannedCheck, finding: _Finding) -> Iterator[Mapping[str, Any]]:
        query = rows_sql(check, self.relation, self.resolve, finding.row_numbers[:SAMPLE_ROWS])
        found = self.connection.execute(f"SELECT * FROM ({query}) LIMIT {SAMPLE_ROWS}")
        names = [column[0] for column in found.description or ()]
        for row in found.fetchall():
            yield {name: _cut(value) for name, value in zip(names, row, strict=True)}

    def _sql(self, check: PlannedCheck, finding: _Finding) -> str:
        if check.policy.action == "quarantine" and self.publishable:
            return f"SELECT * FROM {self.shown.quarantine} WHERE list_contains(_checks, '{check.name}')"
        relation = self.shown.published if self.publishable else self.shown.built
        return rows_sql(check, relation, self.resolve, finding.row_numbers[:SAMPLE_ROWS])

    def _message(self, check: PlannedCheck, finding: _Finding, *, blocks: bool, passed: bool) -> str:
        if passed:
            return check.description
        if finding.error:
            return finding.error
        what = finding.detail or "the table as a whole fails"
        if finding.failing_rows:
            rate = f"{100 * finding.failing_rows / self.rows:.3g} %"
            what = f"{finding.failing_rows:,} of {self.rows:,} rows fail ({rate})"
        then = {"warn": ", published", "quarantine": ", quarantined", "block": ""}[check.policy.action]
        then = then if self.publishable else ""
        over = f", more than the {check.policy.ceiling} tolerated" if blocks and check.policy.ceiling else ""
        return f"{what}{then}{over}. {check.description}"


def _cut(value: object) -> object:
    if isinstance(value, str | bytes) and len(value) > SAMPLE_CHARACTERS:
        return f"{value[:SAMPLE_CHARACTERS]!r}…"
    return value


def _scalar(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
