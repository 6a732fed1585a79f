"""What must not have happened before a publication: its files registered already, or its rows published by others.

Runs under the publish lock and before BEGIN, so that what it finds stays true and refusing costs no rollback.
"""

from collections.abc import Sequence

import duckdb

from resources.lakehouse.build import TableBuild
from resources.lakehouse.catalog import LAKE, METADATA
from resources.lakehouse.commit_record import parse_commit_record
from resources.lakehouse.errors import InvalidBuild, PublishConflict
from resources.lakehouse.names import quote_literal
from resources.lakehouse.scope import Append, destroys
from resources.lakehouse.snapshots import changed_tables, table_names_by_id


def refuse_registered_files(connection: duckdb.DuckDBPyConnection, builds: Sequence[TableBuild]) -> None:
    """Refuses a file that any version has or had: its rows would be doubled, or it would be deleted under the new one.

    Raises:
        InvalidBuild: a file is registered.
    """
    files = [quote_literal(file) for build in builds for file in build.files]
    if not files:
        return
    listed = ", ".join(files)
    row = connection.execute(
        f"SELECT path FROM {METADATA}.ducklake_data_file WHERE path IN ({listed}) UNION ALL "
        f"SELECT path FROM {METADATA}.ducklake_files_scheduled_for_deletion WHERE path IN ({listed}) LIMIT 1"
    ).fetchone()
    if row is not None:
        raise InvalidBuild(f"the file {row[0]} was published before; build into a new folder")


def refuse_overlaps(connection: duckdb.DuckDBPyConnection, builds: Sequence[TableBuild], *, read_snapshot: int) -> None:
    """Refuses to replace rows that somebody published after `read_snapshot`.

    Raises:
        PublishConflict: naming the table, and the run and snapshot that came first.
    """
    replacing = {str(build.table): build for build in builds if not isinstance(build.scope, Append)}
    # No query of the lakehouse binds parameters: DuckDB's first binding imports pandas, 0.4 s.
    commits = connection.execute(
        "SELECT snapshot_id, changes, commit_extra_info "
        f"FROM {LAKE}.snapshots() WHERE snapshot_id > {int(read_snapshot)} ORDER BY 1"
    ).fetchall()
    if not commits or not replacing:
        return
    names = table_names_by_id(connection)
    for snapshot, changes, extra_info in commits:
        for table, who in _destroyed(replacing, changes, extra_info, names):
            raise PublishConflict(
                f"{table}: {who} published the same rows in snapshot {snapshot}, after this build read snapshot "
                f"{read_snapshot}; build and audit again"
            )


def _destroyed(
    replacing: dict[str, TableBuild],
    changes: dict[str, list[str]] | None,
    extra_info: str | None,
    names: dict[str, str],
) -> list[tuple[str, str]]:
    record = parse_commit_record(extra_info)
    if record is not None:
        return [
            (each.table, f"run {record.run_id}")
            for each in record.tables
            if each.table in replacing and destroys(replacing[each.table].scope, each.scope)
        ]
    # A commit that is not a publication of ours; merging files changes no rows.
    by_others = {kind: entries for kind, entries in (changes or {}).items() if kind.startswith("tables_")}
    return [(table, "somebody") for table in changed_tables(by_others, names) if table in replacing]
