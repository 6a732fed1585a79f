"""The weather of the demo's API, in pages of 5,000 records, and how a source refuses one."""

import pytest

from data_platform.demo.weather_api import WeatherApi
from resources.sources import JsonApi, SourceError
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


def refused(reader: Reader, source: JsonApi, kind: type[SourceError]) -> SourceError:
    with pytest.raises(kind) as caught:
        reader.rows(reader.extract(source, COLUMNS), COLUMNS)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("weather: ")
    assert reader.left_over() == []
    return caught.value


def statuses(api: WeatherApi) -> list[int]:
    return [status for _, status in api.requests]
