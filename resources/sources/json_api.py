"""The source kind `json_api`: a list of flat records that an HTTP API serves page by page, as JSON.

One request is `page_request.py`'s, the state on disk `extraction_journal.py`'s.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal, NoReturn
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

from pydantic import Field, SecretStr, field_validator

from resources.sources.errors import SourceFormatError
from resources.sources.extraction_journal import ExtractionJournal, LandedPage, completed_pages
from resources.sources.json_format import JsonFormat
from resources.sources.landed import Landed, LandedFile
from resources.sources.landing import Landing
from resources.sources.page_request import Answer, PageClient
from resources.sources.request import ExtractRequest
from resources.sources.source import Source


class JsonApi(Source):
    """An endpoint whose pages are JSON objects with a list of records and a link to the next page.

    Attributes:
        params: of the first page's query; `{as_of}` in a value becomes the sources' date. Addresses are noted on disk:
            a secret belongs in `headers`.
        records: where the records are, names separated by dots; empty if the page itself is the list.
        next_link: where the next page's address is; absent or null on the last page.
        high_water_mark: a field whose greatest value is recorded.
        timeout_seconds: for each request, its retries included.
        resume_within_seconds: an interrupted extraction older than this begins anew (its pages would be of two times).
    """

    kind: Literal["json_api"] = "json_api"
    url: str
    params: Mapping[str, str] = {}
    headers: Mapping[str, SecretStr] = {}
    records: str = "data"
    next_link: str = "next"
    high_water_mark: str | None = None
    timeout_seconds: float = Field(default=10.0, gt=0)
    resume_within_seconds: float = Field(default=3600.0, ge=0)
    largest_page_bytes: int = Field(default=64 * 1024 * 1024, gt=0)
    most_pages: int = Field(default=10_000, gt=0)

    @field_validator("url")
    @classmethod
    def _is_an_http_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{url!r} is not an address like https://host/path")
        return url

    @property
    def format(self) -> JsonFormat:
        """How its pages are read."""
        return JsonFormat(self.records)

    def extract(self, request: ExtractRequest) -> Landed:
        """Land all pages; see `Source.extract`. Pages landed by an interrupted extraction are not asked for again."""
        with Landing.held(request.landing, self.name, self.lock_wait_seconds) as landing:
            former = completed_pages(landing)
            key = json.dumps([self.first_url(request.as_of), self.records, self.next_link, self.high_water_mark])
            journal = ExtractionJournal(landing, hashlib.sha256(key.encode()).hexdigest(), request.now)
            if not request.anew and journal.resume(self.resume_within_seconds):
                request.log(f"{self.name}: going on after {len(journal.pages)} pages that have landed already")
            journal.begin()
            asyncio.run(self._fetch(request, landing, journal, {} if request.anew else former))
            journal.complete()
        pages = journal.pages
        files = tuple(self._landed_file(landing, number, page) for number, page in enumerate(pages, 1))
        mark = _greatest([page.mark for page in pages])
        return Landed(
            source=self.name,
            files=files,
            high_water_mark=None if mark is None else str(mark),
            extracted_at=request.now,
            changed=[page.checksum for page in pages] != [page.checksum for page in former.values()],
            partitioned=False,
            format=self.format,
        )

    async def _fetch(
        self, request: ExtractRequest, landing: Landing, journal: ExtractionJournal, former: Mapping[str, LandedPage]
    ) -> None:
        url = journal.pages[-1].next_url if journal.pages else self.first_url(request.as_of)
        headers = {name: value.get_secret_value() for name, value in self.headers.items()}
        async with PageClient(
            self.name,
            self.url,
            headers=headers,
            timeout_seconds=self.timeout_seconds,
            largest_page_bytes=self.largest_page_bytes,
            log=request.log,
        ) as client:
            while url is not None:
                number = len(journal.pages) + 1
                name = self._page_name(number)
                if len(journal.pages) >= self.most_pages:
                    raise self._fault(
                        name, f"there are more than {self.most_pages} pages; raise most_pages if that is right"
                    )
                known = former.get(url)
                answer = await client.get(
                    url, name, etag=known.etag if known else None, last_modified=known.last_modified if known else None
                )
                if answer.not_modified and known is not None:
                    page = known.again(request.now)
                else:
                    page = self._land(landing, number, url, answer, request)
                if page.next_url in {url, *(landed.url for landed in journal.pages)}:
                    raise self._fault(
                        name, "its next link leads back to a page that was read already; the API has to be repaired"
                    )
                journal.append(page)
                url = page.next_url

    def _land(self, landing: Landing, number: int, url: str, answer: Answer, request: ExtractRequest) -> LandedPage:
        name = self._page_name(number)
        document = self._document(name, answer)
        records = self._records(name, document)
        checksum = hashlib.sha256(answer.body).hexdigest()
        next_url = self._next_url(name, url, document)
        with landing.draft() as draft:
            draft.write(answer.body)
            # The number in the name: two pages are two files, whatever they hold.
            path = draft.keep(f"page-{number:05d}", checksum, suffix=".json")
        mark = self.high_water_mark and request.mapping.name_in(_fields(records), self.high_water_mark)
        return LandedPage(
            url=url,
            landed_name=path.name,
            bytes=len(answer.body),
            checksum=checksum,
            etag=answer.etag,
            last_modified=answer.last_modified,
            next_url=next_url,
            columns=_fields(records),
            mark=_greatest([record.get(mark) for record in records]) if mark else None,
            fetched_at=request.now.isoformat(),
        )

    def _document(self, name: str, answer: Answer) -> object:
        try:
            return json.loads(
                answer.body.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_without_twins
            )
        except (ValueError, RecursionError) as error:
            if "html" in answer.content_type.lower() or answer.body.lstrip()[:1] == b"<":
                problem = "the server answers an HTML page where JSON is due (a login or error page?)"
            else:
                problem = f"what the server answers is not JSON ({error})"
            raise self._fault(name, f"{problem}; look at it in a browser, or ask the API's owner") from error

    def _records(self, name: str, document: object) -> Sequence[Mapping[str, Any]]:
        where = repr(self.records) if self.records else "the page"
        try:
            records = self.format.records_in(document)
        except LookupError as error:
            raise self._fault(name, f"the page has no field {where}; declare where its records are") from error
        if not isinstance(records, list):
            raise self._fault(name, f"{where} is not a list of records")
        for number, record in enumerate(records, 1):
            if not isinstance(record, dict):
                raise SourceFormatError(
                    f"it is not an object but {json.dumps(record)[:80]}; the API has to be repaired",
                    source=self.name,
                    file=name,
                    row=number,
                    row_word="record",
                )
        return records

    def _next_url(self, name: str, url: str, document: object) -> str | None:
        link = document
        for part in self.next_link.split("."):
            link = link.get(part) if isinstance(link, dict) else None
        if link is None or link == "":
            return None
        if not isinstance(link, str):
            raise self._fault(name, f"its next link is not a text but {json.dumps(link)[:80]}")
        try:
            next_url = urljoin(url, link)
            same_server = _server(next_url) == _server(url)
        except ValueError as error:
            raise self._fault(name, f"its next link is no address: {link[:80]!r}") from error
        if not same_server:
            raise self._fault(
                name, "its next link leads to another host, which is not followed; declare that as a source"
            )
        return next_url

    def first_url(self, as_of: date) -> str:
        """The address of the first page, for the sources' date."""
        params = {name: value.replace("{as_of}", as_of.isoformat()) for name, value in self.params.items()}
        parts = urlsplit(self.url)
        query = "&".join(part for part in (parts.query, urlencode(params)) if part)
        return urlunsplit(parts._replace(query=query, fragment=""))

    def _page_name(self, number: int) -> str:
        return f"{urlsplit(self.url).path or '/'} page {number}"

    def _landed_file(self, landing: Landing, number: int, page: LandedPage) -> LandedFile:
        return LandedFile(
            path=landing.folder / page.landed_name,
            bytes=page.bytes,
            checksum=page.checksum,
            origin=self._page_name(number),
            partition=None,
            modified_at=_modified_at(page),
            columns=page.columns,
        )

    def _fault(self, page: str, problem: str) -> SourceFormatError:
        return SourceFormatError(problem, source=self.name, file=page)


def _fields(records: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(field for record in records for field in record))


def _modified_at(page: LandedPage) -> datetime:
    try:
        at = parsedate_to_datetime(page.last_modified or "")
    except ValueError:
        return datetime.fromisoformat(page.fetched_at)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _server(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _greatest(values: Sequence[object]) -> str | int | float | None:
    """The greatest of the values that are there: as numbers if all are, else as texts."""
    found = [value for value in values if value is not None]
    numbers = [value for value in found if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) == len(found):
        return max(numbers, default=None)
    return max(str(value) for value in found)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, unless a field is there twice: readers disagree on which of the two counts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the field {next(name for name in names if names.count(name) > 1)!r} is there twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")
