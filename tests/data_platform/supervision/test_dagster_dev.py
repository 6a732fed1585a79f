"""A bare `dagster dev` in the checkout loads the same definitions as `make up`, through workspace.yaml."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psutil

from data_platform.cli.definitions import platform_definitions
from tests.data_platform.supervision.processes import CHECKOUT, all_gone, eventually
from tests.servers.free_port import free_ports

QUERY = """{ assetNodes { assetKey { path } }
  repositoriesOrError { ... on RepositoryConnection { nodes { jobs { name } } } } }"""


def test_dagster_dev_loads_the_platform_through_the_workspace_file(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    dagster_home = tmp_path / "dagster"
    dagster_home.mkdir()
    # Nothing tells Dagster where the code is, but the workspace file of the folder it is started in.
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "DAGSTER_HOME"}}
    environment |= {"DAGSTER_HOME": str(dagster_home), "DATA_PLATFORM_HOME": str(tmp_path / "home")}
    # `dagster dev` ends after its runs have: the first materialization would wait for sources that nobody serves here.
    environment["ESCALATION_DISABLED"] = "1"
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("dagster"), "dev", "--host", "127.0.0.1", "--port", str(port)],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        found: dict[str, set[str]] = {}

        def loaded() -> bool:
            assert process.poll() is None, (tmp_path / "log").read_text()[-2000:]
            found.update(ask(port))
            return bool(found["assets"])

        eventually(loaded, "the definitions are loaded")
        definitions = platform_definitions()
        assert found["assets"] == {key.to_user_string() for key in definitions.resolve_all_asset_keys()}
        assert found["jobs"] >= {"materialize_everything", "maintain_lakehouse", "restore_table", "release_quarantined"}
    finally:
        tree = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)  # SIGINT is ignored by what was started in the background
        process.wait(60)
        eventually(lambda: all_gone(tree), "all are gone")


def ask(port: int) -> dict[str, set[str]]:
    """The assets and jobs that the webserver knows; none while it starts."""
    body = json.dumps({"query": QUERY}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            data = json.load(response)["data"]
    except OSError:
        return {"assets": set(), "jobs": set()}
    nodes = data["repositoriesOrError"].get("nodes", [])
    return {
        "assets": {"/".join(node["assetKey"]["path"]) for node in data["assetNodes"]},
        "jobs": {job["name"] for node in nodes for job in node["jobs"]},
    }
