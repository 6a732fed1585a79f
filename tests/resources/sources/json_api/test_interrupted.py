"""An extraction that was interrupted goes on where it was, and of two at once one does the work."""

import threading
from datetime import UTC, datetime, timedelta

from data_platform.demo.weather_api import WeatherApi
from data_platform.demo.weather_faults import Fault
from resources.sources import JsonApi, SourceRefused
from tests.resources.sources.conftest import Reader
from tests.resources.sources.json_api.weather import COLUMNS, PAGES, ROWS, refused, statuses


def test_an_interrupted_extraction_goes_on_where_it_was(reader: Reader, api: WeatherApi, source: JsonApi) -> None:
    api.add_fault(Fault("status", page=4, times=99, status=403))
    refused(reader, source, SourceRefused)
    api.clear_faults()
    api.requests.clear()
    landed = reader.extract(source, COLUMNS)
    assert [path for path, _ in api.requests] == ["/weather?page=4", "/weather?page=5", "/weather?page=6"]
    assert "weather: going on after 3 pages that have landed already" in reader.lines
    assert len(reader.rows(landed, COLUMNS)) == ROWS


def test_an_extraction_interrupted_long_ago_begins_anew(reader: Reader, api: WeatherApi, source: JsonApi) -> None:
    api.add_fault(Fault("status", page=2, times=99, status=403))
    refused(reader, source, SourceRefused)
    api.clear_faults()
    api.requests.clear()
    reader.extract(source, COLUMNS, now=datetime.now(UTC) + timedelta(hours=2))
    assert len(api.requests) == PAGES


def test_an_interrupted_extraction_of_something_else_is_not_gone_on_with(
    reader: Reader, api: WeatherApi, source: JsonApi
) -> None:
    api.add_fault(Fault("status", page=2, times=99, status=403))
    refused(reader, source, SourceRefused)
    api.clear_faults()
    api.requests.clear()
    other = source.model_copy(update={"params": {"until": "2013-12-31"}})
    assert len(reader.rows(reader.extract(other, COLUMNS), COLUMNS)) == ROWS
    assert len(api.requests) == PAGES


def test_a_journal_cut_in_its_last_line_loses_only_that_page(reader: Reader, api: WeatherApi, source: JsonApi) -> None:
    api.add_fault(Fault("status", page=4, times=99, status=403))
    refused(reader, source, SourceRefused)
    journal = reader.landing / "weather" / "extraction.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])
    api.clear_faults()
    api.requests.clear()
    assert len(reader.rows(reader.extract(source, COLUMNS), COLUMNS)) == ROWS
    assert api.requests[0] == ("/weather?page=3", 200)


def test_two_extractions_at_once_share_the_work(reader: Reader, api: WeatherApi, source: JsonApi) -> None:
    threads = [threading.Thread(target=reader.extract, args=(source, COLUMNS)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses(api)) == [200] * PAGES + [304] * PAGES
