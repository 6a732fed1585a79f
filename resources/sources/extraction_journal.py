"""The state on disk of a paginated extraction: a line for each landed page, so that a killed one goes on where it was.

Two journals lie beside the pages: the extraction in progress, and the last complete one, whose validators (ETag) make
the next one's requests conditional.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from resources.sources.landing import Landing

_CURRENT = "extraction.jsonl"
_COMPLETE = "extraction.complete.jsonl"


@dataclass(frozen=True)
class LandedPage:
    """One page as noted.

    Attributes:
        mark: the greatest value of the high-water mark's field on the page.
    """

    url: str
    landed_name: str
    bytes: int
    checksum: str
    etag: str | None
    last_modified: str | None
    next_url: str | None
    columns: tuple[str, ...]
    mark: str | int | float | None
    fetched_at: str

    @classmethod
    def from_line(cls, line: str) -> Self:
        """A line of the journal.

        Raises:
            ValueError, TypeError, KeyError: it is none, or was cut.
        """
        values: dict[str, Any] = json.loads(line)
        return cls(**{**values, "columns": tuple(values["columns"])})

    def is_landed(self, landing: Landing) -> bool:
        """Whether its file still lies there, whole."""
        path = landing.folder / self.landed_name
        return path.is_file() and path.stat().st_size == self.bytes

    def again(self, fetched_at: datetime) -> Self:
        """The same page, found unchanged."""
        return replace(self, fetched_at=fetched_at.isoformat())


class ExtractionJournal:
    """The journal of one extraction, identified by `key`: what is asked for, and of whom."""

    def __init__(self, landing: Landing, key: str, now: datetime) -> None:
        self._landing = landing
        self._head = json.dumps({"key": key, "started_at": now.isoformat()})
        self.pages: list[LandedPage] = []

    @property
    def _path(self) -> Path:
        return self._landing.folder / _CURRENT

    def resume(self, within_seconds: float) -> bool:
        """Take over the pages of an extraction with the same key that was begun within that time and did not end."""
        head, pages = _read(self._path)
        ours = json.loads(self._head)
        if head.get("key") != ours["key"]:
            return False
        age = datetime.fromisoformat(ours["started_at"]) - datetime.fromisoformat(head["started_at"])
        if not 0 <= age.total_seconds() <= within_seconds or not all(page.is_landed(self._landing) for page in pages):
            return False
        self._head = json.dumps(head)
        self.pages = pages
        return bool(pages)

    def begin(self) -> None:
        """Write what is known so far; a line that a kill cut in two goes."""
        lines = [self._head, *(json.dumps(asdict(page)) for page in self.pages)]
        self._landing.replace(_CURRENT, "".join(f"{line}\n" for line in lines).encode())

    def append(self, page: LandedPage) -> None:
        """Note a page that has landed."""
        self.pages.append(page)
        with self._landing.writing(), self._path.open("ab") as file:
            file.write(f"{json.dumps(asdict(page))}\n".encode())

    def complete(self) -> None:
        """Every page has landed: the next extraction begins anew."""
        with self._landing.writing():
            self._path.replace(self._landing.folder / _COMPLETE)


def completed_pages(landing: Landing) -> dict[str, LandedPage]:
    """The pages of the last complete extraction that still lie there, by their address."""
    _, pages = _read(landing.folder / _COMPLETE)
    return {page.url: page for page in pages if page.is_landed(landing)}


def _read(path: Path) -> tuple[dict[str, Any], list[LandedPage]]:
    try:
        head, *lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return {}, []
    found = _parsed(head, json.loads)
    pages = []
    for line in lines:
        page = _parsed(line, LandedPage.from_line)
        if page is None:
            break
        pages.append(page)
    return (found, pages) if isinstance(found, dict) and {"key", "started_at"} <= found.keys() else ({}, [])


def _parsed(line: str, parse: Callable[[str], Any]) -> Any:  # noqa: ANN401 - JSON has no narrower type
    try:
        return parse(line)
    except (ValueError, TypeError, KeyError):
        return None
