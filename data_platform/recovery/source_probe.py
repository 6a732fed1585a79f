"""Whether a source answers, asked without extracting anything; every wait is bounded by the caller's time-out."""

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus

import httpx
from sqlalchemy.exc import SQLAlchemyError

from data_platform.recovery.subjects import Subjects
from resources.sources import CsvFolder, JsonApi, Source, SourceError, SqlTable

_NOT_NOW = frozenset(
    {HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}
    | {HTTPStatus.TOO_MANY_REQUESTS}
)


@dataclass(frozen=True)
class SourceProbe:
    """Asks the declared sources."""

    subjects: Subjects

    def answers(self, subject: str, timeout_seconds: float) -> bool | None:
        """Whether what the subject reads from answers; None for a model, which reads from tables alone."""
        table = self.subjects.table(subject)
        declared = self.subjects.sources.get(table) if table is not None else None
        return None if declared is None else source_answers(declared.source, self.subjects.today, timeout_seconds)


def source_answers(source: Source, as_of: date, timeout_seconds: float) -> bool | None:
    """Whether a source answers; None for a kind of source that cannot be asked."""
    if isinstance(source, JsonApi):
        return _api_answers(source, as_of, timeout_seconds)
    if isinstance(source, SqlTable):
        return _database_answers(source, timeout_seconds)
    return _folder_answers(source) if isinstance(source, CsvFolder) else None


def _api_answers(source: JsonApi, as_of: date, timeout_seconds: float) -> bool:
    """A GET, because many APIs know no HEAD; its body is not read."""
    headers = {name: value.get_secret_value() for name, value in source.headers.items()}
    loopback = httpx.URL(source.url).host in {"127.0.0.1", "localhost", "::1"}
    try:
        with (
            httpx.Client(timeout=timeout_seconds, trust_env=not loopback, headers=headers) as client,
            client.stream("GET", source.first_url(as_of)) as response,
        ):
            status = response.status_code
    except httpx.HTTPError:
        return False
    return status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _NOT_NOW


def _database_answers(source: SqlTable, timeout_seconds: float) -> bool:
    try:
        source.ping(timeout_seconds)
    except (SourceError, SQLAlchemyError):
        return False
    return True


def _folder_answers(source: CsvFolder) -> bool:
    """Whether there is a file to read; which days a step will ask for is not known here."""
    try:
        return bool(source.listed_names())
    except SourceError:
        return False
