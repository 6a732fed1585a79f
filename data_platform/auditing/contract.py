"""The base of all contracts, and what can be read off one: columns, types, descriptions, rules.

Contracts are plain `pandera.polars.DataFrameModel`s; pandera's own `validate` judges them too, rules included,
and what it says is right wherever the compiled queries and pandera should ever differ.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import duckdb
import pandera.polars as pa
import sqlglot
from pandera.api.polars.container import DataFrameSchema
from sqlglot import exp

from data_platform.auditing.column_types import duckdb_type
from data_platform.auditing.policy import ContractError, Rule
from data_platform.auditing.registered_checks import REGISTERED
from resources.lakehouse.errors import InvalidName
from resources.lakehouse.names import TableName, quote_identifier, verify_name


class Contract(pa.DataFrameModel):
    """What one table promises. `Config.name` is the table; `Config.metadata = policies(…)` holds its rules."""

    @classmethod
    def to_schema(cls) -> DataFrameSchema:
        """Pandera's schema of this contract, with the rules over several columns as registered checks."""
        schema = super().to_schema()
        present = {check.name for check in schema.checks}
        for each in _rules(cls):
            if each.name not in present:
                check = REGISTERED["row_rule"](sql=each.sql)
                check.name = each.name  # pandera names a registered check after its function
                schema.checks.append(check)
        return schema


def table_of(contract: type[Contract]) -> TableName:
    """The table that a contract is of.

    Raises:
        ContractError: its `Config.name` names no table.
    """
    try:
        return TableName.parse(getattr(contract.Config, "name", None) or "")
    except InvalidName as error:
        raise ContractError(f"{contract.__name__}: Config.name: {error}") from error


def columns_of(contract: type[Contract]) -> dict[str, str]:
    """The columns of a contract's table, in order: name to DuckDB type.

    Raises:
        ContractError: a column's name or type cannot be in the lakehouse.
    """
    columns: dict[str, str] = {}
    for name, column in contract.to_schema().columns.items():
        try:
            columns[verify_name(name, "column")] = duckdb_type(column.dtype.type)
        except (InvalidName, TypeError) as error:
            raise ContractError(f"{contract.__name__}.{name[:80]}: {error}") from error
    return columns


def descriptions_of(contract: type[Contract]) -> dict[str, str]:
    """The descriptions of the columns that have one."""
    columns = contract.to_schema().columns
    return {name: column.description for name, column in columns.items() if column.description}


def rules_of(contract: type[Contract]) -> tuple[Rule, ...]:
    """The rules over several columns.

    Raises:
        ContractError: a rule is not one SQL condition over the contract's own columns.
    """
    schema = contract.to_schema()
    rules = tuple(_rules(contract))
    for each in rules:
        _verify_rule(contract, each, set(schema.columns))
    if rules:
        _verify_types(contract, rules)
    return rules


def table_metadata(contract: type[Contract]) -> Mapping[str, Any]:
    """What `Config.metadata` holds: the policies of the table's own checks, and its rules."""
    return getattr(contract.Config, "metadata", None) or {}


def referred_tables(contract: type[Contract]) -> tuple[TableName, ...]:
    """The other tables that the contract's relationships look into, so that an audit needs them to be there."""
    targets = {
        str(check.statistics["target"]).rpartition(".")[0]
        for column in contract.to_schema().columns.values()
        for check in column.checks
        if check.name == "references"
    }
    return tuple(sorted({TableName.parse(target) for target in targets} - {table_of(contract)}))


def _rules(contract: type[Contract]) -> Sequence[Rule]:
    return cast("Sequence[Rule]", table_metadata(contract).get("rules", ()))


def _verify_types(contract: type[Contract], rules: Sequence[Rule]) -> None:
    """Binds each rule to columns of the contract's types, which finds unknown functions and what is no condition."""
    nulls = ", ".join(
        f"CAST(NULL AS {kind}) AS {quote_identifier(name)}" for name, kind in columns_of(contract).items()
    )
    with duckdb.connect() as connection:
        for each in rules:
            where = f"{contract.__name__}: rule {each.name}"
            try:
                ((_, kind, *_),) = connection.execute(f"DESCRIBE SELECT ({each.sql}) FROM (SELECT {nulls})").fetchall()
            except duckdb.Error as error:
                raise ContractError(f"{where}: {' '.join(str(error).split())[:200]}") from error
            if kind != "BOOLEAN":
                raise ContractError(f"{where}: {each.sql!r} is a {kind}, not a condition")


def _verify_rule(contract: type[Contract], each: Rule, columns: set[str]) -> None:
    where = f"{contract.__name__}: rule {each.name}"
    try:
        statements = sqlglot.parse(each.sql, dialect="duckdb")
    except sqlglot.ParseError as error:
        raise ContractError(f"{where}: {error.errors[0]['description']} in {each.sql!r}") from error
    condition = statements[0] if len(statements) == 1 else None
    if not isinstance(condition, exp.Condition) or condition.find(exp.Query):
        raise ContractError(f"{where}: write one condition, not a query")
    if any(node.comments for node in condition.walk()):
        raise ContractError(f"{where}: write the comment beside the rule, not in its SQL")
    if condition.find(exp.AggFunc, exp.Window):
        raise ContractError(f"{where}: write a condition over one row, without aggregates and windows")
    if unknown := sorted({column.name for column in condition.find_all(exp.Column)} - columns):
        raise ContractError(f"{where}: the contract has no column {unknown[0]!r}")
