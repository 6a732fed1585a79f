"""What must not have happened before a publication: its files registered already, or its rows published by others.

Runs under the publish lock and before BEGIN, so that what it finds stays true and refusing costs no rollback.
"""

from collections.abc import Sequence

import duckdb

from resources.lakehouse.build import TableBuild
from resources.lakehouse.catalog import METADATA
from resources.lakehouse.changes import changes_since
from resources.lakehouse.errors import InvalidBuild, PublishConflict
from resources.lakehouse.names import quote_literal
from resources.lakehouse.scope import Append


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
    replacing = {str(build.table): build.scope for build in builds if not isinstance(build.scope, Append)}
    for change in changes_since(connection, replacing, snapshot=read_snapshot):
        raise PublishConflict(
            f"{change.table}: {change.who} published the same rows in snapshot {change.snapshot}, after this build "
            f"read snapshot {read_snapshot}; build and audit again"
        )
