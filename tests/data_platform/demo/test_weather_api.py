import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import httpx
import pytest

from data_platform.demo.weather_api import WeatherApi
from data_platform.demo.weather_faults import Fault


@pytest.fixture(scope="module")
def api() -> Iterator[WeatherApi]:
    with WeatherApi() as server:
        yield server


@pytest.fixture
def client(api: WeatherApi) -> Iterator[httpx.Client]:
    api.clear_faults()
    with httpx.Client(base_url=api.address, timeout=5, trust_env=False) as session:
        yield session


def test_the_pages_hold_every_observation_once(client: httpx.Client) -> None:
    records, link = [], "/weather"
    while link:
        page = client.get(link).json()
        assert len(page["data"]) <= 2_000
        records += page["data"]
        link = page["next"]
    assert len(records) == 26_115
    assert records[0] == {
        "origin": "EWR",
        "year": 2013,
        "month": 1,
        "day": 1,
        "hour": 1,
        "temp": 39.02,
        "dewp": 26.06,
        "humid": 59.37,
        "wind_dir": 270,
        "wind_speed": 10.357019999999999,
        "wind_gust": None,
        "precip": 0,
        "pressure": 1012,
        "visib": 10,
        "time_hour": "2013-01-01T06:00:00Z",
    }


def test_a_known_page_is_answered_with_304_and_nothing_else(client: httpx.Client) -> None:
    first = client.get("/weather?page=3")
    again = client.get("/weather?page=3", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/weather?page=4", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_observations_end_with_the_day_asked_for(client: httpx.Client) -> None:
    page = client.get("/weather?until=2013-01-02").json()
    assert {record["day"] for record in page["data"]} == {1, 2}
    assert page["next"] is None


def test_a_fault_happens_as_often_as_asked_and_only_on_its_page(client: httpx.Client) -> None:
    fault = {"kind": "status", "status": 429, "retry_after_seconds": 2, "page": 2, "times": 2}
    assert client.post("/admin/faults", json=fault).status_code == 201
    assert client.get("/weather").status_code == 200
    answers = [client.get("/weather?page=2") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "2"


def test_faults_can_be_listed_and_cleared(client: httpx.Client) -> None:
    client.post("/admin/faults", json={"kind": "garbage", "times": 5})
    assert [fault["kind"] for fault in client.get("/admin/faults").json()] == ["garbage"]
    client.delete("/admin/faults")
    assert client.get("/admin/faults").json() == []


@pytest.mark.parametrize("fault", [{"kind": "earthquake"}, {"kind": "status", "colour": 1}, 7])
def test_an_unknown_fault_is_refused(client: httpx.Client, fault: object) -> None:
    answer = client.post("/admin/faults", json=fault)
    assert answer.status_code == 400
    assert client.get("/admin/faults").json() == []


def test_a_web_page_cannot_add_a_fault_through_a_visitors_browser(client: httpx.Client) -> None:
    answer = client.post("/admin/faults", content=json.dumps({"kind": "html"}), headers={"Content-Type": "text/plain"})
    assert answer.status_code == 404


@pytest.mark.parametrize("query", ["page=x", "until=yesterday"])
def test_a_wrong_parameter_is_refused(client: httpx.Client, query: str) -> None:
    assert client.get(f"/weather?{query}").status_code == 400


def test_a_stalled_answer_does_not_keep_the_server_from_ending() -> None:
    with WeatherApi(faults=[Fault("stall", seconds=600)]) as api, pytest.raises(httpx.ReadTimeout):
        httpx.get(api.url, timeout=0.2, trust_env=False)
    stalled = [thread for thread in threading.enumerate() if "process_request_thread" in thread.name]
    for thread in stalled:
        thread.join(timeout=10)
    assert not any(thread.is_alive() for thread in stalled)


def test_it_runs_as_a_program_and_ends_on_sigterm() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "data_platform.demo.weather_api", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == f"weather API: http://127.0.0.1:{port}/weather\n"
        assert httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).json() == {"status": "ok"}
        second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
        assert second.returncode == 1
        assert second.stderr.startswith(f"weather API: cannot listen on 127.0.0.1:{port}: Address already in use")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()


def test_starting_it_imports_nothing_slow() -> None:
    code = "import sys, data_platform.demo.weather_api; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"dagster", "pandas", "duckdb", "sqlalchemy", "httpx", "polars", "pydantic"} & set(loaded)
