"""A contract as a list of checks, each of one of five kinds: what can be compiled is, what cannot goes to pandera.

| kind | made from | judged by |
|---|---|---|
| schema | names, types, `strict`, `ordered` | one DESCRIBE |
| row | not-null, every built-in check but `unique_values_eq`, rules | one scan, all together |
| key | `unique`, of a column or of the table | one aggregation each |
| reference | `references` | one anti join each |
| pandera | custom checks, `unique_values_eq`, what DuckDB would judge otherwise | pandera, on the columns needed |
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pandera import Check

from data_platform.auditing.contract import Contract, columns_of, rules_of, table_metadata, table_of
from data_platform.auditing.literals import NotExpressible
from data_platform.auditing.policy import NAME, ContractError, Policy, block, policy_of, warn
from data_platform.auditing.predicates import SHORT_NAMES, predicate
from data_platform.auditing.supported import unsupported
from resources.lakehouse.errors import InvalidName
from resources.lakehouse.names import TableName, quote_identifier, verify_name


@dataclass(frozen=True)
class PlannedCheck:
    """One check of a contract; its name is that of the asset check."""

    name: str
    description: str
    policy: Policy

    @property
    def blocking(self) -> bool:
        """Whether it can keep the table from being published."""
        return self.policy.can_block

    @property
    def compiled(self) -> bool:
        """Whether DuckDB judges it; otherwise pandera does."""
        return True


@dataclass(frozen=True)
class SchemaCheck(PlannedCheck):
    """The columns are the contract's: names, types, and order if the contract is ordered."""

    columns: tuple[tuple[str, str], ...]
    strict: bool
    ordered: bool


@dataclass(frozen=True)
class Part:
    """A condition under which a row fails, and the aggregate that counts such rows.

    `in_statistics` says that DuckDB can tell from the statistics of Parquet files that no row fails, `label` which part
    of a folded check it is.
    """

    fails: str
    counted: str
    in_statistics: bool = False
    label: str = ""


@dataclass(frozen=True)
class RowCheck(PlannedCheck):
    """A row fails where any of the parts' conditions is true; NULL passes."""

    parts: tuple[Part, ...]

    @property
    def fails(self) -> str:
        """The parts' conditions as one."""
        return " OR ".join(part.fails if len(self.parts) == 1 else f"({part.fails})" for part in self.parts)


@dataclass(frozen=True)
class KeyCheck(PlannedCheck):
    """No two rows agree in all these columns; nulls agree with nulls."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class ReferenceCheck(PlannedCheck):
    """Every value of the column, unless null, is in the key column of another table."""

    column: str
    table: TableName
    key: str


@dataclass(frozen=True)
class PanderaCheck(PlannedCheck):
    """A check that pandera runs itself: on one column, or on the whole table where `column` is None."""

    column: str | None
    check: Check

    @property
    def compiled(self) -> bool:
        """Never."""
        return False


MOST_NAMED = 8
"""Values of a list that a description names."""

HISTORY_CHECKS = (
    PlannedCheck("volume", "The number of rows is within what earlier loads had, for each partition.", warn()),
    PlannedCheck("distribution", "Means and shares of nulls are within what earlier loads had.", warn()),
)
"""The checks against the table's own history; `history.py` judges them."""


@lru_cache(maxsize=256)
def checks_of(contract: type[Contract]) -> tuple[PlannedCheck, ...]:
    """The checks that an audit of the contract's table makes.

    Raises:
        ContractError: the contract says something that cannot be; it names the column or rule.
    """
    for problem in unsupported(contract.to_schema(), table_metadata(contract)):
        raise ContractError(f"{contract.__name__}.{problem}")
    checks = (
        _schema_check(contract),
        *_not_null(contract),
        *_column_checks(contract),
        *_keys(contract),
        *_table_checks(contract),
    )
    names = [check.name for check in checks]
    for name in names:
        if not NAME.fullmatch(name) or names.count(name) > 1:
            raise ContractError(f"{contract.__name__}: two checks are called {name!r}, or it is no name for a check")
    return checks


def plan_checks(contract: type[Contract]) -> tuple[PlannedCheck, ...]:
    """All asset checks of the contract's table: its own, and those against its history.

    Raises:
        ContractError: as `checks_of`.
    """
    return (*checks_of(contract), *HISTORY_CHECKS)


def unique_keys(contract: type[Contract]) -> tuple[tuple[str, ...], ...]:
    """The sets of columns of which no two published rows agree in all; what only warns promises nothing.

    Raises:
        ContractError: as `checks_of`.
    """
    checks = (each for each in checks_of(contract) if isinstance(each, KeyCheck))
    return tuple(each.columns for each in checks if each.policy.action == "block")


def _schema_check(contract: type[Contract]) -> SchemaCheck:
    schema = contract.to_schema()
    table_of(contract)
    return SchemaCheck(
        "schema",
        "The columns and their types are the contract's.",
        block(),
        tuple(columns_of(contract).items()),
        strict=bool(schema.strict),
        ordered=schema.ordered,
    )


