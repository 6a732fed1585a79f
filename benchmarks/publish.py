"""Build, audit and publish of lineitem against a bare CREATE TABLE AS in DuckLake and the same audit by hand after it.

Both write Parquet with DuckDB's defaults, into a lakehouse that was attached before, and make the same checks. What
production does beyond that (column profile, history, records) is a second figure, which has no counterpart by hand.
"""

import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.compare import compare
from benchmarks.lineitem import LineItem, lineitem_folder, parquet
from benchmarks.lineitem_by_hand import (
    ANTI_JOIN,
    BY_DICTIONARY,
    KEY_HAVING,
    NOT_IN,
    NULLS_COUNTED,
    ONE_SCAN_COUNT_IF,
    ONE_SCAN_FILTER,
)
from data_platform.auditing import audit, columns_of, plan_checks
from data_platform.engine.duckdb_engine import build_files
from data_platform.figures import Figure, at_most, without_goal
from data_platform.materialization.build_audit_publish import build_audit_publish
from data_platform.materialization.task import TableTask
from resources.lakehouse import LakehouseResource, ReplaceTable, TableBuild, TableName, new_build_folder, publish

OURS = f"{__name__}:built_audited_published"
PRODUCTION = f"{__name__}:as_in_production"
BARE = tuple(f"{__name__}:{name}" for name in ("bare_filter", "bare_count_if", "bare_by_dictionary"))
MAX_SECONDS_RATIO = 1.0
LINEITEM = TableName("tpch", "lineitem")
REFERRED = ("orders", "part")


def run(repeats: int) -> list[Figure]:
    """Seconds against the fastest bare form.

    Raises:
        RuntimeError: a candidate failed, or found other failing rows than the others.
    """
    with lineitem_folder() as folder:
        trials = compare((OURS, PRODUCTION, *BARE), folder, repeats)
    fastest = min(trials[form].seconds for form in BARE)
    ratio, more = trials[OURS].seconds / fastest, trials[PRODUCTION].seconds / fastest
    return [
        at_most("build, audit, publish against bare CREATE TABLE AS and audit", ratio, MAX_SECONDS_RATIO, "x"),
        without_goal("the same with profile, history and records", more, "x"),
    ]


def built_audited_published(folder: Path) -> Callable[[], int]:
    """The platform's way; it yields the number of failing rows over all checks."""
    lakehouse = _lakehouse(folder)
    plan_checks(LineItem)  # in production the definitions have done so when they were loaded

    def build_audit_and_publish() -> int:
        with lakehouse.connection() as connection:
            files = new_build_folder(lakehouse, LINEITEM, "benchmark")
            built = build_files(connection, f"SELECT * FROM {parquet(folder, LINEITEM)}", files, "built")
            audited = audit(connection, built.relation, LineItem, profile=False)
        if audited.blocked:
            raise RuntimeError(f"nothing was published: {audited.outcomes}")
        build = TableBuild(LINEITEM, columns_of(LineItem), built.files, built.rows, ReplaceTable())
        publish(lakehouse, [build], run_id="benchmark", message="benchmark")
        return sum(outcome.failing_rows for outcome in audited.outcomes)

    return build_audit_and_publish


def as_in_production(folder: Path) -> Callable[[], int]:
    """All that materializing the table does."""
    lakehouse = _lakehouse(folder)
    plan_checks(LineItem)
    task = TableTask(LINEITEM, LineItem, f"SELECT * FROM {parquet(folder, LINEITEM)}", "benchmark")

    def materialize() -> int:
        done = build_audit_publish(lakehouse, task, run_id="benchmark", now=datetime.now(UTC), log=lambda _: None)
        if done.publication is None:
            raise RuntimeError(f"nothing was published: {done.blocking}")
        return sum(outcome.failing_rows for outcome in done.outcomes)

    return materialize


def bare_filter(folder: Path) -> Callable[[], int]:
    """CREATE TABLE AS, then one scan with FILTER, GROUP BY … HAVING, NOT IN."""
    return _bare(folder, (ONE_SCAN_FILTER, KEY_HAVING, *NOT_IN))


def bare_count_if(folder: Path) -> Callable[[], int]:
    """CREATE TABLE AS, then one scan with count_if, GROUP BY … HAVING, ANTI JOIN."""
    return _bare(folder, (ONE_SCAN_COUNT_IF, KEY_HAVING, *ANTI_JOIN))


def bare_by_dictionary(folder: Path) -> Callable[[], int]:
    """CREATE TABLE AS, then the audit of somebody who reads DuckDB's plans."""
    scan = f"SELECT {', '.join(f'count_if({each})' for each in BY_DICTIONARY)} FROM lineitem"
    return _bare(folder, (NULLS_COUNTED, scan, KEY_HAVING, *ANTI_JOIN))


def _bare(folder: Path, queries: Sequence[str]) -> Callable[[], int]:
    lakehouse = _lakehouse(folder)

    def create_and_audit() -> int:
        with lakehouse.connection() as connection:
            connection.execute("USE lake.tpch")
            connection.execute(f"CREATE TABLE lineitem AS SELECT * FROM {parquet(folder, LINEITEM)}")
            return sum(int(figure) for query in queries for figure in connection.execute(query).fetchall()[0])

    return create_and_audit


def _lakehouse(folder: Path) -> LakehouseResource:
    """A lakehouse of this trial's own, attached, with the tables that lineitem refers to."""
    home = tempfile.mkdtemp(prefix="lake-", dir=folder)
    lakehouse = LakehouseResource(
        catalog_url=f"sqlite:///{home}/catalog.sqlite", data_path=f"{home}/data/", build_path=f"{home}/builds/"
    )
    with lakehouse.connection() as connection:
        connection.execute("CREATE SCHEMA tpch")
        for table in REFERRED:
            source = parquet(folder, TableName("tpch", table))
            connection.execute(f"CREATE TABLE tpch.{table} AS SELECT * FROM {source}")
    return lakehouse
