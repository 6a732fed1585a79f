"""Runs the checks that could not be compiled through pandera's polars backend, on the columns they need."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
from pandera.constants import CHECK_OUTPUT_KEY

from data_platform.auditing.plan import PanderaCheck
from resources.lakehouse.names import quote_identifier


@dataclass(frozen=True)
class Verdict:
    """What pandera said: the numbers of the failing rows, from 1 in the relation's order, or that all fails as a whole."""

    row_numbers: tuple[int, ...]
    fails_as_a_whole: bool = False


def run_by_pandera(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str], check: PanderaCheck
) -> Verdict:
    """Runs one check. Loads the check's column, or all `columns` for a check of the table, into memory.

    Raises:
        Exception: whatever the check's own code raises; it could not be made then.
    """
    needed = [check.column] if check.column else columns
    listed = ", ".join(map(quote_identifier, needed))
    frame = connection.execute(f"SELECT {listed} FROM {relation}").pl()
    result = check.check(frame.lazy(), check.column)
    if result.failure_cases is None:
        return Verdict((), fails_as_a_whole=not result.check_passed.collect().item())
    passes = result.check_output.collect().get_column(CHECK_OUTPUT_KEY)
    return Verdict(tuple(index + 1 for index, passed in enumerate(passes) if not passed))
