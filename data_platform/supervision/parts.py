"""The processes that the platform is made of while it is up, as commands.

All listen on loopback only and read one workspace file, generated because the code server's port is
chosen anew each time. Adding a process means adding a `ChildSpec` here.
"""

import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from data_platform.settings import CHECKOUT, Settings
from data_platform.supervision.child import ChildSpec
from data_platform.supervision.ports import LOOPBACK

DEFINITIONS_MODULE = "data_platform.definitions"
CODE_SERVER = "code-server"


def serves_the_weather_api(settings: Settings) -> bool:
    """Whether the weather comes from the demo's own server, which then has to be started."""
    url = urlsplit(settings.weather_api_url)
    return url.hostname in {LOOPBACK, "localhost"} and url.port == settings.weather_api_port


def write_workspace(settings: Settings, code_server_port: int, module: str) -> Path:
    """Write the workspace file that points at the code server."""
    file = settings.home / "workspace.yaml"
    server = {"host": LOOPBACK, "port": code_server_port, "location_name": module}
    file.write_text(json.dumps({"load_from": [{"grpc_server": server}]}) + "\n", encoding="utf-8")  # JSON is YAML
    return file


def parts(
    settings: Settings, *, code_server_port: int, workspace: Path, module: str = DEFINITIONS_MODULE
) -> tuple[ChildSpec, ...]:
    """The processes to keep running."""
    python = sys.executable
    scripts = Path(python).parent
    environment = child_environment(settings)
    commands = {
        # The flag makes it start its own children with this Python, not with whichever `dagster` is on the PATH.
        CODE_SERVER: [
            *(python, "-m", "dagster", "code-server", "start", "--use-python-environment-entry-point"),
            *("--host", LOOPBACK, "--port", str(code_server_port)),
            *("--module-name", module, "--working-directory", str(CHECKOUT), "--location-name", module),
        ],
        "daemon": [str(scripts / "dagster-daemon"), "run", "--workspace", str(workspace)],
        "webserver": [
            *(str(scripts / "dagster-webserver"), "--workspace", str(workspace)),
            *("--host", LOOPBACK, "--port", str(settings.webserver_port)),
        ],
    }
    if serves_the_weather_api(settings):
        command = [python, "-m", "data_platform.demo.weather_api", "--port", str(settings.weather_api_port)]
        commands["weather-api"] = command
    return tuple(ChildSpec(name, command, environment, CHECKOUT) for name, command in commands.items())


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment of everything of Dagster's: its instance folder, and the checkout importable."""
    inherited = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "DAGSTER_HOME": str(settings.dagster_home),
        "PYTHONPATH": os.pathsep.join([str(CHECKOUT), *([inherited] if inherited else [])]),
        "PYTHONUNBUFFERED": "1",
    }
