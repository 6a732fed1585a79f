"""Whether a source is still what was landed of it: by the files' size and time, by the pages' ETag or content.

Nothing is landed or extracted, and every wait is bounded by the caller's time-out.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus

import httpx

from data_platform.assets.partitions import day_of
from data_platform.recovery.subjects import Subjects
from resources.sources import CsvFolder, JsonApi
from resources.sources.delivered_file import DeliveredFile
from resources.sources.drop_file import signature_of
from resources.sources.extraction_journal import LandedPage, completed_pages
from resources.sources.landing import Landing


@dataclass(frozen=True)
class SourceChanges:
    """Compares the declared sources with what has landed of them."""

    subjects: Subjects

    def has_changed(self, subject: str, partition: str, timeout_seconds: float) -> bool | None:
        """Whether the source has changed since it landed; False for a model, which reads from tables alone.

        None for what has not landed, or cannot be asked: a table of a database has neither time nor ETag.
        """
        table = self.subjects.table(subject)
        if table is None:
            return None
        declared = self.subjects.sources.get(table)
        if declared is None:
            return False
        landing = Landing(self.subjects.settings.landing_path, declared.source.name)
        if isinstance(declared.source, CsvFolder):
            return _folder_has_changed(declared.source, landing, partition)
        if isinstance(declared.source, JsonApi):
            first_url = declared.source.first_url(self.subjects.today)
            return _api_has_changed(declared.source, completed_pages(landing), first_url, timeout_seconds)
        return None


def _folder_has_changed(source: CsvFolder, landing: Landing, partition: str) -> bool | None:
    noted = {name: DeliveredFile.from_index(entry) for name, entry in landing.index().items()}
    names = source.names_of(_days(partition)) if partition and source.partitioned else tuple(noted)
    for name in names:
        known = noted.get(name)
        if known is None:
            return None
        try:
            if signature_of((source.folder / name).lstat()) != known.signature:
                return True
        except FileNotFoundError:
            return True
    return False if names else None


def _days(partition: str) -> list[date]:
    first, _, last = partition.partition("...")
    start, end = day_of(first), day_of(last or first)
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


def _api_has_changed(
    source: JsonApi, pages: Mapping[str, LandedPage], first_url: str, timeout_seconds: float
) -> bool | None:
    """Page by page, each by a conditional request, until one has changed; None where that takes too long."""
    if first_url not in pages:
        return None
    until = time.monotonic() + timeout_seconds
    headers = {name: value.get_secret_value() for name, value in source.headers.items()}
    loopback = httpx.URL(source.url).host in {"127.0.0.1", "localhost", "::1"}
    with httpx.Client(trust_env=not loopback, headers=headers) as client:
        for url, page in pages.items():
            left = until - time.monotonic()
            if left <= 0:
                return None
            conditions = {"If-None-Match": page.etag, "If-Modified-Since": page.last_modified}
            asked = {name: value for name, value in conditions.items() if value}
            try:
                answer = client.get(url, headers=asked, timeout=left)
            except httpx.HTTPError:
                return None
            if answer.status_code == HTTPStatus.NOT_MODIFIED:
                continue
            if not answer.is_success:
                return None
            if hashlib.sha256(answer.content).hexdigest() != page.checksum:
                return True
    return False
