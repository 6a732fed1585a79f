"""Profiles the query of a model, and rewrites what it reads, compacted and sorted, without changing a row.

DuckLake has no indexes: sort order and the statistics of the files do their work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import duckdb

from data_platform.assets.partitions import span
from data_platform.auditing import columns_of
from data_platform.connections import lakehouse_of
from data_platform.contracts import contracts_in, core, marts, raw
from data_platform.recovery.query_keys import keys_of
from data_platform.recovery.query_profile import profile_query
from data_platform.recovery.subjects import Subjects
from escalation_sensors.level1.pipeline import Profile
from resources.lakehouse import (
    LakehouseResource,
    ReplaceTable,
    RowCountMismatch,
    TableBuild,
    TableName,
    current_snapshot,
    new_build_folder,
    publish,
    quote_identifier,
    quote_literal,
    read_columns,
)

RUN_ID = "escalation_layout"
PROFILE_SECONDS = 60.0
"""How long a profiled query may run."""


@dataclass(frozen=True)
class LakehouseLayouts:
    """Profiles and layouts of the platform's tables, over connections of its own."""

    subjects: Subjects
    profile_seconds: float = PROFILE_SECONDS

    @cached_property
    def lakehouse(self) -> LakehouseResource:
        """The lakehouse of the settings; within a step it is the instance that the step has."""
        return lakehouse_of(self.subjects.settings)

    def profile(self, subject: str) -> Profile | None:
        """Where the time of the model's query goes, over all its days; None for a source, which runs no query.

        Raises:
            duckdb.Error: the query failed.
        """
        table = self.subjects.table(subject)
        model = self.subjects.models.get(table) if table is not None else None
        if model is None:
            return None
        by_day = model.partition_column is not None
        query = model.select(*span(self.subjects.days)) if by_day else model.select()
        schema = {name: columns_of(each) for name, each in contracts_in(raw, core, marts).items()}
        with self.lakehouse.connection() as connection:
            profiled = profile_query(connection, query, self.profile_seconds)
        keys = keys_of(query, {name: schema[name] for name in model.depends_on if name in schema})
        return Profile(profiled.dominating_operator, profiled.has_cross_product, keys)

    def improve(self, subject: str, profile: Profile) -> str:
        """Rewrite the tables that the profile has keys of, each sorted by them, as one publication.

        Raises:
            ValueError: the platform does not build the subject or a table, so it may not rewrite it.
            RowCountMismatch: what was rewritten does not hold the same rows; nothing was published.
            PublishConflict: somebody published a table meanwhile.
        """
        if self.subjects.table(subject) is None:
            raise ValueError(f"{subject} is no table that this platform builds; no layout was changed")
        tables = {TableName.parse(name): keys for name, keys in profile.keys.items() if keys}
        for table in tables:
            if not self.subjects.owns(table):
                raise ValueError(f"{table} is not built by this platform; its layout was not changed")
        if not tables:
            return "nothing is joined or filtered on, so no layout would help"
        folder = new_build_folder(self.lakehouse, next(iter(tables)), RUN_ID)
        with self.lakehouse.connection() as connection:
            connection.execute("BEGIN TRANSACTION")  # all is read of one state
            read_snapshot = current_snapshot(connection)
            there = read_columns(connection, tables)
            builds = [
                sorted_build(connection, table, there[table], tables[table], folder)
                for table in tables
                if table in there
            ]
        if not builds:
            return "none of the tables it reads is there"
        told = ", ".join(f"{build.table} by {', '.join(tables[build.table])}" for build in builds)
        done = publish(
            self.lakehouse, builds, run_id=RUN_ID, message=f"sorted: {told}"[:500], read_snapshot=read_snapshot
        )
        rows = sum(build.rows for build in builds)
        return f"compacted and sorted {told}: {rows} rows, unchanged, published as snapshot {done.snapshot_after}"


def sorted_build(
    connection: duckdb.DuckDBPyConnection,
    table: TableName,
    columns: dict[str, str],
    keys: Sequence[str],
    folder: str,
) -> TableBuild:
    """A build of the same rows as the table's, in one file, sorted by the keys it has.

    Raises:
        RowCountMismatch: number or hash of the rows are not the table's.
    """
    file = f"{folder}/{table.schema}-{table.table}.parquet"
    order = ", ".join(quote_identifier(key) for key in keys if key in columns) or "ALL"
    connection.execute(f"COPY (SELECT * FROM {table.sql} ORDER BY {order}) TO {quote_literal(file)} (FORMAT parquet)")
    before = contents(connection, table.sql, columns)
    after = contents(connection, f"read_parquet({quote_literal(file)})", columns)
    if before != after:
        raise RowCountMismatch(f"{table}: sorting would have changed its rows; nothing was published")
    return TableBuild(table, columns, (file,), before[0], ReplaceTable())


def contents(connection: duckdb.DuckDBPyConnection, relation: str, columns: dict[str, str]) -> tuple[int, str]:
    """The number of rows, and a hash of them all that does not depend on their order; twins do not cancel out."""
    row = f"hash({', '.join(map(quote_identifier, columns))})"
    found = connection.execute(f"SELECT count(*), sum({row}::HUGEINT)::VARCHAR FROM {relation}").fetchone()
    return (int(found[0]), str(found[1])) if found else (0, "")
