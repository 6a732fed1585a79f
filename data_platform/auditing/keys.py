"""How many rows share their key with another. Exact always; only the way to the figure differs.

A dense key of integers or dates (surrogate keys, days) is counted as bits of a map of all possible keys, about four
times faster than by hashing and in a fraction of the memory. Anything else, or a key found to repeat, is grouped.
"""

from collections.abc import Mapping, Sequence
from math import prod

import duckdb

from resources.lakehouse.names import quote_identifier

MAX_BITS = 2**29
"""64 MiB for each thread; more would lose against hashing, which can spill to disk."""
MAX_BITS_PER_ROW = 256
"""About what a row costs in a hash table."""
_STEPPED = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "DATE"})


def duplicated_rows(
    connection: duckdb.DuckDBPyConnection, relation: str, key: Sequence[str], types: Mapping[str, str], rows: int
) -> int:
    """The number of rows whose key occurs more than once; nulls are equal to nulls, as to pandera.

    Raises:
        duckdb.Error: the relation cannot be read.
    """
    if _distinct_of_dense_key(connection, relation, key, types, rows) == rows:
        return 0
    listed = ", ".join(map(quote_identifier, key))
    groups = f"SELECT count(*) AS n FROM {relation} GROUP BY {listed}"
    return _integers(connection, f"SELECT coalesce(sum(n), 0) FROM ({groups}) WHERE n > 1")[0]


def _distinct_of_dense_key(
    connection: duckdb.DuckDBPyConnection, relation: str, key: Sequence[str], types: Mapping[str, str], rows: int
) -> int | None:
    """The number of distinct keys; None if the key is not dense, or null somewhere."""
    if not rows or any(types[column] not in _STEPPED for column in key):
        return None
    steps = [_step(column, types[column]) for column in key]
    bounds = ", ".join(f"count({step}), coalesce(min({step}), 0), coalesce(max({step}), 0)" for step in steps)
    found = _integers(connection, f"SELECT {bounds} FROM {relation}")
    counts, lowest, highest = found[0::3], found[1::3], found[2::3]
    sizes = [high - low + 1 for low, high in zip(lowest, highest, strict=True)]
    bits = prod(sizes)
    if any(count != rows for count in counts) or bits > min(MAX_BITS, MAX_BITS_PER_ROW * rows):
        return None
    position = "0"
    for step, low, size in zip(steps, lowest, sizes, strict=True):
        position = f"({position} * {size} + ({step} - ({low})))"
    return _integers(connection, f"SELECT bit_count(bitstring_agg({position}, 0, {bits - 1})) FROM {relation}")[0]


def _step(column: str, duckdb_type: str) -> str:
    """The column as a whole number; an infinite date has none and counts as null."""
    quoted = quote_identifier(column)
    if duckdb_type == "DATE":
        return f"CASE WHEN isfinite({quoted}) THEN {quoted} - DATE '1970-01-01' END"
    return f"{quoted}::BIGINT"


def _integers(connection: duckdb.DuckDBPyConnection, query: str) -> list[int]:
    return [int(value) for value in connection.execute(query).fetchall()[0]]
