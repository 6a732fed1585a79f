"""The relation that is audited, and what can be known of it by reading its SQL: whether it is files only, and which."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot import exp


@dataclass(frozen=True)
class Relation:
    """A relation as it is judged: its SQL for FROM, its columns (name to DuckDB type) and how many rows it has."""

    sql: str
    types: Mapping[str, str]
    rows: int


def reads_only_files(relation: str) -> bool:
    """Whether a relation (SQL usable in FROM) names no table or view, so that it means the same on any connection."""
    tables = _select(relation).find_all(exp.Table)
    return not any(isinstance(table.this, exp.Identifier) for table in tables)


def parquet_files(relation: str) -> tuple[str, ...]:
    """The files of a relation that is `read_parquet([…])`, with options or without, and nothing else; else none."""
    table = _select(relation).args["from_"].this
    if not isinstance(table, exp.Table) or not isinstance(table.this, exp.ReadParquet):
        return ()
    read = [each for each in table.this.expressions if not isinstance(each, exp.EQ)]
    files = read[0].expressions if len(read) == 1 and isinstance(read[0], exp.Array) else read
    if not all(isinstance(file, exp.Literal) and file.is_string for file in files):
        return ()
    return tuple(file.name for file in files)


def _select(relation: str) -> exp.Expr:
    return sqlglot.parse_one(f"SELECT * FROM {relation}", dialect="duckdb")
