"""The split of audited rows into those to publish and those to quarantine: complementary by construction.

Each row is judged once, by one list of the checks it fails; an empty list is good, any other is bad.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import duckdb

from data_platform.auditing.failing_rows import ROW_NUMBERED
from data_platform.auditing.outcome import Audit, BadRows
from resources.lakehouse.names import quote_identifier, quote_literal


def good_rows_sql(audited: Audit) -> str:
    """A SELECT of the rows to publish, with the contract's columns."""
    columns = ", ".join(map(quote_identifier, audited.columns))
    return f"SELECT {columns} FROM ({_judged(audited.relation, audited.bad_rows)}) WHERE len(_failed) = 0"


def quarantined_rows_sql(audited: Audit, *, run_id: str, source: str, now: datetime) -> str:
    """A SELECT of the rows to quarantine, each once: the contract's columns, then why and whence."""
    columns = ", ".join(map(quote_identifier, audited.columns))
    checks, reasons = (
        f"[{', '.join(quote_literal(text) for text in texts)}]"
        for texts in ([bad.check for bad in audited.bad_rows], [bad.reason for bad in audited.bad_rows])
    )
    return (
        f"SELECT {columns}, list_transform(_failed, i -> {reasons}[i]) AS _reasons, "
        f"list_transform(_failed, i -> {checks}[i]) AS _checks, {quote_literal(run_id)} AS _run_id, "
        f"{quote_literal(source)} AS _source, "
        f"TIMESTAMPTZ {quote_literal(now.astimezone(UTC).isoformat())} AS _quarantined_at "
        f"FROM ({_judged(audited.relation, audited.bad_rows)}) WHERE len(_failed) > 0"
    )


def count_bad_rows(connection: duckdb.DuckDBPyConnection, relation: str, bad_rows: Sequence[BadRows]) -> int:
    """How many rows fail at least one of the quarantining checks."""
    if not bad_rows:
        return 0
    row = connection.execute(f"SELECT count(*) FROM ({_judged(relation, bad_rows)}) WHERE len(_failed) > 0").fetchone()
    return int(row[0]) if row else 0


def _judged(relation: str, bad_rows: Sequence[BadRows]) -> str:
    flags = ", ".join(f"CASE WHEN {bad.flag} THEN {number} END" for number, bad in enumerate(bad_rows, 1))
    select = ROW_NUMBERED if any(bad.needs_row_number for bad in bad_rows) else "SELECT *"
    failed = f"list_filter([{flags}]::INTEGER[], i -> i IS NOT NULL)"
    return f"SELECT *, {failed} AS _failed FROM ({select} FROM {relation})"
