"""How many rows share their key with another. Exact always; a dense key is found unique without grouping the rows."""

from collections.abc import Sequence

import duckdb

from data_platform.auditing.dense import dense_columns
from data_platform.auditing.relation import Relation
from resources.lakehouse.names import quote_identifier


def duplicated_rows(connection: duckdb.DuckDBPyConnection, relation: Relation, key: Sequence[str]) -> int:
    """The number of rows whose key occurs more than once; nulls are equal to nulls, as to pandera.

    Raises:
        duckdb.Error: the relation cannot be read.
    """
    if dense := dense_columns(connection, relation, key):
        distinct = f"SELECT bit_count({dense.bitmap(key, relation.types)}) FROM {relation.sql}"
        if _integer(connection, distinct) == relation.rows:
            return 0
    groups = f"SELECT count(*) AS n FROM {relation.sql} GROUP BY {', '.join(map(quote_identifier, key))}"
    return _integer(connection, f"SELECT coalesce(sum(n), 0) FROM ({groups}) WHERE n > 1")


def _integer(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])
