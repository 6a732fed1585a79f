"""What a server asks to wait, read from an exception: `Retry-After` in seconds or as a date, or an attribute."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any


def retry_after_seconds(error: BaseException, now: datetime) -> float | None:
    """The seconds from `now`, never negative; None if nothing is said."""
    at: BaseException | None = error
    seen: set[int] = set()
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        for said in (getattr(at, "retry_after_seconds", None), _header(at), getattr(at, "retry_after", None)):
            seconds = _seconds(said, now)
            if seconds is not None:
                return max(0.0, seconds)
        at = at.__cause__ or at.__context__
    return None


def _header(error: BaseException) -> Any:
    response = getattr(error, "response", None)
    headers = [getattr(holder, "headers", None) for holder in (response, error)]
    if isinstance(response, Mapping):
        headers.append(response.get("ResponseMetadata", {}).get("HTTPHeaders"))  # botocore's
    for each in headers:
        if each is not None and hasattr(each, "get"):
            found = each.get("Retry-After") or each.get("retry-after")
            if found is not None:
                return found
    return None


def _seconds(said: Any, now: datetime) -> float | None:
    if isinstance(said, bool) or said is None:
        return None
    if isinstance(said, int | float):
        return float(said)
    try:
        return float(str(said))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(str(said))
    except ValueError:
        return None
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
