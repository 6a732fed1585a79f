"""Build to files, audit those files, split off what may be quarantined, publish in one transaction.

Nobody ever reads half-built or unaudited rows: until the last step the catalog knows nothing of the build.
What a build reads, it reads at one snapshot, which is recorded in the commit.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import duckdb

from data_platform.auditing import (
    Audit,
    CheckOutcome,
    LoadProfile,
    Shown,
    audit,
    columns_of,
    good_rows_sql,
    history_outcomes,
    quarantined_rows_sql,
)
from data_platform.engine.duckdb_engine import BuiltFiles, build_files
from data_platform.materialization.profile_history import past_profiles, profile_build
from data_platform.materialization.quarantine import quarantine_columns, quarantine_name
from data_platform.materialization.task import Days, Materialized, TableTask
from resources.lakehouse import (
    LakehouseResource,
    Publication,
    PublishConflict,
    ReplaceRange,
    ReplaceTable,
    Scope,
    TableBuild,
    current_snapshot,
    new_build_folder,
    publish,
    table_exists,
)

BUILDS_PER_CONFLICT = 2
"""After a conflict the build is made once more, on what the other run published; a second conflict is an error."""


class RowsLost(Exception):
    """The audit's split did not add up: rows built, published and quarantined must always balance."""


def build_audit_publish(
    lakehouse: LakehouseResource, task: TableTask, *, run_id: str, now: datetime, log: Callable[[str], None]
) -> Materialized:
    """Materializes one table and says what came of it; a blocked audit publishes nothing and raises nothing.

    Raises:
        PublishConflict: another run published the same rows twice while this one was building.
        duckdb.Error: the build's query failed.
        LakehouseError: the lakehouse could not be reached or refused the publication.
    """
    for attempt in range(1, BUILDS_PER_CONFLICT + 1):
        try:
            return _once(lakehouse, task, run_id=run_id, now=now)
        except PublishConflict as conflict:
            if attempt == BUILDS_PER_CONFLICT:
                raise
            log(f"{task.table}: {conflict}; building and auditing once more")
    raise AssertionError("unreachable: the last attempt returns or raises")


def _once(lakehouse: LakehouseResource, task: TableTask, *, run_id: str, now: datetime) -> Materialized:
    folder = new_build_folder(lakehouse, task.table, run_id)
    with lakehouse.connection() as connection:
        # A transaction, so that the build and the audit's relationships read all tables at one snapshot.
        connection.execute("BEGIN TRANSACTION")
        try:
            read_snapshot = current_snapshot(connection)
            built = build_files(connection, task.select, folder, "built")
            audited = audit(connection, built.relation, task.contract, shown=_shown(task, built))
            outcomes = (*audited.outcomes, *_history(connection, task, audited))
            if audited.blocked:
                return _result(task, built, audited, outcomes, read_snapshot, now)
            good, bad = _split(connection, task, audited, built, folder, run_id, now)
            builds = [
                _table_build(task, good),
                *_quarantine_build(connection, task, bad),
                profile_build(connection, task, audited, folder, run_id=run_id, now=now),
                *task.beside(connection, folder),
            ]
        finally:
            connection.execute("ROLLBACK")
    publication = publish(
        lakehouse, builds, run_id=run_id, message=f"{task.table} from {task.source}", read_snapshot=read_snapshot
    )
    return _result(task, built, audited, outcomes, read_snapshot, now, good=good, publication=publication)


def _shown(task: TableTask, built: BuiltFiles) -> Shown:
    published, quarantine = task.table.sql, quarantine_name(task.table).sql
    if task.days:
        within = f"WHERE {_range(task.days).sql}"
        published, quarantine = (f"(SELECT * FROM {table} {within})" for table in (published, quarantine))
    return Shown(built=built.relation, published=published, quarantine=quarantine)


def _history(connection: duckdb.DuckDBPyConnection, task: TableTask, audited: Audit) -> tuple[CheckOutcome, ...]:
    current = LoadProfile(audited.rows, task.partitions, audited.profile)
    return history_outcomes(current, past_profiles(connection, task.table))


def _split(
    connection: duckdb.DuckDBPyConnection,
    task: TableTask,
    audited: Audit,
    built: BuiltFiles,
    folder: str,
    run_id: str,
    now: datetime,
) -> tuple[BuiltFiles, BuiltFiles | None]:
    """The rows to publish, and those to quarantine, each in files of their own; nothing is split where all are good."""
    if not audited.quarantined_rows:
        return built, None
    good = build_files(connection, good_rows_sql(audited), folder, "good")
    bad = build_files(
        connection, quarantined_rows_sql(audited, run_id=run_id, source=task.source, now=now), folder, "quarantined"
    )
    if good.rows + bad.rows != built.rows:
        raise RowsLost(
            f"{task.table}: {built.rows} rows were built, but {good.rows} to publish and {bad.rows} to quarantine came of "
            "them; nothing was published. This is a fault of the audit: keep the build folder and report it."
        )
    return good, bad


def _table_build(task: TableTask, built: BuiltFiles) -> TableBuild:
    return TableBuild(task.table, columns_of(task.contract), built.files, built.rows, _scope(task))


def _quarantine_build(
    connection: duckdb.DuckDBPyConnection, task: TableTask, bad: BuiltFiles | None
) -> Sequence[TableBuild]:
    """The quarantine's new content for the same scope: also when it is empty, or released rows would stay in it."""
    name = quarantine_name(task.table)
    if bad is None and not table_exists(connection, name):
        return ()
    files, rows = (bad.files, bad.rows) if bad else ((), 0)
    return (TableBuild(name, quarantine_columns(task.contract), files, rows, _scope(task)),)


def _scope(task: TableTask) -> Scope:
    return _range(task.days) if task.days else ReplaceTable()


def _range(days: Days) -> ReplaceRange:
    return ReplaceRange(days.column, days.start, days.end)


def _result(
    task: TableTask,
    built: BuiltFiles,
    audited: Audit,
    outcomes: tuple[CheckOutcome, ...],
    read_snapshot: int,
    now: datetime,
    *,
    good: BuiltFiles | None = None,
    publication: Publication | None = None,
) -> Materialized:
    published = good.rows if good else 0
    return Materialized(
        table=task.table,
        rows_built=built.rows,
        rows_published=published,
        rows_quarantined=built.rows - published if publication else 0,
        audit=audited,
        outcomes=outcomes,
        publication=publication,
        read_snapshot=read_snapshot,
        started_at=now,
    )
