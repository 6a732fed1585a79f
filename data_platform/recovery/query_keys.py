"""On which columns of which tables a query joins and filters: the columns that sorting a table by would help it."""

from collections.abc import Iterator
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from data_platform.modeling.column_lineage import Schema
from resources.lakehouse import TableName

_COMPARED = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In)


def keys_of(sql: str, schema: Schema) -> dict[str, tuple[str, ...]]:
    """By table (`schema.table`), the columns that the query compares: those of filters first, then those of joins.

    Raises:
        sqlglot.errors.SqlglotError: the query reads what `schema` does not have.
    """
    nested: dict[str, Any] = {}
    for table, columns in schema.items():
        nested.setdefault(table.schema, {})[table.table] = dict(columns)
    query = qualify(
        parse_one(sql, dialect="duckdb"), dialect="duckdb", schema=nested, quote_identifiers=False, identify=False
    )
    root = build_scope(query)
    found: dict[str, list[str]] = {}
    scopes = list(root.traverse()) if root else []
    for place in (exp.Where, exp.Join):
        for table, column in (each for scope in scopes for each in _compared(scope, place)):
            keys = found.setdefault(str(table), [])
            if column not in keys:
                keys.append(column)
    return {table: tuple(keys) for table, keys in found.items()}


def _compared(scope: Scope, place: type[exp.Where | exp.Join]) -> Iterator[tuple[TableName, str]]:
    for column in scope.columns:
        compared = column.find_ancestor(*_COMPARED)
        placed = compared.find_ancestor(exp.Join, exp.Where, exp.Select) if compared is not None else None
        # The WHERE of an aggregate's FILTER keeps no row from being read.
        if isinstance(placed, place) and not isinstance(placed.parent, exp.Filter):
            yield from _origin(scope, column)


def _origin(scope: Scope, column: exp.Column) -> Iterator[tuple[TableName, str]]:
    """The table's column that a column is, through subqueries that only pass it on."""
    source = scope.sources.get(column.table)
    if isinstance(source, exp.Table) and source.db:
        yield TableName(source.db, source.name), column.name
    elif isinstance(source, Scope) and isinstance(source.expression, exp.Select):
        passed = next((each for each in source.expression.selects if each.alias_or_name == column.name), None)
        inner = passed.unalias() if passed is not None else None
        if isinstance(inner, exp.Column):
            yield from _origin(source, inner)
