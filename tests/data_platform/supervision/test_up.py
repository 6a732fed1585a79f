"""`up` with real Dagster processes: served on loopback, ready soon, and nothing left afterwards."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.data_platform.supervision.processes import CHECKOUT, Started, all_gone, command_of, eventually
from tests.servers.free_port import free_ports

UP = "tests.data_platform.supervision.up_small"
SMALL = "tests.data_platform.supervision.small_definitions"


def environment_of(home: Path) -> dict[str, str]:
    webserver, weather = free_ports(2)
    return {
        "DATA_PLATFORM_HOME": str(home),
        "DATA_PLATFORM_WEBSERVER_PORT": str(webserver),
        "DATA_PLATFORM_WEATHER_API_PORT": str(weather),
    }


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return environment_of(tmp_path_factory.mktemp("a home with spaces"))


@pytest.fixture(scope="module")
def platform(environment: dict[str, str]) -> Iterator[Started]:
    started = Started(UP, SMALL, environment=environment)
    started.wait_for_line("up after")
    yield started
    tree = started.tree()
    started.send(signal.SIGTERM)
    assert started.wait() == 0
    eventually(lambda: all_gone(tree), "all are gone")


def ask(environment: dict[str, str], query: str) -> dict[str, object]:
    url = f"http://127.0.0.1:{environment['DATA_PLATFORM_WEBSERVER_PORT']}/graphql"
    request = urllib.request.Request(url, json.dumps({"query": query}).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        found: dict[str, object] = json.load(response)["data"]
    return found


def test_it_says_where_it_is_and_serves_the_definitions_there(platform: Started, environment: dict[str, str]) -> None:
    assert f"http://127.0.0.1:{environment['DATA_PLATFORM_WEBSERVER_PORT']}" in platform.lines[-1]
    assert ask(environment, "{ assetNodes { assetKey { path } } }") == {
        "assetNodes": [{"assetKey": {"path": ["small"]}}]
    }


def test_everything_listens_on_loopback_alone(platform: Started) -> None:
    listening = [
        connection.laddr.ip
        for process in platform.tree()
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 3
    # gRPC writes it as an IPv4 address inside IPv6.
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_the_daemon_runs_the_sensors(platform: Started, environment: dict[str, str]) -> None:
    log = Path(environment["DATA_PLATFORM_HOME"]) / "logs" / "daemon.log"
    eventually(lambda: "Sensor skipping skipped: nothing to do" in log.read_text(), "the sensor ticked")


def test_a_webserver_that_was_killed_is_back(platform: Started, environment: dict[str, str]) -> None:
    webserver = next(one for one in platform.tree() if "dagster-webserver" in command_of(one))
    webserver.kill()
    platform.wait_for_line("webserver was ended by signal 9")

    def answers() -> bool:
        try:
            return bool(ask(environment, "{ version }")["version"])
        except OSError:
            return False

    eventually(answers, "it answers again")


def test_a_second_up_in_the_same_home_is_refused_in_one_line(platform: Started, environment: dict[str, str]) -> None:
    second = Started("data_platform", "up", environment=environment)
    assert f"stop it with kill {platform.process.pid}" in second.wait_for_line("error: the platform is already up")
    assert second.wait() == 1
    assert len(second.lines) == 1


def test_a_killed_platform_leaves_no_process(tmp_path: Path) -> None:
    started = Started(UP, SMALL, environment=environment_of(tmp_path))
    started.wait_for_line("up after")
    tree = started.tree()
    assert len(tree) >= 6
    started.send(signal.SIGKILL)
    started.wait()
    eventually(lambda: all_gone(tree), "all are gone")


def test_definitions_that_do_not_load_are_one_line_and_it_stays_up(tmp_path: Path) -> None:
    started = Started(UP, "tests.data_platform.no_such_module", environment=environment_of(tmp_path))
    try:
        line = started.wait_for_line("the definitions do not load")
        assert "no_such_module" in line
        started.send(signal.SIGTERM)
        assert started.wait() == 0
    finally:
        started.clean_up()


@pytest.mark.parametrize("setting", ["WEBSERVER_PORT", "WEATHER_API_PORT"])
def test_a_port_in_use_is_one_line_that_names_the_setting(tmp_path: Path, setting: str) -> None:
    environment = environment_of(tmp_path)
    variable = f"DATA_PLATFORM_{setting}"
    with socket.create_server(("127.0.0.1", int(environment[variable]))):
        done = subprocess.run(
            [sys.executable, "-m", "data_platform", "up"],
            env={**os.environ, **environment},
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [line for line in done.stderr.splitlines() if line.startswith("error: port ")]
    assert f"is in use: stop what uses it, or set {variable} to another" in done.stderr
