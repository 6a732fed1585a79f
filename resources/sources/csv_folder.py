"""The source kind `csv_folder`: CSV files that somebody puts into a folder, one a day or a fixed few.

The drop folder is only read. What a scan shows and what is news is in `drop_file.py`.
"""

import contextlib
import os
import stat
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from resources.sources.csv_format import CsvFormat
from resources.sources.delivered_file import DeliveredFile, take_in
from resources.sources.drop_file import DropFile, signature_of, utc_from_nanoseconds
from resources.sources.errors import SourceUnavailable
from resources.sources.file_name_pattern import FileNamePattern
from resources.sources.landed import Landed, LandedFile
from resources.sources.landing import Landing
from resources.sources.request import ExtractRequest
from resources.sources.settling import Settling
from resources.sources.source import Source

_SHOWN_FILES = 5


class CsvFolder(Source):
    """A folder with CSV files (`.csv`, `.csv.gz`, or `.csv.zip` with one member).

    Attributes:
        pattern: the file names; with `{date}` (or `{date:%Y%m%d}`) there is one file for each day.
        null_values: how NULL is written; in quotes it is a text.
        settle_seconds: a file younger than this may still be being written.
        wait_seconds: how long an extraction waits for such files, all in all.
        final_newline: whether the last line ends too, which is how a cut file is told from a whole one.
    """

    kind: Literal["csv_folder"] = "csv_folder"
    folder: Path
    pattern: str
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    null_values: tuple[str, ...] = ("NA", "")
    settle_seconds: float = Field(default=2.0, ge=0)
    wait_seconds: float = Field(default=10.0, ge=0)
    final_newline: bool = True

    @field_validator("pattern")
    @classmethod
    def _is_a_file_name(cls, pattern: str) -> str:
        FileNamePattern(pattern)
        return pattern

    @cached_property
    def _names(self) -> FileNamePattern:
        return FileNamePattern(self.pattern)

    @property
    def format(self) -> CsvFormat:
        """How its files are read."""
        return CsvFormat(self.delimiter, self.null_values)

    @property
    def partitioned(self) -> bool:
        """Whether there is one file for each day."""
        return self._names.daily

    def extract(self, request: ExtractRequest) -> Landed:
        """Land the files of the days asked for, or all files; see `Source.extract`."""
        with Landing.held(request.landing, self.name, self.lock_wait_seconds) as landing:
            index = _noted(landing)
            settling = Settling(self.name, self.settle_seconds, self.wait_seconds, request.now, request.log)
            delivered: dict[str, DeliveredFile] = {}
            for name in self._wanted(request):
                delivered[name] = self._delivered(landing, name, None if request.anew else index.get(name), settling)
            # What is noted of other days stays; of a fixed few files, one that was taken away is forgotten.
            updated = index | delivered if self.partitioned else delivered
            changed = _checksums(updated) != _checksums(index)
            if updated != index:
                landing.write_index({name: file.to_index() for name, file in updated.items()})
            files = tuple(self._landed_file(landing, name, file) for name, file in delivered.items())
        mark = max(str(file.partition or file.modified_at.isoformat()) for file in files)
        return Landed(self.name, files, mark, request.now, changed, self.partitioned, self.format)

    def scan(self, now: datetime, landing: Path | None = None) -> tuple[DropFile, ...]:
        """The settled files of the folder, by name. Nothing is read.

        With `landing`, the checksums of versions that have landed are known without reading them either.

        Raises:
            SourceUnavailable: the folder cannot be read.
        """
        index = _noted(Landing(landing, self.name)) if landing is not None else {}
        found = []
        for name, status in self._listed().items():
            if now.timestamp() - status.st_mtime < self.settle_seconds:
                continue
            known = index.get(name)
            same = known is not None and known.signature == signature_of(status)
            found.append(
                DropFile(
                    path=self.folder / name,
                    partition=self._names.day_of(name) if self.partitioned else None,
                    bytes=status.st_size,
                    modified_at=utc_from_nanoseconds(status.st_mtime_ns),
                    known_checksum=known.checksum if known is not None and same else None,
                )
            )
        return tuple(found)

    def names_of(self, days: Iterable[date]) -> tuple[str, ...]:
        """The names of the files of some days, there or not, where there is one for each day."""
        return tuple(self._names.name_of(day) for day in days)

    def listed_names(self) -> tuple[str, ...]:
        """The names of the files that are there, settled or not.

        Raises:
            SourceUnavailable: the folder cannot be read.
        """
        return tuple(self._listed())

    def strangers(self) -> tuple[str, ...]:
        """Entries of the folder that are no file of this source's: a name that does not fit, a folder, a link.

        Raises:
            SourceUnavailable: the folder cannot be read.
        """
        known = self._listed()
        names = (path.name for path in self.folder.iterdir())
        return tuple(sorted(name for name in names if name not in known and not name.startswith(".")))

    def _wanted(self, request: ExtractRequest) -> list[str]:
        if request.partitions is not None and self.partitioned:
            if not request.partitions:
                raise SourceUnavailable("no day was asked for; name one at least", source=self.name)
            names = {self._names.name_of(day): day for day in sorted(request.partitions)}
            missing = [name for name in names if not os.path.lexists(self.folder / name)]
            if missing:
                self._listed()  # a folder that is gone is the better message
                more = f" and {len(missing) - _SHOWN_FILES} more" if len(missing) > _SHOWN_FILES else ""
                raise SourceUnavailable(
                    f"not delivered: {', '.join(missing[:_SHOWN_FILES])}{more}. Put it into {self.folder}, "
                    "or leave its day out",
                    source=self.name,
                    file=missing[0],
                )
            return list(names)
        names_found = list(self._listed(links=True))
        if not names_found:
            raise SourceUnavailable(f"no file {self.pattern} in {self.folder}; deliver one", source=self.name)
        return names_found

    def _listed(self, *, links: bool = False) -> dict[str, os.stat_result]:
        try:
            with os.scandir(self.folder) as entries:
                found = {
                    entry.name: entry.stat(follow_symlinks=False)
                    for entry in entries
                    if self._names.matches(entry.name) and not entry.name.startswith(".")
                }
        except OSError as error:
            raise SourceUnavailable(
                f"cannot list the folder {self.folder}: {error.strerror}; create it or declare another",
                source=self.name,
                code=str(error.errno),
            ) from error
        # A link or pipe is no delivery; an extraction of everything lists it all the same, to refuse it by name.
        return {name: found[name] for name in sorted(found) if links or stat.S_ISREG(found[name].st_mode)}

    def _delivered(self, landing: Landing, name: str, known: DeliveredFile | None, settling: Settling) -> DeliveredFile:
        path = self.folder / name
        declared = (self.delimiter, self.final_newline)
        if known is not None and known.declared == declared and known.is_landed(landing):
            with contextlib.suppress(OSError):  # a file that is gone is `settling`'s to report
                if signature_of(path.lstat()) == known.signature:
                    return known
        return settling.read(path, lambda: take_in(landing, path, self.format, final_newline=self.final_newline))

    def _landed_file(self, landing: Landing, name: str, file: DeliveredFile) -> LandedFile:
        day: date | None = self._names.day_of(name) if self.partitioned else None
        size, modified_ns, _ = file.signature
        return LandedFile(
            path=landing.folder / file.landed_name,
            bytes=size,
            checksum=file.checksum,
            origin=name,
            partition=day,
            modified_at=utc_from_nanoseconds(modified_ns),
            columns=file.columns,
        )


def _noted(landing: Landing) -> dict[str, DeliveredFile]:
    noted = {name: DeliveredFile.from_index(entry) for name, entry in landing.index().items()}
    return {name: file for name, file in noted.items() if file is not None}


def _checksums(files: Mapping[str, DeliveredFile]) -> dict[str, str]:
    return {name: file.checksum for name, file in files.items()}
