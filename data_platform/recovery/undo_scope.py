"""Which rows a repair wrote, as the scope of a publication, and who else has published some of them since."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import duckdb

from data_platform.assets.partitions import day_of
from data_platform.recovery.lakehouse_layouts import RUN_ID as LAYOUT_RUN_ID
from data_platform.recovery.table_contents import contents
from escalation_sensors.level1.pipeline import Written
from resources.lakehouse import (
    Change,
    ReplaceRange,
    ReplaceRanges,
    ReplaceTable,
    TableName,
    changes_since,
    columns_at,
    read_columns,
    select_columns,
)

UndoScope = ReplaceTable | ReplaceRanges
MOST_NAMED = 8


def scope_of(column: str | None, partitions: Sequence[str]) -> UndoScope:
    """The days that partition keys, or ranges of them as `a...b`, stand for; the table where it has no partitions.

    Raises:
        ValueError: a key is not a day.
    """
    days = sorted(set(_days(partitions))) if column is not None else []
    if column is None or not days:
        return ReplaceTable()
    ranges: list[ReplaceRange] = []
    first = days[0]
    for day, following in zip(days, [*days[1:], None], strict=True):
        if following != day + timedelta(days=1):
            ranges.append(ReplaceRange(column, first, day + timedelta(days=1)))
            first = following or first
    return ReplaceRanges(tuple(ranges))


def days_in(scope: UndoScope) -> frozenset[date] | None:
    """The days of a scope; None for all of the table."""
    if isinstance(scope, ReplaceTable):
        return None
    return frozenset(
        each.start + timedelta(days=number) for each in scope.ranges for number in range((each.end - each.start).days)
    )


def in_words(scope: UndoScope) -> str:
    """The days of a scope as a reader says them, each with a blank before it; empty for all of the table."""
    if isinstance(scope, ReplaceTable):
        return ""
    told = [_span(each) for each in scope.ranges]
    more = f" and {len(told) - MOST_NAMED} more ranges of days" if len(told) > MOST_NAMED else ""
    return f" {', '.join(told[:MOST_NAMED])}{more}"


def published_since(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[TableName], scope: UndoScope, written: Written
) -> list[str]:
    """Who else published of a scope of the tables what would be lost with it, each in words, oldest first.

    What came after the repair counts only if the rows are not those any more that the repair left: who published the
    same ones again, or only sorted them, loses nothing.
    """
    own = {*written.runs, LAYOUT_RUN_ID}
    scopes = {str(table): scope for table in tables}
    before = int(written.before) if written.before else 0
    others = [each for each in changes_since(connection, scopes, snapshot=before) if each.run_id not in own]
    after = int(written.after) if written.after.isdigit() else None
    if after is not None and all(_is_as_in(connection, table, scope, after) for table in tables):
        others = [each for each in others if each.snapshot <= after]
    elif after is not None and not others:
        return ["somebody whose version has expired"]
    return list(_named(others))


def _is_as_in(connection: duckdb.DuckDBPyConnection, table: TableName, scope: UndoScope, snapshot: int) -> bool:
    """Whether the table holds in a scope what it held in a snapshot; a column that came since is null there."""
    now = read_columns(connection, (table,)).get(table)
    try:
        then = columns_at(connection, table, snapshot)
    except (duckdb.InvalidInputException, duckdb.CatalogException):
        return now is None  # it was not there; of one that has expired nobody can tell
    if now is None or any(now.get(name) != kind for name, kind in then.items()):
        return False
    where = "" if isinstance(scope, ReplaceTable) else f" WHERE {scope.sql}"
    past = select_columns(f"{table.sql} AT (VERSION => {snapshot})", then, now)
    return contents(connection, f"({past}{where})", now) == contents(
        connection, f"(SELECT * FROM {table.sql}{where})", now
    )


def _named(changes: Sequence[Change]) -> Iterator[str]:
    unlike = list(dict.fromkeys((each.who, each.snapshot) for each in changes))
    yield from (f"{who} in snapshot {snapshot}" for who, snapshot in unlike[:MOST_NAMED])
    if len(unlike) > MOST_NAMED:
        yield f"{len(unlike) - MOST_NAMED} more, the last in snapshot {unlike[-1][1]}"


def _days(partitions: Sequence[str]) -> Iterator[date]:
    for each in partitions:
        first, _, last = each.partition("...")
        start, end = day_of(first), day_of(last or first)
        yield from (start + timedelta(days=number) for number in range((end - start).days + 1))


def _span(days: ReplaceRange) -> str:
    last = days.end - timedelta(days=1)
    return f"{days.start}" if days.start == last else f"{days.start} to {last}"
