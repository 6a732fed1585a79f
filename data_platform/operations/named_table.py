"""The table that a person names in a job's configuration, if it is one that the job may work on."""

from collections.abc import Collection

import dagster as dg

from resources.lakehouse import TableName


def named_table(name: str, tables: Collection[TableName], refusal: str) -> TableName:
    """The table of that name, if it is one of `tables`; `refusal` says what any other is not, as `has no contract`.

    Raises:
        InvalidName: it is no name of a table.
        Failure: it is none of `tables`; nothing is tried again.
    """
    table = TableName.parse(name)
    if table not in tables:
        known = ", ".join(sorted(map(str, tables)))
        raise dg.Failure(f"{table} {refusal}; one of: {known}", allow_retries=False)
    return table
