"""A year of flights in one run against 365 runs of one day each, extrapolated from ten of them."""

import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from benchmarks.flights import FLIGHTS, LAST_DAY
from data_platform.assets.partitions import FIRST_DAY
from data_platform.figures import Figure, at_least
from tests.scratch_platform import ScratchPlatform, errors_of, scratch_platform

SINGLE_DAYS = 10
TIMES_FASTER = 25.0


def run(repeats: int) -> list[Figure]:
    """How many times faster the year is in one run; each repeat measures one year and `SINGLE_DAYS` days."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        scratch_platform(Path(folder) / "home", LAST_DAY) as platform,
    ):
        if not (result := platform.materialize()).success:
            raise RuntimeError(f"the benchmark's run failed: {errors_of(result)}")
        ratios = [_ratio(platform, repeat) for repeat in range(repeats)]
    return [at_least("a year of flights in one run against 365 runs", median(ratios), TIMES_FASTER, "x")]


def _ratio(platform: ScratchPlatform, repeat: int) -> float:
    days = [FIRST_DAY + timedelta(days=SINGLE_DAYS * repeat + n) for n in range(SINGLE_DAYS)]
    one_by_one = sum(_seconds(platform, day, day) for day in days) / SINGLE_DAYS * 365
    return one_by_one / _seconds(platform, FIRST_DAY, LAST_DAY)


def _seconds(platform: ScratchPlatform, first: date, last: date) -> float:
    started = time.perf_counter()
    result = platform.run("materialize_everything", assets=FLIGHTS, days=(first, last))
    if not result.success:
        raise RuntimeError(f"the benchmark's run failed: {errors_of(result)}")
    return time.perf_counter() - started
