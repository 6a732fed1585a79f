"""How many rows share their key with another. Exact always; a dense key is found unique without grouping the rows."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import duckdb

from data_platform.auditing.dense import dense_columns
from data_platform.auditing.relation import Relation
from resources.lakehouse.names import quote_identifier


def duplicated_rows(
    connection: duckdb.DuckDBPyConnection,
    relation: Relation,
    key: Sequence[str],
    beside: Mapping[str, str] = MappingProxyType({}),
) -> tuple[int, Mapping[str, object]]:
    """The number of rows whose key occurs more than once; nulls are equal to nulls, as to pandera.

    If the key is dense, the aggregates `beside` (by name) are computed in the same reading.

    Raises:
        duckdb.Error: the relation cannot be read.
    """
    computed: Mapping[str, object] = {}
    if dense := dense_columns(connection, relation, key):
        aggregates = [f"bit_count({dense.bitmap(key, relation.types)})", *beside.values()]
        distinct, *values = connection.execute(f"SELECT {', '.join(aggregates)} FROM {relation.sql}").fetchall()[0]
        computed = dict(zip(beside, values, strict=True))
        if distinct == relation.rows:
            return 0, computed
    groups = f"SELECT count(*) AS n FROM {relation.sql} GROUP BY {', '.join(map(quote_identifier, key))}"
    duplicated = connection.execute(f"SELECT coalesce(sum(n), 0) FROM ({groups}) WHERE n > 1").fetchall()[0][0]
    return int(duplicated), computed
