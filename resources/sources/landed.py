"""What an extraction left in the landing area: the files, where each came from, and how to read them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from resources.sources.csv_format import CsvFormat
from resources.sources.json_format import JsonFormat


@dataclass(frozen=True)
class LandedFile:
    """One file as it was delivered, its bytes unchanged.

    Attributes:
        path: the file that is read: the delivered one, or for a zip its one member, unpacked beside it.
        bytes: size of what was delivered.
        checksum: SHA-256 of what was delivered, in hex.
        origin: where it came from: file name, page address, or table.
        partition: its day, if the source is partitioned.
        modified_at: when the origin changed last, as far as the source says so.
        columns: the column names as delivered, in their order.
    """

    path: Path
    bytes: int
    checksum: str
    origin: str
    partition: date | None
    modified_at: datetime
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Landed:
    """The result of one extraction.

    Attributes:
        high_water_mark: the greatest value of the source's mark column, as text; for files the latest partition.
        changed: whether anything differs from what was landed before. It does not say that the former was *loaded*:
            compare `checksum` with the last load for that.
    """

    source: str
    files: tuple[LandedFile, ...]
    high_water_mark: str | None
    extracted_at: datetime
    changed: bool
    partitioned: bool
    format: CsvFormat | JsonFormat

    @property
    def bytes(self) -> int:
        """Size of everything delivered."""
        return sum(file.bytes for file in self.files)

    @property
    def checksum(self) -> str:
        """One checksum of all files: equal exactly if the same origins delivered the same bytes."""
        digest = hashlib.sha256()
        for file in sorted(self.files, key=lambda file: file.origin):
            digest.update(f"{file.checksum} {file.origin}\n".encode())
        return digest.hexdigest()

    def by_partition(self) -> Mapping[date | None, tuple[LandedFile, ...]]:
        """The files of each partition; one entry, None, if the source is not partitioned."""
        days = sorted({file.partition for file in self.files}, key=str)
        return {day: tuple(file for file in self.files if file.partition == day) for day in days}
