import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from data_platform.demo.weather_api import WeatherApi
from data_platform.demo.weather_faults import Fault, FaultKind
from resources.sources import (
    JsonApi,
    SourceError,
    SourceFormatError,
    SourceRefused,
    SourceSchemaError,
    SourceTimeout,
    SourceUnavailable,
    SourceValueError,
)
from tests.resources.sources.conftest import Reader

COLUMNS = {
    "origin": "VARCHAR",
    **dict.fromkeys(["year", "month", "day", "hour"], "BIGINT"),
    **dict.fromkeys(["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust"], "DOUBLE"),
    **dict.fromkeys(["precip", "pressure", "visib"], "DOUBLE"),
    "time_hour": "TIMESTAMPTZ",
}
PAGES = 6
ROWS = 26_115


@pytest.fixture(scope="module")
def server() -> Iterator[WeatherApi]:
    with WeatherApi(page_size_rows=5_000) as api:
        yield api


@pytest.fixture
def api(server: WeatherApi) -> WeatherApi:
    server.clear_faults()
    server.requests.clear()
    return server


@pytest.fixture
def source(api: WeatherApi) -> JsonApi:
    return JsonApi(name="weather", url=api.url, high_water_mark="time_hour", timeout_seconds=2)


def refused(reader: Reader, source: JsonApi, kind: type[SourceError]) -> SourceError:
    with pytest.raises(kind) as caught:
        reader.rows(reader.extract(source, COLUMNS), COLUMNS)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("weather: ")
    assert reader.left_over() == []
    return caught.value


def statuses(api: WeatherApi) -> list[int]:
    return [status for _, status in api.requests]


def test_all_pages_are_landed_unchanged_and_read_with_declared_types(
    reader: Reader, api: WeatherApi, source: JsonApi
) -> None:
    landed = reader.extract(source, COLUMNS)
    assert (len(landed.files), landed.changed, landed.high_water_mark) == (PAGES, True, "2013-12-30T23:00:00Z")
    assert json.loads(landed.files[0].path.read_bytes())["data"] == api.pages.records[:5_000]
    rows = reader.rows(landed, COLUMNS)
    assert len(rows) == ROWS
    assert rows[0][:6] == ("EWR", 2013, 1, 1, 1, 39.02)
    assert sum(row[10] is None for row in rows) == sum(record["wind_gust"] is None for record in api.pages.records)
    assert statuses(api) == [200] * PAGES


def test_unchanged_pages_are_asked_for_conditionally_and_kept(reader: Reader, api: WeatherApi, source: JsonApi) -> None:
    first = reader.extract(source, COLUMNS)
    api.requests.clear()
    second = reader.extract(source, COLUMNS)
    assert statuses(api) == [304] * PAGES
    assert not second.changed
    assert second.checksum == first.checksum
    assert len(reader.rows(second, COLUMNS)) == ROWS


def test_a_page_that_changed_is_landed_beside_its_older_version(
    reader: Reader, api: WeatherApi, source: JsonApi
) -> None:
    reader.extract(source, COLUMNS)
    record = api.pages.records[7]
    api.pages.records[7] = record | {"temp": -40.0}
    try:
        landed = reader.extract(source, COLUMNS)
    finally:
        api.pages.records[7] = record
    assert landed.changed
    assert sorted(statuses(api)[PAGES:]) == [200, 304, 304, 304, 304, 304]
    assert len(reader.landed_files("weather", ".json")) == PAGES + 1


def test_a_lost_page_is_fetched_again_though_the_server_calls_it_unchanged(
    reader: Reader, api: WeatherApi, source: JsonApi
) -> None:
    reader.extract(source, COLUMNS).files[2].path.unlink()
    api.requests.clear()
    assert len(reader.rows(reader.extract(source, COLUMNS), COLUMNS)) == ROWS
    assert statuses(api) == [304, 304, 200, 304, 304, 304]


def test_parameters_may_name_the_sources_date(reader: Reader, api: WeatherApi, source: JsonApi) -> None:
    until = source.model_copy(update={"params": {"until": "{as_of}"}})
    landed = until.extract(reader.request(COLUMNS, as_of=datetime(2013, 1, 2, tzinfo=UTC).date()))
    assert {row[3] for row in reader.rows(landed, COLUMNS)} == {1, 2}
    assert api.requests == [("/weather?until=2013-01-02", 200)]


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


def test_a_server_that_fails_once_is_asked_again_with_one_log_line(
    reader: Reader, api: WeatherApi, source: JsonApi
) -> None:
    api.add_fault(Fault("status", page=2, times=2, status=500))
    assert len(reader.rows(reader.extract(source, COLUMNS), COLUMNS)) == ROWS
    assert statuses(api)[:4] == [200, 500, 500, 200]
    assert len(reader.lines) == 1
    assert "weather: /weather page 2: the server answers 500" in reader.lines[0]


def test_a_connection_cut_in_the_middle_of_a_page_is_tried_again(
    reader: Reader, api: WeatherApi, source: JsonApi
) -> None:
    api.add_fault(Fault("cut", page=2))
    assert len(reader.rows(reader.extract(source, COLUMNS), COLUMNS)) == ROWS
    assert len(reader.lines) == 1


def test_retry_after_is_honoured_while_it_fits(reader: Reader, api: WeatherApi, source: JsonApi) -> None:
    api.add_fault(Fault("status", page=1, status=429, retry_after_seconds=1))
    began = time.monotonic()
    reader.extract(source, COLUMNS)
    assert time.monotonic() - began >= 1
    assert statuses(api)[:2] == [429, 200]


