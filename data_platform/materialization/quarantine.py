"""The quarantine of a table: its name, its columns, its rows. Which rows go there is the contract's decision."""

from data_platform.auditing import Contract, columns_of
from resources.lakehouse import TableName

SCHEMA = "quarantine"
COLUMNS = {
    "_reasons": "VARCHAR[]",
    "_checks": "VARCHAR[]",
    "_run_id": "VARCHAR",
    "_source": "VARCHAR",
    "_quarantined_at": "TIMESTAMP WITH TIME ZONE",
}
"""What a quarantined row carries besides its own columns."""


def quarantine_name(table: TableName) -> TableName:
    """The quarantine of `core.flight` is `quarantine.core_flight`: tables of one name in two schemas stay apart."""
    return TableName(SCHEMA, f"{table.schema}_{table.table}")


def quarantine_columns(contract: type[Contract]) -> dict[str, str]:
    """The columns of the quarantine table: name to DuckDB type."""
    return {**columns_of(contract), **COLUMNS}
