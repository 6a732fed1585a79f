"""A server that fails is asked again as long as there is time, and what it refused is told."""

import socket
import time

import pytest

from data_platform.demo.weather_api import WeatherApi
from data_platform.demo.weather_faults import Fault, FaultKind
from resources.sources import JsonApi, SourceRefused, SourceTimeout, SourceUnavailable
from tests.resources.sources.conftest import Reader
from tests.resources.sources.json_api.weather import COLUMNS, ROWS, refused, statuses


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
