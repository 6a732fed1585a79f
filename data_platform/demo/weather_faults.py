"""What the demo's weather API can be told to do wrong. How it answers rightly is `weather_api.py`'s."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from data_platform.demo.weather_pages import Document

FaultKind = Literal[
    "status",  # answers `status`, with Retry-After if given
    "stall",  # answers nothing for `seconds`
    "drip",  # begins to answer and sends a byte now and then, for `seconds`
    "cut",  # ends the connection in the middle of the page
    "garbage",  # text that is not JSON
    "html",  # an HTML page with status 200
    "self_link",  # the next link is the page's own
    "loop",  # the next link is the first page's
    "other_host",  # the next link leads elsewhere
    "no_records",  # the list of records is missing
    "no_rows",  # the list of records is empty, and there is no next page
    "not_objects",  # the third record is a number
    "wrong_value",  # the temperature of the third record is a word
    "twin",  # a field of the first record is there twice
    "extra_field",  # every record has a field that nobody knows
    "missing_field",  # no record has its temperature
]


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        page: only on this page; None is every page.
        times: for how many requests.
    """

    kind: FaultKind
    page: int | None = None
    times: int = 1
    status: int = 500
    retry_after_seconds: float | None = None
    seconds: float = 30.0

    @classmethod
    def from_json(cls, document: object) -> "Fault":
        """A fault as the admin endpoint takes it.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(document, dict) or document.get("kind") not in get_args(FaultKind):
            raise ValueError(f"a fault is an object with a kind out of {', '.join(get_args(FaultKind))}")
        try:
            return cls(**document)
        except TypeError as error:
            raise ValueError(str(error)) from error


def _not_objects(document: Document) -> Document:
    records = list(document["data"])
    records[2] = 7
    return document | {"data": records}


def _wrong_value(document: Document) -> Document:
    records = list(document["data"])
    records[2] = records[2] | {"temp": "warm"}
    return document | {"data": records}


DOCUMENT_FAULTS: Mapping[FaultKind, Callable[[Document, str], Document]] = {
    "self_link": lambda document, address: document | {"next": address},
    "loop": lambda document, address: document | {"next": address.partition("&page=")[0]},
    "other_host": lambda document, _: document | {"next": "http://127.0.0.2:9/weather"},
    "no_records": lambda document, _: {name: value for name, value in document.items() if name != "data"},
    "no_rows": lambda document, _: document | {"data": [], "next": None},
    "not_objects": lambda document, _: _not_objects(document),
    "wrong_value": lambda document, _: _wrong_value(document),
    "extra_field": lambda document, _: document | {"data": [record | {"mood": "fair"} for record in document["data"]]},
    "missing_field": lambda document, _: (
        document | {"data": [{k: v for k, v in record.items() if k != "temp"} for record in document["data"]]}
    ),
}
"""The faults that change the page's document; the second argument is the page's own address."""
