"""The daily partitions, and the days that a run asks for. Only the flights are partitioned."""

from collections.abc import Sequence
from datetime import date, timedelta

import dagster as dg

FIRST_DAY = date(2013, 1, 1)
RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"


def daily_partitions(today: date) -> dg.DailyPartitionsDefinition:
    """One partition a day, from the first day of the data up to and including `today`, the sources' date."""
    return dg.DailyPartitionsDefinition(
        start_date=FIRST_DAY.isoformat(), end_date=(today + timedelta(days=1)).isoformat(), timezone="UTC"
    )


def range_tags(first: date, last: date) -> dict[str, str]:
    """The tags that make one run cover all days from `first` to `last`, both included."""
    return {RANGE_START_TAG: first.isoformat(), RANGE_END_TAG: last.isoformat()}


def day_of(partition_key: str) -> date:
    """The day of a partition key.

    Raises:
        ValueError: the key is not a day, told in one line.
    """
    try:
        return date.fromisoformat(partition_key)
    except ValueError as error:
        raise ValueError(f"partition {partition_key!r} is not a day; write it as 2013-12-31") from error


def span(days: Sequence[date]) -> tuple[date, date]:
    """The half-open span that a run's partitions cover: the first day, and the day after the last.

    Raises:
        ValueError: the days have a gap, which a run of one range never has.
    """
    first, last = min(days), max(days)
    if (last - first).days + 1 != len(set(days)):
        raise ValueError(f"the days {first} to {last} have gaps: launch one run for each range without gaps")
    return first, last + timedelta(days=1)
