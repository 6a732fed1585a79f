"""One HTTP GET of a JSON API: retried, conditional, and ended by one deadline that includes its retries.

What a page holds and which comes next is `json_api.py`'s.
"""

import asyncio
import email.utils
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from typing import Self

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_before_delay, wait_random_exponential

from resources.sources.errors import (
    SourceCredentialsExpired,
    SourceError,
    SourceFormatError,
    SourceRefused,
    SourceTimeout,
    SourceUnavailable,
)

_RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
_NOT_ALLOWED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_EXPIRED = re.compile(r"expired|revoked", re.IGNORECASE)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_FIRST_WAIT_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 2.0


class _Again(Exception):
    """An answer worth another try; `__cause__` is the error if there is none."""

    def __init__(self, error: SourceError) -> None:
        self.error = error
        super().__init__(str(error))


@dataclass(frozen=True)
class Answer:
    """What the server said: a body, or (304) that the one known is still right."""

    not_modified: bool
    body: bytes
    content_type: str
    etag: str | None
    last_modified: str | None


class PageClient:
    """The connection of one extraction to one API."""

    def __init__(
        self,
        source: str,
        url: str,
        *,
        headers: Mapping[str, str],
        timeout_seconds: float,
        largest_page_bytes: int,
        log: Callable[[str], None],
    ) -> None:
        self._source = source
        self._timeout_seconds = timeout_seconds
        self._largest_page_bytes = largest_page_bytes
        self._log = log
        self._client = httpx.AsyncClient(
            headers={"Accept": "application/json", **headers},
            # The deadline of the whole request rules; only connecting is cut earlier, so that it is tried again.
            timeout=httpx.Timeout(None, connect=timeout_seconds / 3),
            # A proxy cannot reach this machine's own loopback.
            trust_env=httpx.URL(url).host not in _LOOPBACK,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def get(self, url: str, page: str, *, etag: str | None = None, last_modified: str | None = None) -> Answer:
        """The answer to a GET of `url`, called `page` in messages (which never show a query: it may hold a key).

        Raises:
            SourceUnavailable: it cannot be reached, throttles, or fails, and the retries that fit did not help.
            SourceTimeout: it did not answer in full within the deadline.
            SourceRefused: it will not answer this request at all.
            SourceCredentialsExpired: nor any other with these credentials, which are expired or revoked.
            SourceFormatError: the answer is too large, or not encoded as it says.
        """
        validators = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in validators.items() if value}
        last: list[SourceError] = []
        logged = False

        def before_sleep(_: RetryCallState) -> None:
            nonlocal logged
            if not logged:
                logged = True
                self._log(f"{last[-1]}; trying again within {self._timeout_seconds:g} s")

        retrying = AsyncRetrying(
            stop=stop_before_delay(self._timeout_seconds),
            wait=_wait,
            retry=retry_if_exception_type(_Again),
            before_sleep=before_sleep,
            reraise=True,
        )
        try:
            async with asyncio.timeout(self._timeout_seconds):
                async for attempt in retrying:
                    with attempt:
                        try:
                            return await self._attempt(url, page, headers)
                        except _Again as again:
                            last.append(again.error)
                            raise
        except _Again as again:
            raise again.error from again.__cause__
        except TimeoutError as error:
            # A retry's deadline has the cause of the last error; without one the server is just slow.
            raise (
                last[-1]
                if last
                else SourceTimeout(
                    f"no full answer within {self._timeout_seconds:g} s; try later, or raise timeout_seconds",
                    source=self._source,
                    file=page,
                )
            ) from error
        raise AssertionError("unreachable: tenacity returns or raises")

    async def _attempt(self, url: str, page: str, headers: Mapping[str, str]) -> Answer:
        try:
            async with self._client.stream("GET", url, headers=headers) as response:
                self._refuse_status(response, page, conditional=bool(headers))
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > self._largest_page_bytes:
                        raise SourceFormatError(
                            f"the page is larger than {self._largest_page_bytes} bytes; ask for smaller pages",
                            source=self._source,
                            file=page,
                        )
        except httpx.TransportError as error:
            problem = f"cannot be reached ({type(error).__name__}: {error})"
            raise _Again(SourceUnavailable(problem, source=self._source, file=page)) from error
        except (httpx.DecodingError, httpx.InvalidURL) as error:
            raise SourceFormatError(f"unusable answer: {error}", source=self._source, file=page) from error
        return Answer(
            not_modified=response.status_code == HTTPStatus.NOT_MODIFIED,
            body=bytes(body),
            content_type=response.headers.get("Content-Type", ""),
            etag=response.headers.get("ETag"),
            last_modified=response.headers.get("Last-Modified"),
        )

    def _refuse_status(self, response: httpx.Response, page: str, *, conditional: bool) -> None:
        status = response.status_code
        if status == HTTPStatus.OK or (status == HTTPStatus.NOT_MODIFIED and conditional):
            return
        kind: type[SourceError]
        if status in _RETRIED_STATUSES:
            kind, advice = SourceUnavailable, "try later"
            if status == HTTPStatus.GATEWAY_TIMEOUT:
                kind = SourceTimeout
        elif response.is_redirect:
            kind, advice = SourceRefused, "declare the address it points to; redirects are not followed"
        elif status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            kind, advice = SourceUnavailable, "check the address, or try when it is there"
        elif status in _NOT_ALLOWED and "Retry-After" in response.headers:
            kind, advice = SourceUnavailable, "it throttles; try later"
        elif status in _NOT_ALLOWED and _EXPIRED.search(response.headers.get("WWW-Authenticate", "")):
            kind, advice = SourceCredentialsExpired, "the credentials are expired or revoked; declare new ones"
        else:
            kind, advice = SourceRefused, "check the address, parameters and credentials"
        reason = f" {response.reason_phrase}" if response.reason_phrase else ""
        seconds = _retry_after_seconds(response.headers.get("Retry-After"))
        wait = f" and asks to wait {seconds:g} s" if seconds is not None else ""
        error = kind(
            f"the server answers {status}{reason}{wait}; {advice}",
            source=self._source,
            file=page,
            code=str(status),
            retry_after_seconds=seconds,
        )
        if status in _RETRIED_STATUSES:
            raise _Again(error)
        raise error


def _wait(state: RetryCallState) -> float:
    """What the server asks for, else longer each time. One that does not fit the deadline ends the retries."""
    failure = state.outcome.exception() if state.outcome else None
    if isinstance(failure, _Again) and failure.error.retry_after_seconds is not None:
        return failure.error.retry_after_seconds
    return wait_random_exponential(multiplier=_FIRST_WAIT_SECONDS, max=_LONGEST_WAIT_SECONDS)(state)


def _retry_after_seconds(header: str | None) -> float | None:
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        at = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (at - datetime.now(UTC)).total_seconds()) if at.tzinfo else None
