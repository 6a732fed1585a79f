"""`data-platform query`: one select on the lakehouse, as a table for people or as CSV or JSON for programs."""

import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

from data_platform.cli.errors import CommandError
from data_platform.cli.output_format import Format
from data_platform.cli.read_only import read_only_connection
from data_platform.cli.terminal import notes, output
from data_platform.settings import load_settings
from resources.lakehouse.names import quote_identifier, quote_literal

TABLE_ROWS = 100
"""What a person still reads; programs get all rows unless they ask for fewer."""

_BATCH_ROWS = 10_000

# DuckDB's own lists the tables of one schema, of which the lakehouse has several.
_SHOW_TABLES = re.compile(r"\s*show\s+tables\s*;?\s*", re.IGNORECASE)
_ALL_TABLES = (
    "SELECT schema_name AS schema, table_name AS table, estimated_size AS rows FROM duckdb_tables() "
    "WHERE database_name = 'lake' ORDER BY ALL"
)
_TO_QUOTE = re.compile(r'[",\r\n]')
# A text, which stays as it is, or a number that JSON does not have.
_NO_JSON = re.compile(r'"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b')

# A select may call these, and some delete files before DuckLake notices that it is attached read only.
_WRITING_FUNCTION = re.compile(
    r'"function_name":"(?:ducklake_)?(cleanup_old_files|delete_orphaned_files|expire_snapshots|merge_adjacent_files'
    r'|rewrite_data_files|add_data_files|flush_inlined_data|set_option|set_commit_message|commit)"'
)


def run_query(sql: str, form: Format, limit: int | None) -> None:
    """Write the rows of `sql` to standard output.

    Raises:
        CommandError: it is no select, DuckDB refuses it, or as JSON two columns would be one.
        LakehouseError: the lakehouse cannot be reached.
    """
    if form is Format.TABLE and limit is None:
        limit = TABLE_ROWS
    with read_only_connection(load_settings()) as connection:
        try:
            require_one_select(connection, sql)
            result = connection.sql(_ALL_TABLES if _SHOW_TABLES.fullmatch(sql) else sql)
            if form is Format.JSON:
                _refuse_twins(result.columns)
            rows = _Limited(result.project(_as_text(result.columns, form)), limit)
            _WRITERS[form](result.columns, rows)
        except duckdb.Error as error:
            raise CommandError(str(error)) from None
    if rows.cut:
        notes().print(f"the first {limit} rows; ask for more with --limit", style="yellow")


def require_one_select(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Refuse what is not one select: the lakehouse is written by runs alone.

    Raises:
        CommandError: it is something else.
        duckdb.Error: it cannot be parsed.
    """
    kinds = [statement.type for statement in connection.extract_statements(sql)]
    if kinds != [duckdb.StatementType.SELECT]:
        found = " and ".join(kind.name for kind in kinds) or "nothing"
        raise CommandError(f"only one SELECT can be queried, this is {found}: the lakehouse is written by runs alone")
    # Not bound as a parameter: DuckDB's first binding imports pandas, 0.4 s.
    row = connection.execute(f"SELECT json_serialize_sql({quote_literal(sql)})").fetchone()
    if row and (called := _WRITING_FUNCTION.search(str(row[0]))):
        raise CommandError(f"{called[1]} writes: the lakehouse is written by runs alone")


class _Limited:
    """The rows of a result up to a limit, fetched in batches; `cut` says afterwards whether there were more."""

    def __init__(self, result: duckdb.DuckDBPyRelation, limit: int | None) -> None:
        self._result = result
        self._limit = limit
        self.cut = False

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        given = 0
        while batch := self._result.fetchmany(_BATCH_ROWS):
            for row in batch:
                if given == self._limit:
                    self.cut = True
                    return
                yield row
                given += 1


def _refuse_twins(columns: Sequence[str]) -> None:
    """An object has one value for a name, and a DuckDB struct one for a name in small or capital letters.

    Raises:
        CommandError: two columns have one name.
    """
    names = [column.lower() for column in columns]
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise CommandError(f"two columns are called {twins[0]}, and JSON has room for one: give them names with AS")


def _as_text(columns: Sequence[str], form: Format) -> str:
    """What DuckDB writes of the columns: it knows how its types look as text and as JSON.

    They are meant by position: names may occur twice, or be what a query's own alias is called.
    """
    if form is not Format.JSON:
        return ", ".join(f"CAST(#{at} AS VARCHAR)" for at in range(1, len(columns) + 1))
    members = ", ".join(f"{quote_identifier(name)} := #{at}" for at, name in enumerate(columns, 1))
    return f"to_json(struct_pack({members}))"


def _write_table(columns: Sequence[str], rows: _Limited) -> None:
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    table = Table(*(escape(column) for column in columns))
    for row in rows:
        table.add_row(*(Text("NULL", style="dim") if value is None else Text(value) for value in row))
    output().print(table)


def _write_csv(columns: Sequence[str], rows: _Limited) -> None:
    for line in ([*columns], *rows):
        sys.stdout.write(",".join(map(_csv_value, line)) + "\n")


def _csv_value(value: str | None) -> str:
    """NULL is nothing, an empty text is quoted: as DuckDB and PostgreSQL read it."""
    if value is None:
        return ""
    return value if value and not _TO_QUOTE.search(value) else '"' + value.replace('"', '""') + '"'


def _write_json(_: Sequence[str], rows: _Limited) -> None:
    for (line,) in rows:
        sys.stdout.write(_NO_JSON.sub(lambda found: found[0] if found[0][0] == '"' else f'"{found[0]}"', line) + "\n")


_WRITERS = {Format.TABLE: _write_table, Format.CSV: _write_csv, Format.JSON: _write_json}
