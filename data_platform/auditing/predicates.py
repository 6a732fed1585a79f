"""Pandera's built-in checks as SQL predicates: true where a value passes, NULL where it is null.

What is not here (custom checks, `unique_values_eq`, patterns and values that DuckDB judges otherwise) is run by
pandera itself: `NotExpressible` says so. A predicate that is FALSE for a row fails that row; NULL passes it.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from data_platform.auditing.literals import NotExpressible, comparable, kind_of_type, literal, require_fitting
from data_platform.auditing.patterns import means_the_same

Statistics = Mapping[str, Any]
Predicate = Callable[[str, str, Statistics], str]
"""From the quoted column, the column's kind, and the check's statistics to SQL."""

MOST_LISTED = 64
"""Values up to which a list is searched; above, IN builds a hash table."""

SHORT_NAMES = {
    "equal_to": "eq",
    "not_equal_to": "ne",
    "greater_than": "gt",
    "greater_than_or_equal_to": "ge",
    "less_than": "lt",
    "less_than_or_equal_to": "le",
}
"""The names that `Field` has for checks that are called otherwise inside pandera."""


def predicate(check_name: str, column: str, duckdb_type: str, statistics: Statistics) -> str:
    """The predicate of one built-in check.

    Raises:
        NotExpressible: pandera has to judge it.
    """
    if check_name not in _PREDICATES:
        raise NotExpressible(f"{check_name} is run by pandera")
    for value in statistics.values():
        for each in value if isinstance(value, Collection) and not isinstance(value, str) else (value,):
            require_fitting(each, duckdb_type)
    return _PREDICATES[check_name](column, kind_of_type(duckdb_type), statistics)


def _compared(operator: str, statistic: str) -> Predicate:
    def compare(column: str, kind: str, statistics: Statistics) -> str:
        return f"{column} {operator} {_literal(kind, statistics[statistic])}"

    return compare


def _in_range(column: str, kind: str, statistics: Statistics) -> str:
    above = ">=" if statistics.get("include_min", True) else ">"
    below = "<=" if statistics.get("include_max", True) else "<"
    low, high = (_literal(kind, statistics[name]) for name in ("min_value", "max_value"))
    return f"({column} {above} {low} AND {column} {below} {high})"


def _member(statistic: str, *, negated: bool) -> Predicate:
    def member(column: str, kind: str, statistics: Statistics) -> str:
        values: Collection[Any] = statistics[statistic]
        if isinstance(values, str):
            raise NotExpressible("a text as a set of characters is run by pandera")
        # A NULL in the list would make every other value NULL, that is, pass.
        listed = [_literal(kind, value) for value in values if value is not None]
        if not listed:
            return f"CASE WHEN {column} IS NOT NULL THEN {'TRUE' if negated else 'FALSE'} END"
        if len(listed) > MOST_LISTED:
            return f"{column} {'NOT IN' if negated else 'IN'} ({', '.join(sorted(listed))})"
        # Unlike IN, DuckDB evaluates this once for each entry of a file's dictionary instead of once a row.
        return f"{'NOT ' * negated}list_contains([{', '.join(sorted(listed))}], {column})"

    return member


def _pattern(*, at_start: bool) -> Predicate:
    def matches(column: str, kind: str, statistics: Statistics) -> str:
        pattern = statistics["pattern"]
        if isinstance(pattern, re.Pattern):
            pattern = pattern.pattern
        if at_start and not pattern.startswith("^"):
            pattern = f"^{pattern}"
        if kind != "text" or not means_the_same(pattern):
            raise NotExpressible("the pattern is run by pandera: DuckDB's engine could read it otherwise")
        if at_start and "|" not in pattern:
            # Means the same, and again DuckDB evaluates it once for each entry of a file's dictionary.
            return f"regexp_full_match({column}, {literal(f'(?:{pattern})(?s:.*)')})"
        return f"regexp_matches({column}, {literal(pattern)})"

    return matches


def _affix(function: str) -> Predicate:
    def has_affix(column: str, kind: str, statistics: Statistics) -> str:
        _require_text(kind)
        return f"{function}({column}, {literal(statistics['string'])})"

    return has_affix


def _length(column: str, kind: str, statistics: Statistics) -> str:
    _require_text(kind)
    if (exact := statistics.get("exact_value")) is not None:
        return f"length({column}) = {int(exact)}"
    bounds = [
        f"length({column}) {operator} {int(value)}"
        for operator, name in ((">=", "min_value"), ("<=", "max_value"))
        if (value := statistics.get(name)) is not None
    ]
    return f"({' AND '.join(bounds)})"


def _require_text(kind: str) -> None:
    if kind != "text":
        raise NotExpressible("a text check on a column that is none is pandera's to refuse")


def _literal(kind: str, value: object) -> str:
    if not comparable(kind, value):
        raise NotExpressible(f"a {type(value).__name__} against a column of {kind} is compared by pandera")
    return literal(value)


_PREDICATES: Mapping[str, Predicate] = {
    "equal_to": _compared("=", "value"),
    "not_equal_to": _compared("<>", "value"),
    "greater_than": _compared(">", "min_value"),
    "greater_than_or_equal_to": _compared(">=", "min_value"),
    "less_than": _compared("<", "max_value"),
    "less_than_or_equal_to": _compared("<=", "max_value"),
    "in_range": _in_range,
    "isin": _member("allowed_values", negated=False),
    "notin": _member("forbidden_values", negated=True),
    "str_matches": _pattern(at_start=True),
    "str_contains": _pattern(at_start=False),
    "str_startswith": _affix("starts_with"),
    "str_endswith": _affix("ends_with"),
    "str_length": _length,
}
"""All built-in checks but `unique_values_eq`, which is about the set of values and not about rows."""
