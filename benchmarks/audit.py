"""What an audit costs against the same checks by hand and by pandera: lineitem, 6.0 million rows, loading included."""

from collections.abc import Callable
from pathlib import Path

import duckdb

from benchmarks.compare import compare
from benchmarks.lineitem import LineItem, lineitem_folder, parquet
from benchmarks.lineitem_by_hand import FORMS
from data_platform.auditing import audit
from data_platform.figures import Figure, at_most
from resources.lakehouse import TableName

AUDIT = f"{__name__}:compiled"
PANDERA = ("on_polars", "on_ibis")
MAX_SECONDS_RATIO = 1.15
MAX_MEMORY_RATIO = 1.2


def run(repeats: int) -> list[Figure]:
    """Seconds and peak memory against the fastest form by hand, and seconds against pandera's two backends.

    Raises:
        RuntimeError: a candidate failed, or the candidates disagree on the data.
    """
    by_pandera = {name: f"benchmarks.lineitem_by_pandera:{name}" for name in PANDERA}
    with lineitem_folder() as folder:
        trials = compare((AUDIT, *FORMS, *by_pandera.values()), folder, repeats)
    audited = trials[AUDIT]
    fastest = min((trials[form] for form in FORMS), key=lambda form: form.seconds)
    return [
        at_most(
            "audit against the fastest SQL by hand, time", audited.seconds / fastest.seconds, MAX_SECONDS_RATIO, "x"
        ),
        at_most(
            "audit against the fastest SQL by hand, peak memory",
            audited.peak_bytes / fastest.peak_bytes,
            MAX_MEMORY_RATIO,
            "x",
        ),
        *(
            at_most(
                f"audit against pandera {name.replace('_', ' ')}, time", audited.seconds / trials[one].seconds, 1.0, "x"
            )
            for name, one in by_pandera.items()
        ),
    ]


def compiled(folder: Path, *, profile: bool = False) -> Callable[[], int]:
    """The platform's audit; it yields the number of failing rows over all checks."""

    def audit_lineitem() -> int:
        with duckdb.connect() as connection:
            audited = audit(
                connection,
                parquet(folder, TableName("tpch", "lineitem")),
                LineItem,
                resolve=lambda table: parquet(folder, table),
                profile=profile,
            )
            if errors := [outcome.error for outcome in audited.outcomes if outcome.error]:
                raise RuntimeError(errors[0])
            return sum(outcome.failing_rows for outcome in audited.outcomes)

    return audit_lineitem
