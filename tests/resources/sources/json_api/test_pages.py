"""What the API serves is landed unchanged, page by page, and read as declared; a page that is otherwise is refused."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from data_platform.demo.weather_api import WeatherApi
from data_platform.demo.weather_faults import Fault, FaultKind
from resources.sources import JsonApi, SourceError, SourceFormatError, SourceSchemaError, SourceValueError
from tests.resources.sources.conftest import Reader
from tests.resources.sources.json_api.weather import COLUMNS, PAGES, ROWS, refused, statuses


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


@pytest.mark.parametrize("url", ["weather", "ftp://host/x", "file:///etc/passwd", "http://"])
def test_an_address_that_is_not_http_cannot_be_declared(url: str) -> None:
    with pytest.raises(ValidationError):
        JsonApi(name="weather", url=url)
