"""Splitting a SELECT into parts that can be built one after the other, in a part of the memory and the time.

Each row belongs to exactly one part, so that the parts together are the whole, whatever the SELECT does. How much
smaller a part's *work* is depends on the key: DuckDB moves the condition below joins, aggregations and windows
where the key is one of their keys, and above them it would only throw rows away.
"""

import itertools
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from resources.lakehouse.names import quote_identifier

_HASHES = 2**64


def split_by_key(select: str, key: Sequence[str], batches: int) -> tuple[str, ...]:
    """`select` in `batches` parts, each with the rows whose key's hash lies in a range of its own; nulls are a value.

    A range of hashes and not a remainder: DuckDB does not move what could fail, as a division may, below anything.
    """
    if batches <= 1 or not key:
        return (select,)
    hashed = f"hash({', '.join(map(quote_identifier, key))})"
    bounds = [number * _HASHES // batches for number in range(batches + 1)]
    return tuple(
        f"SELECT * FROM ({select}\n) WHERE {hashed} BETWEEN {first}::UBIGINT AND {end - 1}::UBIGINT"
        for first, end in itertools.pairwise(bounds)
    )


def split_days(start: date, end: date, batches: int) -> Iterator[tuple[date, date]]:
    """The days from `start` up to but not including `end` as at most `batches` spans of about the same length."""
    days = (end - start).days
    parts = max(1, min(batches, days))
    bounds = [start + timedelta(days=number * days // parts) for number in range(parts + 1)]
    yield from itertools.pairwise(bounds)
