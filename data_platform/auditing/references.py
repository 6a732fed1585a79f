"""How many rows hold a value that another table lacks. Exact always; dense values are compared without joining rows."""

from collections.abc import Mapping
from types import MappingProxyType

import duckdb

from data_platform.auditing.dense import can_be_dense, dense_columns
from data_platform.auditing.finding import Finding
from data_platform.auditing.literals import kind_of_type
from data_platform.auditing.plan import ReferenceCheck
from data_platform.auditing.relation import Relation
from resources.lakehouse.names import quote_identifier

ReferredColumn = tuple[str, str]
"""The other table, usable in FROM, and the type of its key."""


def orphaned_rows(
    connection: duckdb.DuckDBPyConnection,
    relation: Relation,
    check: ReferenceCheck,
    referred: str,
    beside: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Finding, Mapping[str, object]]:
    """The rows whose value, unless null, is not in `referred` (SQL usable in FROM).

    If all rows are read for it, the aggregates `beside` (by name) are computed in the same reading.

    Raises:
        duckdb.Error: the other table cannot be read, or has no such column.
    """
    described = connection.execute(f"DESCRIBE SELECT {quote_identifier(check.key)} FROM {referred}").fetchall()
    own, other = relation.types[check.column], str(described[0][1])
    if own != other and kind_of_type(own) != kind_of_type(other):
        # Said before the join, which would cast one to the other and might fail midway.
        differ = f"{check.column} is {own}, but {check.table}.{check.key} is {other}"
        return Finding(error=f"could not be checked: {differ}"), {}
    unknown, computed = _unknown_values(connection, relation, check, (referred, other), beside)
    if unknown == 0:
        return Finding(0), computed
    column, key = quote_identifier(check.column), quote_identifier(check.key)
    orphans = (
        f"SELECT count(*) FROM (SELECT {column} AS value FROM {relation.sql} WHERE {column} IS NOT NULL) AS referring "
        f"ANTI JOIN {referred} AS referred ON referring.value = referred.{key}"
    )
    return Finding(int(connection.execute(orphans).fetchall()[0][0])), computed


def _unknown_values(
    connection: duckdb.DuckDBPyConnection,
    relation: Relation,
    check: ReferenceCheck,
    referred: ReferredColumn,
    beside: Mapping[str, str],
) -> tuple[int | None, Mapping[str, object]]:
    """How many bits the map of the column's values has that the map of the referred ones lacks; None: not known so.

    Half as long as the join: 0.08 s instead of 0.21 s for lineitem's 6 million rows and 1.5 million orders.
    """
    own_type, (other, other_type) = relation.types[check.column], referred
    if not can_be_dense(other_type) or (own_type == "DATE") != (other_type == "DATE"):
        return None, {}
    dense = dense_columns(connection, relation, [check.column], nulls=True)
    if dense is None:
        return None, {}
    bitmap = dense.bitmap([check.column], relation.types)
    key, types = [check.key], {check.key: other_type}
    # A value outside the map would be an error: the other table may well hold more than this one refers to.
    known = f"SELECT {dense.bitmap(key, types)} FROM {other} WHERE {dense.within(key, types)}"
    aggregates = [f"bit_count({bitmap} & ~({known}))", *beside.values()]
    unknown, *values = connection.execute(f"SELECT {', '.join(aggregates)} FROM {relation.sql}").fetchall()[0]
    # NULL, and so not known, where one side has no values at all.
    return unknown, dict(zip(beside, values, strict=True))
