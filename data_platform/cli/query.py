"""`data-platform query`: one select on the lakehouse, as a table for people or as CSV or JSON for programs."""

import csv
import json
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

TABLE_ROWS = 100
"""What a person still reads; programs get all rows unless they ask for fewer."""

_BATCH_ROWS = 10_000

# A select may call these, and some delete files before DuckLake notices that it is attached read only.
_WRITING_FUNCTION = re.compile(
    r'"function_name":"(?:ducklake_)?(cleanup_old_files|delete_orphaned_files|expire_snapshots|merge_adjacent_files'
    r'|rewrite_data_files|add_data_files|flush_inlined_data|set_option|set_commit_message|commit)"'
)


def run_query(sql: str, form: Format, limit: int | None) -> None:
    """Write the rows of `sql` to standard output.

    Raises:
        CommandError: it is no select, or DuckDB refuses it.
        LakehouseError: the lakehouse cannot be reached.
    """
    if form is Format.TABLE and limit is None:
        limit = TABLE_ROWS
    with read_only_connection(load_settings()) as connection:
        try:
            require_one_select(connection, sql)
            result = connection.execute(sql)
            columns = [column[0] for column in result.description or ()]
            rows = _Limited(result, limit)
            _WRITERS[form](columns, rows)
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
    row = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    if row and (called := _WRITING_FUNCTION.search(str(row[0]))):
        raise CommandError(f"{called[1]} writes: the lakehouse is written by runs alone")


class _Limited:
    """The rows of a result up to a limit, fetched in batches; `cut` says afterwards whether there were more."""

    def __init__(self, result: duckdb.DuckDBPyConnection, limit: int | None) -> None:
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


def _write_table(columns: Sequence[str], rows: _Limited) -> None:
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    table = Table(*(escape(column) for column in columns))
    for row in rows:
        table.add_row(*(Text("" if value is None else str(value)) for value in row))
    output().print(table)


def _write_csv(columns: Sequence[str], rows: _Limited) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)


def _write_json(columns: Sequence[str], rows: _Limited) -> None:
    for row in rows:
        line = json.dumps(dict(zip(columns, row, strict=True)), default=str, ensure_ascii=False)
        sys.stdout.write(line + "\n")


_WRITERS = {Format.TABLE: _write_table, Format.CSV: _write_csv, Format.JSON: _write_json}
