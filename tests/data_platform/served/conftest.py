"""The platform as `data-platform up` serves it, from an empty home, with all its processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from data_platform.connections import lakehouse_of
from data_platform.settings import Settings
from tests.servers.free_port import free_ports

CHECKOUT = Path(__file__).resolve().parents[3]
UP_WITHIN_SECONDS = 120.0
FILLED_WITHIN_SECONDS = 240.0
DOWN_WITHIN_SECONDS = 60.0
FINISHED = {"SUCCESS", "FAILURE", "CANCELED"}


@dataclass(frozen=True)
class ServedPlatform:
    """A platform that is up."""

    url: str
    environment: Mapping[str, str]

    def graphql(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The data that the webserver answers; fails the test on a GraphQL error."""
        request = {"query": query, "variables": dict(variables or {})}
        answer = httpx.post(f"{self.url}/graphql", json=request, timeout=60.0)
        body: dict[str, Any] = answer.json()
        assert "errors" not in body, body["errors"]
        data: dict[str, Any] = body["data"]
        return data

    def value(self, sql: str) -> Any:
        """The first value of a query's row, from the lakehouse itself."""
        home = Path(self.environment["DATA_PLATFORM_HOME"])
        lakehouse = lakehouse_of(Settings(home=home))
        with lakehouse.connection() as connection:
            row = connection.execute(sql).fetchone()
        assert row is not None
        return row[0]

    def wait_for_run(self, run_id: str) -> str:
        """The status with which a run ended."""
        deadline = time.monotonic() + FILLED_WITHIN_SECONDS
        while time.monotonic() < deadline:
            answer = self.graphql(
                "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }", {"id": run_id}
            )
            if (status := answer["runOrError"]["status"]) in FINISHED:
                return str(status)
            time.sleep(0.5)
        raise AssertionError(f"run {run_id} did not end within {FILLED_WITHIN_SECONDS:.0f} s")

    def wait_for_first_run(self) -> tuple[str, str]:
        """Id and final status of the first run, which nobody launched by hand."""
        deadline = time.monotonic() + FILLED_WITHIN_SECONDS
        while time.monotonic() < deadline:
            runs = self.graphql("{ runsOrError { ... on Runs { results { runId jobName } } } }")["runsOrError"][
                "results"
            ]
            if runs:
                return runs[-1]["runId"], self.wait_for_run(runs[-1]["runId"])
            time.sleep(0.5)
        raise AssertionError("no run was launched")


@pytest.fixture(scope="package")
def served_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPlatform]:
    """`data-platform up` on an empty home, with the sources' date on 3 January, waited for until it is filled."""
    webserver_port, weather_port = free_ports(2)
    home = tmp_path_factory.mktemp("served")
    environment = {
        **{
            name: value for name, value in os.environ.items() if not name.startswith(("DATA_PLATFORM_", "DAGSTER_HOME"))
        },
        "DATA_PLATFORM_HOME": str(home),
        "DATA_PLATFORM_TODAY": "2013-01-03",
        "DATA_PLATFORM_WEBSERVER_PORT": str(webserver_port),
        "DATA_PLATFORM_WEATHER_API_PORT": str(weather_port),
    }
    log = (home / "up.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "data_platform", "up"], cwd=CHECKOUT, env=environment, stdout=log, stderr=log
    )
    served = ServedPlatform(f"http://127.0.0.1:{webserver_port}", environment)
    try:
        _wait_until_up(served, process, home)
        _, status = served.wait_for_first_run()
        assert status == "SUCCESS"
        yield served
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=DOWN_WITHIN_SECONDS)
        log.close()


def _wait_until_up(served: ServedPlatform, process: subprocess.Popen[bytes], home: Path) -> None:
    deadline = time.monotonic() + UP_WITHIN_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, (home / "up.log").read_text()
        try:
            if "locationEntries" in httpx.post(f"{served.url}/graphql", json={"query": _LOADED}, timeout=5.0).text:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
    raise AssertionError((home / "up.log").read_text())


_LOADED = "{ workspaceOrError { ... on Workspace { locationEntries { name loadStatus } } } }"
