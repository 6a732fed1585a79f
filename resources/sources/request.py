"""What a source is asked for. What it answers is in `landed.py`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from resources.sources.column_mapping import ColumnMapping


@dataclass(frozen=True)
class ExtractRequest:
    """One extraction of one source.

    Attributes:
        landing: the folder below which every source keeps what it landed.
        columns: name to DuckDB type, in order, as the contract declares them.
        now: the time of the extraction, aware.
        as_of: the sources' date; JSON parameters may name it as `{as_of}`.
        partitions: the days asked for; None is everything that the source has.
        log: takes one line for a person.
        anew: whether everything is read again, whatever is known to have landed.
        mapping: how what is delivered differs from `columns` and is read all the same.
    """

    landing: Path
    columns: Mapping[str, str]
    now: datetime
    as_of: date
    partitions: tuple[date, ...] | None
    log: Callable[[str], None]
    anew: bool = False
    mapping: ColumnMapping = field(default_factory=ColumnMapping)
