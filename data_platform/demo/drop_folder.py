"""Seeds the drop folder with one CSV file of flights a day, and plays what happens there: late and corrected files.

A day's flights are those scheduled on it. Header, values and line order are the original's.
"""

import os
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from data_platform.demo.nycflights import read_flight_lines

FIRST_DAY = date(2013, 1, 1)
LAST_DAY = date(2013, 12, 31)

# Files arrive in the night after their day.
_ARRIVES_AFTER = timedelta(days=1, hours=3)


def file_name(day: date) -> str:
    """The name of a day's file."""
    return f"flights_{day.isoformat()}.csv"


def seed_drop_folder(folder: Path, *, without: frozenset[date] = frozenset()) -> int:
    """Write the files of the year that are not there yet; returns how many. A file that is there is left as it is.

    Args:
        folder: made if need be.
        without: days that are not delivered, so that they can be late.
    """
    folder.mkdir(parents=True, exist_ok=True)
    days = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]
    there = {entry.name for entry in os.scandir(folder)}
    wanted = [day for day in days if day not in without and file_name(day) not in there]
    if not wanted:
        return 0
    header, lines_of = _flights_by_day()
    for day in wanted:
        _write(folder / file_name(day), header + b"".join(lines_of[day]), _arrival(day))
    return len(wanted)


def is_delivered(folder: Path, day: date) -> bool:
    """Whether a day's file lies in the folder as it was delivered at first."""
    path = folder / file_name(day)
    header, lines_of = _flights_by_day()
    return path.is_file() and path.read_bytes() == header + b"".join(lines_of[day])


def deliver_late(folder: Path, day: date, now: datetime) -> Path:
    """Deliver the file of one day at the time `now`, as it was before any correction."""
    header, lines_of = _flights_by_day()
    return _write(folder / file_name(day), header + b"".join(lines_of[day]), now)


def deliver_correction(folder: Path, day: date, now: datetime, *, withdrawn_rows: int = 1) -> Path:
    """Deliver the file of one day again, without its last `withdrawn_rows` flights, at the time `now`."""
    header, lines_of = _flights_by_day()
    lines = lines_of[day]
    return _write(folder / file_name(day), header + b"".join(lines[: len(lines) - withdrawn_rows]), now)


def _flights_by_day() -> tuple[bytes, dict[date, list[bytes]]]:
    header, lines = read_flight_lines()
    by_parts: dict[tuple[bytes, bytes, bytes], list[bytes]] = defaultdict(list)
    for line in lines:
        year, month, day, _ = line.split(b",", 3)
        by_parts[year, month, day].append(line)
    return header, {date(int(year), int(month), int(day)): found for (year, month, day), found in by_parts.items()}


def _arrival(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + _ARRIVES_AFTER


def _write(path: Path, data: bytes, modified_at: datetime) -> Path:
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(data)
        os.utime(partial, (modified_at.timestamp(), modified_at.timestamp()))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path
