"""The audit: judges a relation by a contract, in as few queries as the contract allows. Moves no rows.

A check that could not be made is told apart from bad data; where bad data would have blocked, it blocks all the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import duckdb

from data_platform.auditing.contract import Contract, columns_of
from data_platform.auditing.failing_rows import Resolve, flag_sql
from data_platform.auditing.finding import Finding, attempt
from data_platform.auditing.keys import duplicated_rows
from data_platform.auditing.outcome import Audit, BadRows
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
from data_platform.auditing.presenting import SAMPLE_ROWS, Presenter, Shown
from data_platform.auditing.profile import ColumnProfile, profile_columns
from data_platform.auditing.profile_figures import means_sql
from data_platform.auditing.references import orphaned_rows
from data_platform.auditing.relation import Relation, reads_only_files
from data_platform.auditing.scan import scan
from data_platform.auditing.split import count_bad_rows
from resources.lakehouse.names import TableName

Findings = Mapping[PlannedCheck, Finding]
UNJUDGED = Finding(error="could not be checked, because the columns are not the contract's")


def _sql_of(table: TableName) -> str:
    return table.sql


def audit(  # noqa: PLR0913 - what is judged, by what, and what is made beside it
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    contract: type[Contract],
    *,
    resolve: Resolve = _sql_of,
    shown: Shown | None = None,
    sample_rows: int = SAMPLE_ROWS,
    profile: bool = True,
    repairing: bool = False,
) -> Audit:
    """Judges `relation` (SQL usable in FROM) by `contract`.

    `resolve` says where the tables are that relationships refer to, `shown` what the SQL to paste reads from.
    `repairing` is an attempt of level 1 in which rows may be set aside: see `block(quarantine_on_repair=…)`.

    Raises:
        duckdb.Error: the relation itself cannot be read.
        ContractError: the contract says something that cannot be.
    """
    schema, *checks = checks_of(contract)
    if repairing:
        checks = [replace(check, policy=check.policy.in_repair()) for check in checks]
    columns = columns_of(contract)
    with _apart(connection, relation) as reader:
        if problem := _schema_problem(reader, relation, schema):
            scanned = scan(reader, relation, ())
            findings: dict[PlannedCheck, Finding] = {schema: Finding(as_a_whole=True, detail=problem)}
            findings |= dict.fromkeys(checks, UNJUDGED)
            profiled: tuple[ColumnProfile, ...] = ()
        else:
            row_checks = [check for check in checks if isinstance(check, RowCheck)]
            means = means_sql(columns) if profile else {}
            # The mean of a column is computed where the column is read in any case.
            read_later = {check.column for check in checks if isinstance(check, ReferenceCheck)}
            read_later |= {name for check in checks if isinstance(check, KeyCheck) for name in check.columns}
            scanned = scan(reader, relation, row_checks, {k: sql for k, sql in means.items() if k not in read_later})
            judge = _Judge(connection, reader, Relation(relation, columns, scanned.rows), resolve, means)
            findings = {schema: Finding()}
            for check in checks:
                findings[check] = scanned.findings[check] if isinstance(check, RowCheck) else judge.finding(check)
            known = {**scanned.beside, **judge.computed}
            profiled = profile_columns(reader, relation, columns, scanned.rows, known) if profile else ()
    blocks = {check: _blocks(check, finding, scanned.rows) for check, finding in findings.items()}
    publishable = not any(blocks.values())
    bad_rows = tuple(_bad_rows(findings, resolve)) if publishable else ()
    seen = shown or Shown(relation, relation, relation)
    presenter = Presenter(connection, relation, resolve, seen, scanned.rows, sample_rows, publishable)
    return Audit(
        relation=relation,
        columns=tuple(columns),
        rows=scanned.rows,
        outcomes=tuple(presenter.outcome(check, finding, blocks=blocks[check]) for check, finding in findings.items()),
        quarantined_rows=count_bad_rows(connection, relation, bad_rows),
        bad_rows=bad_rows,
        profile=profiled,
    )


@contextmanager
def _apart(connection: duckdb.DuckDBPyConnection, relation: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor beside the caller's connection where the relation is only files; else the connection itself.

    A condition that cannot be evaluated aborts the transaction it is evaluated in, and with it every later query.
    Names of tables mean the same only on the caller's own connection.
    """
    if not reads_only_files(relation):
        yield connection
        return
    with connection.cursor() as cursor:
        cursor.execute("SET TimeZone = 'UTC'")
        yield cursor


def _schema_problem(connection: duckdb.DuckDBPyConnection, relation: str, schema: PlannedCheck) -> str | None:
    if not isinstance(schema, SchemaCheck):
        raise TypeError("the first check of a plan is the schema's")
    wanted = dict(schema.columns)
    described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    found = {str(name): str(kind) for name, kind, *_ in described}
    missing = [name for name in wanted if name not in found]
    unknown = [name for name in found if name not in wanted] if schema.strict else []
    order = schema.ordered and not missing and [name for name in found if name in wanted] != list(wanted)
    problems = [f"missing: {', '.join(missing)}"] if missing else []
    problems += [f"not in the contract: {', '.join(unknown)}"] if unknown else []
    problems += [
        f"{name} is {found[name]}, not {kind}" for name, kind in wanted.items() if found.get(name, kind) != kind
    ]
    problems += ["in another order"] if order else []
    return "; ".join(problems) or None


@dataclass(frozen=True)
class _Judge:
    """Makes the checks that a scan does not. `reader` reads the relation, `connection` also the tables it refers to.

    `computed` are those of the aggregates `beside`, one a column, that a check's reading made along the way.
    """

    connection: duckdb.DuckDBPyConnection
    reader: duckdb.DuckDBPyConnection
    relation: Relation
    resolve: Resolve
    beside: Mapping[str, str]
    computed: dict[str, object] = field(default_factory=dict)

    def finding(self, check: PlannedCheck) -> Finding:
        """What the check finds, or that it could not be made."""
        return attempt(lambda: self._find(check))

    def _find(self, check: PlannedCheck) -> Finding:
        match check:
            case KeyCheck():
                duplicated, computed = duplicated_rows(
                    self.reader, self.relation, check.columns, self._due(check.columns)
                )
                self.computed.update(computed)
                return Finding(duplicated)
            case ReferenceCheck():
                beside, referred = self._due([check.column]), self.resolve(check.table)
                finding, computed = orphaned_rows(self.connection, self.relation, check, referred, beside)
                self.computed.update(computed)
                return finding
            case PanderaCheck():
                return run_by_pandera(self.reader, self.relation.sql, tuple(self.relation.types), check)
            case _:
                raise TypeError(f"{check.name} is of no known kind")

    def _due(self, columns: Iterable[str]) -> Mapping[str, str]:
        """The aggregates of these columns that no check has computed yet."""
        return {name: self.beside[name] for name in columns if name in self.beside and name not in self.computed}


def _blocks(check: PlannedCheck, finding: Finding, rows: int) -> bool:
    if finding.error:
        return check.policy.can_block  # for all that is known it is above its ceiling
    if finding.as_a_whole:
        return check.policy.action != "warn"  # there are no single rows to set aside
    return not check.policy.tolerates(finding.failing_rows, rows)


def _bad_rows(findings: Findings, resolve: Resolve) -> Iterator[BadRows]:
    for check, finding in findings.items():
        if check.policy.action == "quarantine" and finding.failing_rows:
            yield BadRows(
                check.name,
                check.policy.reason or check.description,
                flag_sql(check, resolve, finding.row_numbers),
                needs_row_number=isinstance(check, PanderaCheck),
            )
