"""Columns of whole numbers or dates that lie close together, as positions in a map of bits.

A map of all possible values tells how many of them there are, several times faster than hashing and in a fraction of
the memory. It serves only where it is small; whoever uses it has another way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import duckdb

from data_platform.auditing.relation import Relation
from resources.lakehouse.names import quote_identifier

MAX_BITS = 2**29
"""64 MiB for each thread; more would lose against hashing, which can spill to disk."""
MAX_BITS_PER_ROW = 256
"""About what a row costs in a hash table."""
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"})


@dataclass(frozen=True)
class DenseColumns:
    """Where the values of some columns together lie in a map of so many bits."""

    lowest: tuple[int, ...]
    sizes: tuple[int, ...]

    @property
    def bits(self) -> int:
        """The length of the map."""
        return prod(self.sizes)

    def position(self, columns: Sequence[str], types: Mapping[str, str]) -> str:
        """The SQL expression of the position of one row's values; NULL if one of them is."""
        position = "0"
        for column, low, size in zip(columns, self.lowest, self.sizes, strict=True):
            position = f"({position} * {size} + ({_whole(column, types[column])} - ({low})))"
        return position

    def within(self, columns: Sequence[str], types: Mapping[str, str]) -> str:
        """The SQL condition that one row's values have a position in the map."""
        each = zip(columns, self.lowest, self.sizes, strict=True)
        return " AND ".join(
            f"{_whole(column, types[column])} BETWEEN {low} AND {low + size - 1}" for column, low, size in each
        )

    def bitmap(self, columns: Sequence[str], types: Mapping[str, str]) -> str:
        """The SQL aggregate of the map."""
        return f"bitstring_agg({self.position(columns, types)}, 0, {self.bits - 1})"


def can_be_dense(duckdb_type: str) -> bool:
    """Whether values of this type have a position in a map."""
    return duckdb_type in _WHOLE or duckdb_type == "DATE"


def dense_columns(
    connection: duckdb.DuckDBPyConnection, relation: Relation, columns: Sequence[str], *, nulls: bool = False
) -> DenseColumns | None:
    """How the columns lie in a map; None if they are of other types or too far apart, or unless `nulls` null somewhere.

    Raises:
        duckdb.Error: the relation cannot be read.
    """
    if not relation.rows or not all(can_be_dense(relation.types[column]) for column in columns):
        return None
    wholes = [_whole(column, relation.types[column]) for column in columns]
    bounds = ", ".join(f"count({each}), coalesce(min({each}), 0), coalesce(max({each}), 0)" for each in wholes)
    found = [int(value) for value in connection.execute(f"SELECT {bounds} FROM {relation.sql}").fetchall()[0]]
    counts, lowest, highest = found[0::3], found[1::3], found[2::3]
    sizes = tuple(high - low + 1 for low, high in zip(lowest, highest, strict=True))
    dense = DenseColumns(tuple(lowest), sizes)
    has_nulls = any(count != relation.rows for count in counts)
    if dense.bits > min(MAX_BITS, MAX_BITS_PER_ROW * relation.rows) or (has_nulls and not nulls):
        return None
    return dense


def _whole(column: str, duckdb_type: str) -> str:
    """The column as a whole number; an infinite date is one that is far from all others."""
    quoted = quote_identifier(column)
    return f"({quoted} - DATE '1970-01-01')" if duckdb_type == "DATE" else f"{quoted}::BIGINT"
