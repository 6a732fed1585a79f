"""SQL that finds the failing rows of a check: to show them, and to tell each row apart in a split."""

from collections.abc import Callable, Sequence

from data_platform.auditing.plan import KeyCheck, PlannedCheck, ReferenceCheck, RowCheck
from resources.lakehouse.names import TableName, quote_identifier

Resolve = Callable[[TableName], str]
"""Where another table is to be read: its SQL for FROM."""

ROW_NUMBER = "_row_number"
ROW_NUMBERED = f"SELECT *, row_number() OVER () AS {ROW_NUMBER}"


def flag_sql(check: PlannedCheck, resolve: Resolve, row_numbers: Sequence[int]) -> str:
    """An expression over one row of the relation that is TRUE if the row fails, else FALSE."""
    if isinstance(check, RowCheck):
        return f"(({check.fails}) IS TRUE)"
    if isinstance(check, KeyCheck):
        return f"(count(*) OVER (PARTITION BY {_listed(check.columns)}) > 1)"
    if isinstance(check, ReferenceCheck):
        column, key = quote_identifier(check.column), quote_identifier(check.key)
        # Without the nulls of the other side, which would make NOT IN hide every orphan.
        known = f"SELECT {key} FROM {resolve(check.table)} WHERE {key} IS NOT NULL"
        return f"({column} IS NOT NULL AND {column} NOT IN ({known}))"
    return f"({ROW_NUMBER} IN ({', '.join(map(str, row_numbers)) or 'NULL'}))"


def rows_sql(check: PlannedCheck, relation: str, resolve: Resolve, row_numbers: Sequence[int]) -> str:
    """A query that yields the failing rows, as a person would paste it."""
    if isinstance(check, RowCheck):
        return f"SELECT * FROM {relation} WHERE {check.fails}"
    if isinstance(check, KeyCheck):
        listed = _listed(check.columns)
        return f"SELECT * FROM {relation} QUALIFY count(*) OVER (PARTITION BY {listed}) > 1 ORDER BY {listed}"
    if isinstance(check, ReferenceCheck):
        return f"SELECT * FROM {relation} WHERE {flag_sql(check, resolve, ())}"
    numbered = f"({ROW_NUMBERED} FROM {relation})"
    return f"SELECT * EXCLUDE ({ROW_NUMBER}) FROM {numbered} WHERE {flag_sql(check, resolve, row_numbers)}"


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(map(quote_identifier, columns))
