"""The landing area of one source: `landing/<source>/`, where files are kept as delivered, each version of each.

A file's name holds its checksum, so that landing the same bytes again is a no-op and an older version is never
overwritten. A file appears whole or not at all. One process at a time: the lock is the source's own.
"""

import contextlib
import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from resources.sources.errors import LandingError, SourceBusy

_PARTIAL = ".partial"
_INDEX = "index.json"
_CHECKSUM_CHARACTERS = 16
_OTHER_CHARACTERS = re.compile(r"[^A-Za-z0-9._-]+")


class Draft:
    """A file in the making. It vanishes unless it is kept."""

    def __init__(self, landing: "Landing") -> None:
        self._landing = landing
        self.path = landing.folder / f"{uuid.uuid4().hex}{_PARTIAL}"
        with landing.writing():
            # Unbuffered: a full disk is noticed at the write, not when an error is already being handled.
            self._file = self.path.open("xb", buffering=0)

    def write(self, data: bytes) -> None:
        """Append `data`.

        Raises:
            LandingError: it cannot be written.
        """
        rest = memoryview(data)
        with self._landing.writing():
            while rest:
                rest = rest[self._file.write(rest) :]

    def keep(self, origin: str, checksum: str, suffix: str = "") -> Path:
        """Give the file its name, made of the origin's and the checksum; the same bytes kept before are left alone."""
        stem, dot, end = origin.partition(".")
        end = suffix or f"{dot}{end}"
        name = _OTHER_CHARACTERS.sub("_", f"{stem}.{checksum[:_CHECKSUM_CHARACTERS]}{end}")
        path = self._landing.folder / name
        with self._landing.writing():
            size = os.fstat(self._file.fileno()).st_size
            if path.is_file() and path.stat().st_size == size:
                return path
            os.fsync(self._file.fileno())
            self.path.replace(path)
        return path

    def close(self) -> None:
        """Remove what was not kept."""
        self._file.close()
        self.path.unlink(missing_ok=True)


class Landing:
    """One source's landing area, held by this process."""

    def __init__(self, root: Path, source: str) -> None:
        self.source = source
        self.folder = root / source

    @classmethod
    @contextlib.contextmanager
    def held(cls, root: Path, source: str, wait_seconds: float) -> Iterator["Landing"]:
        """The landing area, locked.

        Raises:
            SourceBusy: another process holds it for longer than `wait_seconds`.
            LandingError: it cannot be created.
        """
        landing = cls(root, source)
        with landing.writing():
            landing.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(landing.folder / ".lock")
            try:
                lock.acquire(timeout=wait_seconds)
            except Timeout as error:
                raise SourceBusy(
                    f"another extraction of it has been running for {wait_seconds:g} s; wait for its end, or stop it",
                    source=source,
                ) from error
        try:
            # The holder is alone, so these are of processes that died.
            for left in landing.folder.glob(f"*{_PARTIAL}"):
                left.unlink(missing_ok=True)
            yield landing
        finally:
            lock.release()

    @contextlib.contextmanager
    def draft(self) -> Iterator[Draft]:
        """A new file, gone at the end unless kept."""
        draft = Draft(self)
        try:
            yield draft
        finally:
            draft.close()

    def index(self) -> dict[str, Any]:
        """What was noted about the origins that landed. It only saves work: all of it can be found out again."""
        try:
            index = json.loads((self.folder / _INDEX).read_bytes())
        except (OSError, ValueError):
            return {}
        return index if isinstance(index, dict) else {}

    def write_index(self, index: Mapping[str, Any]) -> None:
        """Note `index` in the place of the former one."""
        self.replace(_INDEX, json.dumps(index).encode())

    def replace(self, name: str, data: bytes) -> None:
        """Write a file of the landing area itself, whole or not at all."""
        partial = self.folder / f"{uuid.uuid4().hex}{_PARTIAL}"
        with self.writing():
            try:
                partial.write_bytes(data)
                partial.replace(self.folder / name)
            finally:
                partial.unlink(missing_ok=True)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Turns an error of the landing area's disk into one line."""
        try:
            yield
        except OSError as error:
            raise LandingError(
                f"cannot write to the landing folder {self.folder}: {error.strerror or error}; "
                "make room or give it another place. Nothing half-written was left",
                source=self.source,
                code=str(error.errno) if error.errno else None,
            ) from error
