"""Waits, shortly, for files that are still being written. What is done with a settled one is the caller's."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from resources.sources.delivered_file import UnfinishedFile
from resources.sources.drop_file import Signature, signature_of
from resources.sources.errors import SourceFormatError, SourceUnavailable

Result = TypeVar("Result")
_POLL_SECONDS = 0.1


class Settling:
    """The patience of one extraction: all of its files share `wait_seconds`.

    A file is settled when its size and times stayed the same for `settle_seconds` and it proves whole when read.
    One that has been quiet for `wait_seconds` and is not whole is no longer being written: it was cut off.
    """

    def __init__(
        self, source: str, settle_seconds: float, wait_seconds: float, now: datetime, log: Callable[[str], None]
    ) -> None:
        self._source = source
        self._settle_seconds = settle_seconds
        self._wait_seconds = wait_seconds
        self._now_seconds = now.timestamp()
        self._log = log
        self._started = time.monotonic()
        self._logged = False
        self._seen: dict[Path, tuple[Signature, float]] = {}

    def read(self, path: Path, take_in: Callable[[], Result]) -> Result:
        """`take_in()` as soon as the file at `path` is settled.

        Raises:
            SourceUnavailable: it is still being written at the end of the wait, or is gone.
            SourceFormatError: it was cut off.
        """
        while True:
            quiet_seconds = self._quiet_seconds(path)
            problem = "it is still being written"
            if quiet_seconds >= self._settle_seconds:
                try:
                    return take_in()
                except UnfinishedFile as error:
                    problem = str(error)
                    if quiet_seconds >= self._wait_seconds:
                        raise self._cut_off(path, problem) from error
            if self._elapsed() >= self._wait_seconds:
                if quiet_seconds >= self._settle_seconds:
                    raise self._cut_off(path, problem)
                raise SourceUnavailable(
                    f"it is still being written after a wait of {self._wait_seconds:g} s; load it when it is whole",
                    source=self._source,
                    file=path.name,
                )
            if not self._logged:
                self._logged = True
                self._log(
                    f"{self._source}: {path.name} may still be being written; waiting up to {self._wait_seconds:g} s"
                )
            time.sleep(_POLL_SECONDS)

    def _quiet_seconds(self, path: Path) -> float:
        try:
            status = path.lstat()
        except OSError as error:
            raise SourceUnavailable(
                "it was there and is gone; deliver it again", source=self._source, file=path.name, code=str(error.errno)
            ) from error
        signature = signature_of(status)
        age_seconds = self._now_seconds + self._elapsed() - status.st_mtime
        former, since = self._seen.get(path, (None, 0.0))
        if former != signature:
            self._seen[path] = signature, self._elapsed()
            since = self._elapsed()
        # A file with a time in the future (another machine's clock) is watched instead.
        return max(age_seconds, self._elapsed() - since)

    def _elapsed(self) -> float:
        return time.monotonic() - self._started

    def _cut_off(self, path: Path, problem: str) -> SourceFormatError:
        return SourceFormatError(f"it is not whole: {problem}. Deliver it again", source=self._source, file=path.name)
