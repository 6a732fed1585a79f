"""What a source is asked for. What it answers is in `landed.py`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path


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
    """

    landing: Path
    columns: Mapping[str, str]
    now: datetime
    as_of: date
    partitions: tuple[date, ...] | None
    log: Callable[[str], None]
