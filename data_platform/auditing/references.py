"""How many rows hold a value that another table lacks."""

import duckdb

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
    column, key = quote_identifier(check.column), quote_identifier(check.key)
    orphans = (
        f"SELECT count(*) FROM (SELECT {column} AS value FROM {relation.sql} WHERE {column} IS NOT NULL) AS referring "
        f"ANTI JOIN {referred} AS referred ON referring.value = referred.{key}"
    )
    return Finding(int(connection.execute(orphans).fetchall()[0][0]))
