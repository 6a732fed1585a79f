"""What Dagster, contracts and publishing add to the SQL of the flights: a year from landed files, in a warm process."""

import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

import dagster as dg
import duckdb

from data_platform.assets.catalog import MODELS
from data_platform.assets.partitions import FIRST_DAY
from data_platform.auditing import columns_of, plan_checks
from data_platform.contracts import core, raw
from data_platform.figures import Figure, at_most
from data_platform.modeling import load_models
from resources.lakehouse import TableName
from resources.sources import CsvFolder, ExtractRequest, typed_select
from tests.scratch_platform import ScratchPlatform, errors_of, scratch_platform

LAST_DAY = date(2013, 12, 31)
FLIGHTS = ("raw/flights", "core/flight")
AN_ASSET_SECONDS, A_CHECK_SECONDS, A_PARTITION_SECONDS = 0.10, 0.05, 0.035


def run(repeats: int) -> list[Figure]:
    """The overhead of raw and core flights over a year, as a share of what is allowed."""
    days = (LAST_DAY - FIRST_DAY).days + 1
    checks = sum(len(plan_checks(contract)) for contract in (raw.Flights, core.Flight))
    allowed = len(FLIGHTS) * (AN_ASSET_SECONDS + days * A_PARTITION_SECONDS) + checks * A_CHECK_SECONDS
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        scratch_platform(Path(folder) / "home", LAST_DAY) as platform,
    ):
        _require(platform.materialize())  # warms the process, and makes what the flights refer to
        overheads = [_platform_seconds(platform) - _plain_seconds(platform) for _ in range(repeats)]
    overhead = median(overheads)
    return [
        Figure("flights of a year: overhead over plain SQL", overhead, "s", f"<= {allowed:.1f} s", overhead <= allowed),
        at_most("flights of a year: overhead, of what is allowed", overhead / allowed, 1.0, "x"),
    ]


def _require(result: dg.ExecuteInProcessResult) -> None:
    if not result.success:
        raise RuntimeError(f"the benchmark's run failed: {errors_of(result)}")


def _platform_seconds(platform: ScratchPlatform) -> float:
    started = time.perf_counter()
    _require(platform.materialize(*FLIGHTS))
    return time.perf_counter() - started


def _plain_seconds(platform: ScratchPlatform) -> float:
    """The same SQL in one DuckDB process, from the same landed files into plain tables."""
    settings = platform.settings
    columns = {name: kind for name, kind in columns_of(raw.Flights).items() if name != "flight_date"}
    source = CsvFolder(name="flights", folder=settings.drop_folder, pattern="flights_{date}.csv")
    days = tuple(FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1))
    request = ExtractRequest(settings.landing_path, columns, datetime.now(UTC), LAST_DAY, days, lambda _: None)
    landed = typed_select(source.extract(request), columns)
    (model,) = [model for model in load_models(MODELS) if model.name == TableName("core", "flight")]
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE SCHEMA raw; CREATE SCHEMA core")
        for table in model.depends_on:
            if table != TableName("raw", "flights"):
                with platform.lakehouse.connection() as lake:
                    rows = lake.execute(f"SELECT * FROM {table.sql}").arrow()
                connection.register("rows", rows)
                connection.execute(f"CREATE TABLE {table.sql} AS SELECT * FROM rows")
        started = time.perf_counter()
        connection.execute(f"CREATE TABLE raw.flights AS SELECT *, _partition AS flight_date FROM ({landed})")
        connection.execute(f"CREATE TABLE core.flight AS {model.select(FIRST_DAY, LAST_DAY + timedelta(days=1))}")
        return time.perf_counter() - started
