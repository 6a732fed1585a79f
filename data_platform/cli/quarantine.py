"""`data-platform quarantine`: what was kept from publication, and why."""

import duckdb

from data_platform.cli.errors import CommandError
from data_platform.cli.query import TABLE_ROWS
from data_platform.cli.read_only import read_only_connection
from data_platform.cli.terminal import output
from data_platform.settings import load_settings
from resources.lakehouse import TableName, quote_literal

_SCHEMA = "quarantine"


def list_quarantined() -> None:
    """One line for each table that has quarantined rows and each check that put them there."""
    from rich.table import Table

    shown = Table("table", "rows", "since (UTC)", "check")
    with read_only_connection(load_settings()) as connection:
        for name in _quarantines(connection):
            rows = connection.execute(
                "SELECT count(*), strftime(min(_quarantined_at), '%Y-%m-%d %H:%M'), array_to_string(_checks, ', ') "
                f"FROM {TableName(_SCHEMA, name).sql} GROUP BY ALL ORDER BY 1 DESC"
            ).fetchall()
            for count, since, checks in rows:
                shown.add_row(name.replace("_", ".", 1), str(count), since, checks)
    output().print(shown if shown.row_count else "nothing is in quarantine")


def show_quarantined(table: str, limit: int) -> None:
    """A table's newest quarantined rows: the reasons first, then the row as it was built.

    Raises:
        CommandError: the table has no quarantine.
    """
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    parsed = TableName.parse(table)
    name = f"{parsed.schema}_{parsed.table}"
    with read_only_connection(load_settings()) as connection:
        if name not in _quarantines(connection):
            raise CommandError(f"{parsed} has no quarantined rows; `data-platform quarantine list` shows which have")
        result = connection.execute(
            "SELECT array_to_string(_reasons, '; ') AS reasons, * EXCLUDE (_reasons, _checks, _run_id) "
            f"FROM {TableName(_SCHEMA, name).sql} ORDER BY _quarantined_at DESC LIMIT {min(limit, TABLE_ROWS)}"
        )
        shown = Table(*(escape(column[0]) for column in result.description or ()))
        for row in result.fetchall():
            shown.add_row(*(Text("" if value is None else str(value)) for value in row))
    output().print(shown)


def _quarantines(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "SELECT table_name FROM duckdb_tables() "
        f"WHERE database_name = 'lake' AND schema_name = {quote_literal(_SCHEMA)}"
    ).fetchall()
    return sorted(str(row[0]) for row in rows)
