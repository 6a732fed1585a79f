"""What lies in a drop folder, seen cheaply, and what of it has not been loaded yet. Landing it is `csv_folder.py`'s."""

import contextlib
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Literal

Signature = tuple[int, int, int]
"""Size, time of modification and time of change, the latter two in nanoseconds: what tells a file's versions apart."""


def signature_of(status: os.stat_result) -> Signature:
    """The signature of a file. The time of change cannot be set by a program that copies a file's times."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


@dataclass(frozen=True)
class DropFile:
    """A settled file of a drop folder.

    Attributes:
        known_checksum: what is known of this version from an earlier extraction, so that it need not be read.
    """

    path: Path
    partition: date | None
    bytes: int
    modified_at: datetime
    known_checksum: str | None = None

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the file in hex, read on first use.

        Raises:
            OSError: it cannot be read.
        """
        if self.known_checksum is not None:
            return self.known_checksum
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Arrival:
    """A file that has not been loaded as it is now, and why it is news."""

    file: DropFile
    kind: Literal["new", "late", "changed"]


def arrivals(files: Sequence[DropFile], loaded: Mapping[date, str]) -> tuple[Arrival, ...]:
    """The files whose day is not in `loaded` (day to checksum), or is there with another checksum.

    A day before the latest loaded one is late. Only a day that is loaded already costs a look into its file; a file
    that is gone meanwhile is no news.
    """
    latest = max(loaded, default=date.min)
    found = []
    for file in files:
        if file.partition is None:
            continue
        if file.partition not in loaded:
            found.append(Arrival(file, "late" if file.partition < latest else "new"))
            continue
        with contextlib.suppress(FileNotFoundError):
            if loaded[file.partition] != file.checksum:
                found.append(Arrival(file, "changed"))
    return tuple(found)


def utc_from_nanoseconds(nanoseconds: int) -> datetime:
    """A file's time as an aware datetime."""
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
