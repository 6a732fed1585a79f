"""Column lineage: from which columns of which tables each column of a model takes its values.

Columns that only filter, join or group are not value lineage and are left out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

from data_platform.modeling.model import Model, ModelError
from resources.lakehouse.names import TableName

Schema = Mapping[TableName, Mapping[str, str]]
"""The columns of each table that models read: name to DuckDB type."""


@dataclass(frozen=True)
class ColumnSource:
    """One column of a table that a model reads."""

    table: TableName
    column: str


def column_lineage(model: Model, schema: Schema) -> dict[str, tuple[ColumnSource, ...]]:
    """For each column of `model`, in order, the columns it takes its values from (none for a constant).

    Raises:
        ModelError: the model reads a table or column that `schema` does not have.
    """
    nested: dict[str, Any] = {}
    for table in model.depends_on:
        if table not in schema:
            raise ModelError(
                f"{_place(model, table.table)}: it reads {table}, which is neither a model nor a source; "
                "correct the name, or declare it"
            )
        nested.setdefault(table.schema, {})[table.table] = dict(schema[table])
    try:
        query = qualify(
            parse_one(model.sql, dialect="duckdb"),
            dialect="duckdb",
            schema=nested,
            quote_identifiers=False,
            identify=False,
        )
    except SqlglotError as error:
        column = re.search(r"[Cc]olumn:? '?\"?(\w+)", str(error))
        raise ModelError(f"{_place(model, column[1] if column else '')}: {error}") from error
    scope = build_scope(query)
    if scope is None:
        raise ModelError(f"{model.name}: not a query")
    columns = query.named_selects if isinstance(query, exp.Query) else []
    return {
        column: _leaves(lineage(column, query, dialect="duckdb", scope=scope, schema=nested, trim_selects=False))
        for column in columns
    }


def _place(model: Model, name: str) -> str:
    """The model's file, and the first line of its query that names something; sqlglot does not tell where it was."""
    where = f"{model.path.parent.name}/{model.path.name}"
    lines = enumerate(model.sql.splitlines(), 1)
    line = next((number for number, text in lines if name and re.search(rf"\b{re.escape(name)}\b", text)), None)
    return f"{where}:{line}" if line else where


def _leaves(root: Node) -> tuple[ColumnSource, ...]:
    found = {
        ColumnSource(TableName(node.expression.db, node.expression.name), node.name.rsplit(".", 1)[-1].strip('"'))
        for node in root.walk()
        if isinstance(node.expression, exp.Table) and node.expression.db
    }
    return tuple(sorted(found, key=lambda source: (str(source.table), source.column)))
