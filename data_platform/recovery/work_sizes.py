"""How much work the build of a model is: DuckDB plans its query, and runs nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import duckdb

from data_platform.assets.partitions import day_of, span
from data_platform.connections import lakehouse_of
from data_platform.modeling import Model
from data_platform.recovery.query_profile import planned_query
from data_platform.recovery.subjects import Subjects
from escalation_sensors.level1.pipeline import WorkSize
from resources.lakehouse import LakehouseResource, TableName, quote_literal
from resources.lakehouse.catalog import LAKE


@dataclass(frozen=True)
class WorkSizes:
    """Sizes of the platform's models, over connections of its own."""

    subjects: Subjects

    @cached_property
    def lakehouse(self) -> LakehouseResource:
        """The lakehouse of the settings; within a step it is the instance that the step has."""
        return lakehouse_of(self.subjects.settings)

    def size(self, subject: str, partition: str) -> WorkSize | None:
        """The size of the model's query over the partition's days; None for a source, which runs no query.

        Raises:
            duckdb.Error: the query cannot be planned, because a table is missing, say.
        """
        table = self.subjects.table(subject)
        model = self.subjects.models.get(table) if table is not None else None
        if model is None:
            return None
        with self.lakehouse.connection() as connection:
            planned = planned_query(connection, self._query(model, partition))
            size_bytes = _stored_bytes(connection, model.depends_on)
        return WorkSize(planned.rows_read, size_bytes, planned.heaviest_operator, planned.has_cross_product)

    def _query(self, model: Model, partition: str) -> str:
        if model.partition_column is None:
            return model.select()
        if not partition:
            return model.select(*span(self.subjects.days))
        first, _, last = partition.partition("...")
        return model.select(day_of(first), day_of(last or first) + timedelta(days=1))


def _stored_bytes(connection: duckdb.DuckDBPyConnection, tables: Iterable[TableName]) -> int:
    """What the files of the tables take, all together."""
    # No query of the lakehouse binds parameters: DuckDB's first binding imports pandas, 0.4 s.
    query = f"SELECT sum(data_file_size_bytes) FROM ducklake_list_files('{LAKE}', {{}}, schema => {{}})"
    found = (
        connection.execute(query.format(quote_literal(each.table), quote_literal(each.schema))).fetchone()
        for each in tables
    )
    return sum(int(row[0]) for row in found if row is not None and row[0] is not None)
