"""What a relation holds, as a number of rows and a hash: whether two hold the same, told without reading them twice."""

from collections.abc import Iterable

import duckdb

from resources.lakehouse import quote_identifier


def contents(connection: duckdb.DuckDBPyConnection, relation: str, columns: Iterable[str]) -> tuple[int, str]:
    """The number of rows, and a hash of them all that does not depend on their order; twins do not cancel out."""
    row = f"hash({', '.join(map(quote_identifier, columns))})"
    found = connection.execute(f"SELECT count(*), sum({row}::HUGEINT)::VARCHAR FROM {relation}").fetchone()
    return (int(found[0]), str(found[1])) if found else (0, "")
