"""Who published rows of a table after a version, as the commits tell; versions that have expired tell nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb

from resources.lakehouse.catalog import LAKE
from resources.lakehouse.commit_record import parse_commit_record
from resources.lakehouse.scope import Scope, destroys
from resources.lakehouse.snapshots import changed_tables, table_names_by_id


@dataclass(frozen=True)
class Change:
    """One publication of rows of a table; `run_id` and `scope` are None for somebody who left no record."""

    table: str
    snapshot: int
    run_id: str | None
    scope: Scope | None = None

    @property
    def who(self) -> str:
        """Who published."""
        return f"run {self.run_id}" if self.run_id else "somebody"


def changes_since(
    connection: duckdb.DuckDBPyConnection, scopes: Mapping[str, Scope], *, snapshot: int
) -> Iterator[Change]:
    """The publications after a snapshot of rows that publishing these scopes of these tables would destroy.

    Oldest first. Merging files changes no rows, and is none.
    """
    # No query of the lakehouse binds parameters: DuckDB's first binding imports pandas, 0.4 s.
    commits = connection.execute(
        "SELECT snapshot_id, changes, commit_extra_info "
        f"FROM {LAKE}.snapshots() WHERE snapshot_id > {int(snapshot)} ORDER BY 1"
    ).fetchall()
    names = table_names_by_id(connection) if commits and scopes else {}
    for number, changes, extra_info in commits if scopes else ():
        record = parse_commit_record(extra_info)
        if record is not None:
            for each in record.tables:
                if each.table in scopes and destroys(scopes[each.table], each.scope):
                    yield Change(each.table, int(number), record.run_id, each.scope)
            continue
        # A commit that is not a publication of ours: which rows it changed is not known.
        by_others = {kind: entries for kind, entries in (changes or {}).items() if kind.startswith("tables_")}
        for table in changed_tables(by_others, names):
            if table in scopes:
                yield Change(table, int(number), None)
