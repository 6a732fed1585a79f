from collections.abc import Iterator

import pytest

from data_platform.demo.weather_api import WeatherApi
from resources.sources import JsonApi


@pytest.fixture(scope="session")
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
