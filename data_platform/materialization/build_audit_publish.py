"""Build to files, audit those files, split off what may be quarantined, publish in one transaction.

Nobody ever reads half-built or unaudited rows: until the last step the catalog knows nothing of the build.
What a build reads, it reads at one snapshot, which is recorded in the commit.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

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
from data_platform.engine.duckdb_engine import BuiltFiles, build_files, build_in_parts
from data_platform.materialization.profile_history import past_profiles, profile_build
from data_platform.materialization.quarantine import quarantine_columns, quarantine_name
from data_platform.materialization.task import Days, Materialized, TableTask
from data_platform.materialization.tuned_engine import tuned_engine, tuned_selects
from escalation_sensors import current_tuning, interruptible
from resources.lakehouse import (
    LakehouseResource,
    PublishConflict,
    TableBuild,
    current_snapshot,
    new_build_folder,
    publish,
    quote_identifier,
    table_exists,
)

BUILDS_PER_CONFLICT = 2
"""After a conflict the build is made once more, on what the other run published; a second conflict is an error."""


class RowsLost(Exception):
    """The audit's split did not add up: rows built, published and quarantined must always balance."""

    escalation_category = "code_defect"


def build_audit_publish(
    lakehouse: LakehouseResource, task: TableTask, *, run_id: str, now: datetime, log: Callable[[str], None]
) -> Materialized:
    """Materializes one table and says what came of it; a blocked audit publishes nothing and raises nothing.

    Obeys `current_tuning()`: parts, the engine's settings, and what may be set aside in a repair.

    Raises:
        PublishConflict: another run published the same rows twice while this one was building.
        duckdb.Error: the build's query failed.
        RowsLost: the audit's split did not add up; nothing was published.
        LakehouseError: the lakehouse could not be reached or refused the publication.
    """
    for attempt in range(1, BUILDS_PER_CONFLICT + 1):
        try:
            with tuned_engine(lakehouse):
                return _Attempt(lakehouse, task, run_id, now, new_build_folder(lakehouse, task.table, run_id)).run()
        except PublishConflict as conflict:
            if attempt == BUILDS_PER_CONFLICT:
                raise
            log(f"{task.table}: {conflict}; building and auditing once more")
    raise AssertionError("unreachable: the last attempt returns or raises")


@dataclass(frozen=True)
class _Split:
    """What a build is published as: the good rows, the bad ones if there are any, and all files of the publication."""

    good: BuiltFiles
    bad: BuiltFiles | None
    rows_by_day: Mapping[date, int] | None
    builds: tuple[TableBuild, ...]


@dataclass(frozen=True)
class _Attempt:
    """One build of one table, in a folder of its own."""

    lakehouse: LakehouseResource
    task: TableTask
    run_id: str
    now: datetime
    folder: str

    def run(self) -> Materialized:
        task = self.task
        with self.lakehouse.connection() as connection, interruptible(connection.interrupt):
            # A transaction, so that the build and the audit's relationships read all tables at one snapshot.
            # It writes nothing to the lakehouse, and ends with the connection.
            connection.execute("BEGIN TRANSACTION")
            read_snapshot = current_snapshot(connection)
            built = build_in_parts(connection, tuned_selects(task), self.folder, "built")
            audited = audit(
                connection,
                built.relation,
                task.contract,
                shown=self._shown(built),
                repairing=current_tuning().quarantine,
            )
            outcomes = (*audited.outcomes, *self._history(connection, audited))
            split = None if audited.blocked else self._split(connection, audited, built)
        message = f"{task.table} from {task.source}"
        return Materialized(
            table=task.table,
            rows_built=built.rows,
            rows_published=split.good.rows if split else 0,
            rows_quarantined=split.bad.rows if split and split.bad else 0,
            rows_by_day=split.rows_by_day if split else None,
            audit=audited,
            outcomes=outcomes,
            publication=publish(
                self.lakehouse, split.builds, run_id=self.run_id, message=message, read_snapshot=read_snapshot
            )
            if split
            else None,
            read_snapshot=read_snapshot,
            started_at=self.now,
        )

    def _shown(self, built: BuiltFiles) -> Shown:
        published, quarantine = self.task.table.sql, quarantine_name(self.task.table).sql
        if self.task.days:
            within = f"WHERE {self.task.days.range.sql}"
            published, quarantine = (f"(SELECT * FROM {table} {within})" for table in (published, quarantine))
        return Shown(built=built.relation, published=published, quarantine=quarantine)

    def _history(self, connection: duckdb.DuckDBPyConnection, audited: Audit) -> tuple[CheckOutcome, ...]:
        current = LoadProfile(audited.rows, self.task.partitions, audited.profile)
        return history_outcomes(current, past_profiles(connection, self.task.table))

    def _split(self, connection: duckdb.DuckDBPyConnection, audited: Audit, built: BuiltFiles) -> _Split:
        """Writes good and bad rows to files of their own; where all are good, the build is published as it is."""
        task, good, bad = self.task, built, None
        if audited.quarantined_rows:
            good = build_files(connection, good_rows_sql(audited), self.folder, "good")
            bad_rows = quarantined_rows_sql(audited, run_id=self.run_id, source=task.source, now=self.now)
            bad = build_files(connection, bad_rows, self.folder, "quarantined")
        if good.rows + (bad.rows if bad else 0) != built.rows:
            raise RowsLost(
                f"{task.table}: {built.rows} rows were built, but {good.rows} to publish and {bad.rows if bad else 0} "
                "to quarantine came of them; nothing was published. This is a fault of the audit: keep the build "
                "folder and report it."
            )
        table = TableBuild(task.table, columns_of(task.contract), good.files, good.rows, task.scope)
        profile = profile_build(connection, task, audited, self.folder, run_id=self.run_id, now=self.now)
        quarantine = self._quarantine(connection, bad)
        rows_by_day = _rows_by_day(connection, good, task.days) if task.days else None
        return _Split(good, bad, rows_by_day, (table, *quarantine, profile, *task.beside(connection, self.folder)))

    def _quarantine(self, connection: duckdb.DuckDBPyConnection, bad: BuiltFiles | None) -> Iterator[TableBuild]:
        """The quarantine's new content for the same scope: also when it is empty, or released rows would stay in it."""
        name = quarantine_name(self.task.table)
        if bad or table_exists(connection, name):
            files, rows = (bad.files, bad.rows) if bad else ((), 0)
            yield TableBuild(name, quarantine_columns(self.task.contract), files, rows, self.task.scope)


def _rows_by_day(connection: duckdb.DuckDBPyConnection, good: BuiltFiles, days: Days) -> Mapping[date, int]:
    query = f"SELECT {quote_identifier(days.column)}, count(*) FROM {good.relation} GROUP BY ALL"
    return dict(connection.execute(query).fetchall())
