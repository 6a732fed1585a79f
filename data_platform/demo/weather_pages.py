"""The pages of the demo's weather API: which observations are on each, and where the next one is. HTTP is not here."""

from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from data_platform.demo.nycflights import NULL, read_table

PAGE_SIZE_ROWS = 2_000
Document = dict[str, Any]
_TEXT_COLUMNS = frozenset({"origin", "time_hour"})


class WeatherPages:
    """The observations, in pages of `size_rows`."""

    def __init__(self, size_rows: int = PAGE_SIZE_ROWS) -> None:
        self.size_rows = size_rows

    @cached_property
    def records(self) -> list[Document]:
        """All observations; 'NA' is null, numbers are numbers."""
        columns, rows = read_table("weather")
        return [{name: _json_value(name, text) for name, text in zip(columns, row, strict=True)} for row in rows]

    def document(self, page: int, until: date | None) -> Document:
        """The page number `page`, from 1, of the observations up to and including the local day `until`."""
        records = self.records
        if until is not None:
            last = (until.year, until.month, until.day)
            records = [record for record in records if (record["year"], record["month"], record["day"]) <= last]
        begin = (page - 1) * self.size_rows
        more = begin + self.size_rows < len(records)
        return {
            "data": records[begin : begin + self.size_rows],
            "next": page_address(page + 1, until) if more else None,
        }


def page_address(page: int, until: date | None) -> str:
    """A page's address, without the host."""
    query = ({"until": until.isoformat()} if until else {}) | ({"page": str(page)} if page > 1 else {})
    return "/weather" + (f"?{urlencode(query)}" if query else "")


def _json_value(name: str, text: str) -> Any:  # noqa: ANN401 - a JSON scalar
    if text == NULL:
        return None
    if name in _TEXT_COLUMNS:
        return text
    return float(text) if "." in text or "e" in text else int(text)