@pytest.mark.timeout(30)  # the deadline would be reached after a minute
def test_a_longer_wait_is_handed_on_at_once_with_its_seconds(reader: Reader, api: WeatherApi, source: JsonApi) -> None:
    source = source.model_copy(update={"timeout_seconds": 60})
    api.add_fault(Fault("status", page=1, status=429, retry_after_seconds=120, times=9))
    error = refused(reader, source, SourceUnavailable)
    assert (error.code, error.retry_after_seconds) == ("429", 120)
    assert statuses(api) == [429]


def test_a_server_that_keeps_failing_ends_within_the_deadline_with_its_own_error(
    reader: Reader, api: WeatherApi, source: JsonApi
) -> None:
    api.add_fault(Fault("status", times=99, status=503))
    error = refused(reader, source, SourceUnavailable)
    assert error.code == "503"
    assert statuses(api).count(503) >= 2


@pytest.mark.timeout(15)  # the server would take a minute
@pytest.mark.parametrize("kind", ["stall", "drip"])
def test_a_server_that_is_slow_for_ever_is_left_at_the_deadline(
    reader: Reader, api: WeatherApi, source: JsonApi, kind: FaultKind
) -> None:
    api.add_fault(Fault(kind, page=1, seconds=60, times=9))
    hurried = source.model_copy(update={"timeout_seconds": 0.5})
    assert "no full answer within 0.5 s" in str(refused(reader, hurried, SourceTimeout))


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("garbage", (SourceFormatError, "what the server answers is not JSON")),
        ("html", (SourceFormatError, "the server answers an HTML page where JSON is due")),
        ("self_link", (SourceFormatError, "its next link leads back to a page that was read already")),
        ("loop", (SourceFormatError, "its next link leads back to a page that was read already")),
        ("other_host", (SourceFormatError, "its next link leads to another host")),
        ("no_records", (SourceFormatError, "the page has no field 'data'")),
        ("not_objects", (SourceFormatError, "record 3: it is not an object but 7")),
        ("wrong_value", (SourceValueError, "record 3, column temp: 'warm' is not a DOUBLE")),
        ("extra_field", (SourceSchemaError, "not declared: 'mood'")),
    ],
)
def test_a_page_that_is_not_as_declared_is_refused(
    reader: Reader, api: WeatherApi, source: JsonApi, kind: FaultKind, outcome: tuple[type[SourceError], str]
) -> None:
    expected, said = outcome
    api.add_fault(Fault(kind, page=2))
    error = refused(reader, source, expected)
    assert said in str(error)
    assert error.file == "/weather page 2"
    assert reader.lines == []


def test_a_field_that_no_record_has_is_missing(reader: Reader, api: WeatherApi, source: JsonApi) -> None:
    api.add_fault(Fault("missing_field", times=PAGES))
    assert "missing: 'temp'" in str(refused(reader, source, SourceSchemaError))


def test_a_field_left_out_on_some_pages_is_null_there(reader: Reader, api: WeatherApi, source: JsonApi) -> None:
    api.add_fault(Fault("missing_field", page=6))
    rows = reader.rows(reader.extract(source, COLUMNS), COLUMNS)
    assert sum(row[5] is None for row in rows) >= ROWS - 5 * 5_000


@pytest.mark.parametrize("status", [302, 400, 401, 403])
def test_a_refusal_is_not_tried_again(reader: Reader, api: WeatherApi, source: JsonApi, status: int) -> None:
    api.add_fault(Fault("status", times=9, status=status))
    assert refused(reader, source, SourceRefused).code == str(status)
    assert len(api.requests) == 1


def test_a_server_that_is_not_there_is_unavailable(reader: Reader) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    source = JsonApi(name="weather", url=f"http://127.0.0.1:{port}/weather", timeout_seconds=0.5)
    assert "cannot be reached" in str(refused(reader, source, SourceUnavailable))


def test_messages_never_show_a_query(reader: Reader, api: WeatherApi, source: JsonApi) -> None:
    api.add_fault(Fault("status", times=9, status=401))
    secret = source.model_copy(update={"params": {"key": "hunter2"}})
    assert "hunter2" not in str(refused(reader, secret, SourceRefused))


def test_a_page_larger_than_allowed_is_refused(reader: Reader, source: JsonApi) -> None:
    small = source.model_copy(update={"largest_page_bytes": 1_000})
    assert "larger than 1000 bytes" in str(refused(reader, small, SourceFormatError))


def test_an_api_without_end_is_refused(reader: Reader, source: JsonApi) -> None:
    short = source.model_copy(update={"most_pages": 3})
    assert "more than 3 pages" in str(refused(reader, short, SourceFormatError))


def test_an_api_without_records_is_empty(reader: Reader, api: WeatherApi, source: JsonApi) -> None:
    none = source.model_copy(update={"params": {"until": "2012-01-01"}})
    landed = reader.extract(none, COLUMNS)
    assert reader.rows(landed, COLUMNS) == []
    assert landed.high_water_mark is None


def test_two_extractions_at_once_share_the_work(reader: Reader, api: WeatherApi, source: JsonApi) -> None:
    threads = [threading.Thread(target=reader.extract, args=(source, COLUMNS)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses(api)) == [200] * PAGES + [304] * PAGES


@pytest.mark.parametrize("url", ["weather", "ftp://host/x", "file:///etc/passwd", "http://"])
def test_an_address_that_is_not_http_cannot_be_declared(url: str) -> None:
    with pytest.raises(ValidationError):
        JsonApi(name="weather", url=url)
