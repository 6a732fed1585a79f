"""Runs the checks that could not be compiled through pandera's polars backend, on the columns they need."""

from collections.abc import Sequence

import duckdb
from pandera.constants import CHECK_OUTPUT_KEY

from data_platform.auditing.finding import Finding
from data_platform.auditing.plan import PanderaCheck
from resources.lakehouse.names import quote_identifier


def run_by_pandera(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str], check: PanderaCheck
) -> Finding:
    """Runs one check. Loads the check's column, or all `columns` for a check of the table, into memory.

    Rows are numbered in the relation's order, which DuckDB keeps unless told otherwise (`preserve_insertion_order`).

    Raises:
        Exception: whatever the check's own code raises; it could not be made then.
    """
    needed = [check.column] if check.column else columns
    listed = ", ".join(map(quote_identifier, needed))
    frame = connection.execute(f"SELECT {listed} FROM {relation}").pl()
    result = check.check(frame.lazy(), check.column)
    if result.failure_cases is None:
        return Finding(as_a_whole=not result.check_passed.collect().item())
    passes = result.check_output.collect().get_column(CHECK_OUTPUT_KEY)
    failing = tuple(number for number, passed in enumerate(passes, 1) if not passed)
    return Finding(len(failing), failing)
