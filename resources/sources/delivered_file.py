"""Takes one delivered CSV file into the landing area: bytes unchanged, and proved whole (decompresses, is UTF-8, ends).

Whether its columns and values are right is `reading.py`'s; when to look at it, `settling.py`'s.
"""

import codecs
import contextlib
import csv
import gzip
import hashlib
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Self

from resources.sources.csv_format import CsvFormat
from resources.sources.drop_file import Signature, signature_of
from resources.sources.errors import SourceFormatError, SourceUnavailable
from resources.sources.landing import Draft, Landing

_CHUNK_BYTES = 1 << 20


class UnfinishedFile(Exception):
    """The file is not whole: it may still be being written, or it was cut off."""


@dataclass(frozen=True)
class DeliveredFile:
    """What is noted in the landing's index of a file that landed.

    Attributes:
        signature: the version of the origin.
        declared: how the file was looked at, which the rest depends on: its delimiter, and whether its last line ends.
        columns: its header.
    """

    signature: Signature
    declared: tuple[str, bool]
    checksum: str
    landed_name: str
    landed_bytes: int
    columns: tuple[str, ...]

    @classmethod
    def from_index(cls, entry: object) -> Self | None:
        """An entry of the index; None if it is not one of this form."""
        try:
            values: dict[str, Any] = dict(entry)  # type: ignore[call-overload] # may be anything
            return cls(**values | {name: tuple(values[name]) for name in ("signature", "declared", "columns")})
        except (TypeError, KeyError, ValueError):
            return None

    def to_index(self) -> dict[str, Any]:
        """The entry of the index."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    def is_landed(self, landing: Landing) -> bool:
        """Whether the landed file still lies there, whole."""
        path = landing.folder / self.landed_name
        return path.is_file() and path.stat().st_size == self.landed_bytes


def take_in(landing: Landing, path: Path, csv_format: CsvFormat, *, final_newline: bool) -> DeliveredFile:
    """Land the file at `path`.

    Raises:
        UnfinishedFile: it is not whole.
        SourceFormatError: it is whole and cannot be what was declared.
        SourceUnavailable: it is not there, not a regular file, or may not be read.
        LandingError: the landing area cannot be written.
    """
    digest = hashlib.sha256()
    with landing.draft() as draft:
        with _opened(landing.source, path) as file:
            before = signature_of(os.fstat(file.fileno()))
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                draft.write(chunk)
            if signature_of(os.fstat(file.fileno())) != before:
                raise UnfinishedFile("it changed while it was read")
        checksum = digest.hexdigest()
        if path.suffix == ".zip":
            with landing.draft() as member:
                columns = _read_text(landing.source, path, draft.path, csv_format, member, final_newline=final_newline)
                landed = member.keep(path.name, checksum, suffix=".csv")
            draft.keep(path.name, checksum)
        else:
            columns = _read_text(landing.source, path, draft.path, csv_format, None, final_newline=final_newline)
            landed = draft.keep(path.name, checksum)
    declared = (csv_format.delimiter, final_newline)
    return DeliveredFile(before, declared, checksum, landed.name, landed.stat().st_size, columns)


@contextlib.contextmanager
def _opened(source: str, path: Path) -> Iterator[IO[bytes]]:
    """The file at `path` for reading. Errors in the block are of reading it: writing has its own (`LandingError`)."""
    try:
        # O_NONBLOCK: opening a named pipe must not hang. O_NOFOLLOW: what a link points to was not delivered here.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with contextlib.ExitStack() as stack:
            stack.callback(os.close, descriptor)
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SourceUnavailable("it is not a regular file. Deliver a file", source=source, file=path.name)
            yield stack.enter_context(open(descriptor, "rb", closefd=False))
    except OSError as error:
        problem = "it is a symbolic link, which is not followed" if path.is_symlink() else error.strerror
        raise SourceUnavailable(
            f"cannot be read: {problem}. Deliver the file itself, readable",
            source=source,
            file=path.name,
            code=str(error.errno),
        ) from error


def _read_text(
    source: str, path: Path, copy: Path, csv_format: CsvFormat, member: Draft | None, *, final_newline: bool
) -> tuple[str, ...]:
    """Read the whole text once; returns its header, and writes it to `member` if there is one."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    beginning, lines, last = "", 0, b""
    try:
        with _decompressed(source, path, copy) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                text = decoder.decode(chunk)
                beginning = beginning or text
                lines += chunk.count(b"\n")
                last = chunk[-1:]
                if member is not None:
                    member.write(chunk)
    except UnicodeDecodeError as error:
        line = lines + error.object[: error.start].count(b"\n") + 1
        raise SourceFormatError(
            f"byte 0x{error.object[error.start]:02x} is not UTF-8. Deliver the file in UTF-8",
            source=source,
            file=path.name,
            row=line,
        ) from error
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
        raise UnfinishedFile(f"it does not decompress ({error})") from error
    if not last:
        raise UnfinishedFile("it is empty")
    if final_newline and last not in b"\r\n":
        raise UnfinishedFile("its last line has no end (a source whose files end so declares final_newline=False)")
    try:
        return csv_format.header(beginning)
    except csv.Error as error:
        raise SourceFormatError(
            f"it does not begin with a CSV header ({error}). Deliver a CSV file", source=source, file=path.name, row=1
        ) from error


@contextlib.contextmanager
def _decompressed(source: str, path: Path, copy: Path) -> Iterator[IO[bytes]]:
    if path.suffix == ".gz":
        with gzip.open(copy, "rb") as stream:
            yield stream  # type: ignore[misc] # is one, too
    elif path.suffix == ".zip":
        with zipfile.ZipFile(copy) as archive:
            members = [
                info for info in archive.infolist() if not (info.is_dir() or info.filename.startswith("__MACOSX/"))
            ]
            if len(members) != 1 or members[0].flag_bits & 1:
                found = "an encrypted one" if len(members) == 1 else f"{len(members)} files"
                raise SourceFormatError(
                    f"a zip must hold one file that is not encrypted; it holds {found}", source=source, file=path.name
                )
            with archive.open(members[0]) as stream:
                yield stream
    else:
        with copy.open("rb") as stream:
            yield stream
