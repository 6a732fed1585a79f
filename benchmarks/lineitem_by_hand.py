"""The checks of lineitem as SQL that a person would write, in several forms; an audit is held against the fastest.

Each form gives the failing rows of every check: a figure that tells nothing of which check failed is no audit.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

from benchmarks.lineitem import SHIP_MODES, WORDS

COLUMNS = (
    *("l_orderkey", "l_partkey", "l_suppkey", "l_linenumber", "l_quantity", "l_extendedprice", "l_discount", "l_tax"),
    *("l_returnflag", "l_linestatus", "l_shipdate", "l_commitdate", "l_receiptdate", "l_shipinstruct", "l_shipmode"),
    "l_comment",
)
CONDITIONS = (
    " OR ".join(f"{column} IS NULL" for column in COLUMNS),
    "l_linenumber < 1",
    "l_linenumber > 7",
    "l_quantity < 1",
    "l_quantity > 50",
    "l_discount < 0",
    "l_discount > 0.10",
    "l_tax < 0",
    "l_tax > 0.08",
    "l_returnflag NOT IN ('A', 'N', 'R')",
    f"l_shipmode NOT IN ({', '.join(repr(mode) for mode in SHIP_MODES)})",
    f"NOT regexp_matches(l_shipmode, '{WORDS}')",
    "l_shipdate > l_receiptdate",
)
FOREIGN_KEYS = (("l_orderkey", "orders", "o_orderkey"), ("l_partkey", "part", "p_partkey"))

ONE_SCAN_FILTER = f"SELECT {', '.join(f'count(*) FILTER (WHERE {each})' for each in CONDITIONS)} FROM lineitem"
ONE_SCAN_COUNT_IF = f"SELECT {', '.join(f'count_if({each})' for each in CONDITIONS)} FROM lineitem"
ONE_SCAN_SUM = f"SELECT {', '.join(f'sum(CASE WHEN {each} THEN 1 ELSE 0 END)' for each in CONDITIONS)} FROM lineitem"
EACH_APART = tuple(f"SELECT count(*) FROM lineitem WHERE {each}" for each in CONDITIONS)
# Nulls by themselves, functions instead of IN and regexp_matches: answered from statistics and dictionaries.
NULLS_COUNTED = f"SELECT {' + '.join(f'(count(*) - count({column}))' for column in COLUMNS)} FROM lineitem"
BY_DICTIONARY = [
    each.replace("l_returnflag NOT IN ('A', 'N', 'R')", "NOT list_contains(['A', 'N', 'R'], l_returnflag)")
    .replace("l_shipmode NOT IN (", "NOT list_contains([")
    .replace("'TRUCK')", "'TRUCK'], l_shipmode)")
    .replace("regexp_matches", "regexp_full_match")
    for each in CONDITIONS[1:]
]
KEY_HAVING = (
    "SELECT coalesce(sum(n), 0) FROM "
    "(SELECT count(*) AS n FROM lineitem GROUP BY l_orderkey, l_linenumber HAVING count(*) > 1)"
)
KEY_DISTINCT_ROWS = (
    "SELECT (SELECT count(*) FROM lineitem) "
    "- (SELECT count(*) FROM (SELECT DISTINCT l_orderkey, l_linenumber FROM lineitem))"
)
KEY_COUNT_DISTINCT = "SELECT count(*) - count(DISTINCT (l_orderkey, l_linenumber)) FROM lineitem"
NOT_IN = tuple(
    f"SELECT count(*) FROM lineitem WHERE {column} NOT IN (SELECT {key} FROM {table})"
    for column, table, key in FOREIGN_KEYS
)
ANTI_JOIN = tuple(
    f"SELECT count(*) FROM (FROM lineitem WHERE {column} IS NOT NULL) ANTI JOIN {table} ON {column} = {key}"
    for column, table, key in FOREIGN_KEYS
)
NOT_EXISTS = tuple(
    f"SELECT count(*) FROM lineitem WHERE {column} IS NOT NULL "
    f"AND NOT EXISTS (SELECT 1 FROM {table} WHERE {key} = {column})"
    for column, table, key in FOREIGN_KEYS
)
LEFT_JOIN = tuple(
    f"SELECT count(*) FROM lineitem LEFT JOIN {table} ON {column} = {key} WHERE {column} IS NOT NULL AND {key} IS NULL"
    for column, table, key in FOREIGN_KEYS
)

Prepared = Callable[[], int]
"""Loads and checks; yields the number of failing rows over all checks."""


def filter_having_not_in(folder: Path) -> Prepared:
    """One scan with FILTER, GROUP BY … HAVING, NOT IN."""
    return _prepared(folder, (ONE_SCAN_FILTER, KEY_HAVING, *NOT_IN))


def sum_having_anti_join(folder: Path) -> Prepared:
    """One scan with SUM(CASE …), GROUP BY … HAVING, ANTI JOIN."""
    return _prepared(folder, (ONE_SCAN_SUM, KEY_HAVING, *ANTI_JOIN))


def count_if_distinct_rows_anti_join(folder: Path) -> Prepared:
    """One scan with count_if, SELECT DISTINCT, ANTI JOIN."""
    return _prepared(folder, (ONE_SCAN_COUNT_IF, KEY_DISTINCT_ROWS, *ANTI_JOIN))


def filter_count_distinct_not_exists(folder: Path) -> Prepared:
    """One scan with FILTER, COUNT(DISTINCT …), NOT EXISTS."""
    return _prepared(folder, (ONE_SCAN_FILTER, KEY_COUNT_DISTINCT, *NOT_EXISTS))


def each_check_apart(folder: Path) -> Prepared:
    """A query for each check, LEFT JOIN for relationships: as most people write it."""
    return _prepared(folder, (*EACH_APART, KEY_HAVING, *LEFT_JOIN))


def statistics_and_dictionaries(folder: Path) -> Prepared:
    """As somebody writes it who reads DuckDB's plans."""
    scan = f"SELECT {', '.join(f'count_if({each})' for each in BY_DICTIONARY)} FROM lineitem"
    return _prepared(folder, (NULLS_COUNTED, scan, KEY_HAVING, *ANTI_JOIN))


def one_statement(folder: Path) -> Prepared:
    """All in one statement, of scalar subqueries."""
    subqueries = ", ".join(f"({query})" for query in (KEY_HAVING, *NOT_IN))
    return _prepared(folder, (f"SELECT *, {subqueries} FROM ({ONE_SCAN_FILTER})",))


FORMS = tuple(
    f"{__name__}:{form.__name__}"
    for form in (
        filter_having_not_in,
        sum_having_anti_join,
        count_if_distinct_rows_anti_join,
        filter_count_distinct_not_exists,
        each_check_apart,
        statistics_and_dictionaries,
        one_statement,
    )
)


def _prepared(folder: Path, queries: Sequence[str]) -> Prepared:
    def run() -> int:
        with duckdb.connect() as connection:
            for table in ("lineitem", "orders", "part"):
                connection.execute(f"CREATE VIEW {table} AS FROM read_parquet('{folder / table}.parquet')")
            return sum(int(figure) for query in queries for figure in connection.execute(query).fetchall()[0])

    return run