def _not_null(contract: type[Contract]) -> Iterator[RowCheck]:
    types = columns_of(contract)
    folded: dict[str, tuple[Part, ...]] = {}
    for name, column in contract.to_schema().columns.items():
        if column.nullable:
            continue
        parts = tuple(_null_parts(name, types[name]))
        if policy := policy_of(column.metadata, "not_null"):
            yield RowCheck(f"{name}__not_null", _described(f"{name} is not null.", policy), policy, parts)
        else:
            folded[name] = parts
    if folded:
        parts = tuple(part for each in folded.values() for part in each)
        yield RowCheck("not_null", f"Not null: {', '.join(folded)}. Blocks.", block(), parts)


def _null_parts(name: str, duckdb_type: str) -> Iterator[Part]:
    column = quote_identifier(name)
    yield Part(f"{column} IS NULL", f"count(*) - count({column})", in_statistics=True, label=name)
    if duckdb_type in {"DOUBLE", "FLOAT"}:
        yield _part(f"isnan({column})", label=f"{name} (NaN)")  # pandera counts NaN as null


def _part(fails: str, label: str = "") -> Part:
    return Part(fails, f"count_if({fails})", label=label)


def _column_checks(contract: type[Contract]) -> Iterator[PlannedCheck]:
    types = columns_of(contract)
    for name, column in contract.to_schema().columns.items():
        if column.unique:
            policy = policy_of(column.metadata, "unique") or block()
            yield KeyCheck(f"{name}__unique", _described(f"{name} is unique.", policy), policy, (name,))
        for check in column.checks:
            short = SHORT_NAMES.get(check.name, check.name)
            policy = policy_of(column.metadata, short) or _default(check)
            check_name = f"{name}__{short}"
            if check.name == "references":
                yield _reference(contract, name, check, policy)
                continue
            description = _described(f"{name}: {_in_words(check, short)}.", policy)
            try:
                passes = predicate(check.name, quote_identifier(name), types[name], check.statistics or {})
            except NotExpressible:
                yield PanderaCheck(check_name, description, policy, name, check)
            else:
                fails = f"NOT ({passes})" if check.ignore_na else f"({passes}) IS NOT TRUE"
                yield RowCheck(check_name, description, policy, (_part(fails),))


def _reference(contract: type[Contract], name: str, check: Check, policy: Policy) -> ReferenceCheck:
    target = str((check.statistics or {})["target"])
    table, _, key = target.rpartition(".")
    try:
        referred, key = TableName.parse(table), verify_name(key, "column")
    except InvalidName as error:
        raise ContractError(
            f"{contract.__name__}.{name}: references={target[:80]!r} must be schema.table.column"
        ) from error
    description = _described(f"Each {name} is in {referred}.{key}.", policy)
    return ReferenceCheck(f"{name}__references_{referred.table}", description, policy, name, referred, key)


def _keys(contract: type[Contract]) -> Iterator[KeyCheck]:
    unique = contract.to_schema().unique or []
    keys: Sequence[Sequence[str]] = [unique] if all(isinstance(each, str) for each in unique) else unique
    policy = policy_of(table_metadata(contract), "unique") or block()
    for key in filter(None, keys):
        description = _described(f"No two rows have the same {', '.join(key)}.", policy)
        yield KeyCheck(f"unique__{'_'.join(key)}", description, policy, tuple(key))


def _table_checks(contract: type[Contract]) -> Iterator[PlannedCheck]:
    rules = {each.name: each for each in rules_of(contract)}
    for each in rules.values():
        description = _described(f"{each.name}: {each.sql}", each.policy)
        yield RowCheck(each.name, description, each.policy, (_part(f"NOT ({each.sql})"),))
    for check in contract.to_schema().checks:
        if check.name not in rules:
            policy = policy_of(table_metadata(contract), check.name) or _default(check)
            yield PanderaCheck(check.name, _described(str(check.error or check.name), policy), policy, None, check)


def _default(check: Check) -> Policy:
    return warn() if check.raise_warning else block()


def _in_words(check: Check, short: str) -> str:
    """A check's condition as a person would say it; long lists are cut."""
    statistics = check.statistics or {}
    symbols = {"eq": "=", "ne": "≠", "gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    if short in symbols:
        return f"{symbols[short]} {next(iter(statistics.values()))}"
    if short == "in_range":
        return f"from {statistics['min_value']} to {statistics['max_value']}"
    if short in {"isin", "notin"}:
        values = [str(value) for value in next(iter(statistics.values()))]
        more = f" and {len(values) - MOST_NAMED} more" if len(values) > MOST_NAMED else ""
        return f"{'one' if short == 'isin' else 'none'} of {', '.join(values[:MOST_NAMED])}{more}"
    return str(check.error or short)


def _described(what: str, policy: Policy) -> str:
    does = {"block": "Blocks", "warn": "Warns", "quarantine": "Quarantines"}[policy.action]
    ceiling = f", blocks above {policy.ceiling}" if policy.ceiling else ""
    if policy.repair_rate is not None:
        ceiling = f", but a repair may set aside up to {policy.in_repair().ceiling}"
    described = f"{what} {does}{ceiling}.{f' {policy.reason}' if policy.reason else ''}"
    return described.replace("\0", "\\0")  # it becomes an SQL literal, which cannot hold the character itself
