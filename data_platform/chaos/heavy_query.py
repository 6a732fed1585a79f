"""A query whose work grows with the square of its rows: in parts by its key it is a part of the work."""

import itertools
from collections.abc import Sequence

from data_platform.chaos.experiment import Rows
from resources.lakehouse import LakehouseResource

NUMBERS, INNER = 40, 3_000_000
"""Numbers that are published, and rows that are gone through for each."""


def heavy_select(_lakehouse: LakehouseResource) -> str:
    """All of it."""
    return select_between(0, NUMBERS)


def parts_of(batches: int) -> Sequence[str]:
    """The same in parts."""
    bounds = [number * NUMBERS // batches for number in range(batches + 1)]
    return tuple(select_between(first, end) for first, end in itertools.pairwise(bounds) if first < end)


def select_between(first: int, end: int) -> str:
    """For each number, how many of the inner rows have it as their remainder."""
    return (
        f"SELECT n.range::BIGINT AS number, count(*)::DOUBLE AS amount FROM range({first}, {end}) AS n, "
        f"range({INNER}) AS i WHERE (i.range * 7919 + hash(i.range) % 1) % {NUMBERS} = n.range GROUP BY ALL"
    )


def heavy_rows() -> Rows:
    """What it publishes, by counting in Python: 7919 and the number of remainders have no common divisor."""
    share = INNER // NUMBERS
    return Rows((str(number), str(float(share))) for number in range(NUMBERS))
