"""What `data-platform up` does, from settings to a running platform.

Checks what can be checked before anything is started, so that what is wrong is one line.
"""

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from data_platform.settings import CHECKOUT, Settings, variable_of
from data_platform.supervision.child import Child
from data_platform.supervision.dagster_home import ensure_dagster_home
from data_platform.supervision.errors import SupervisionError
from data_platform.supervision.home_lock import HomeLock
from data_platform.supervision.parts import (
    CODE_SERVER,
    DEFINITIONS_MODULE,
    child_environment,
    parts,
    serves_the_weather_api,
    write_workspace,
)
from data_platform.supervision.ports import LOOPBACK, free_port, require_free_port
from data_platform.supervision.readiness import wait_until_ready
from data_platform.supervision.supervisor import Supervisor

_CREATE_INSTANCE_WITHIN_SECONDS = 120


def up(
    settings: Settings,
    *,
    tell: Callable[[str], None],
    prepare: Callable[[], None] = lambda: None,
    module: str = DEFINITIONS_MODULE,
) -> None:
    """Serve the platform until a signal; `prepare` runs once it is certain that it can be started.

    Raises:
        SupervisionError: it is up already, or a port is in use.
    """
    started = time.monotonic()
    tell = _kept_in(settings.home / "logs" / "supervisor.log", tell)
    with HomeLock(settings.home) as lock:
        require_free_port(settings.webserver_port, "Dagster UI", variable_of("webserver_port"))
        if serves_the_weather_api(settings):
            require_free_port(settings.weather_api_port, "demo's weather API", variable_of("weather_api_port"))
        prepare()
        _create_instance(settings)
        code_server_port = free_port()
        workspace = write_workspace(settings, code_server_port, module)
        specs = parts(settings, code_server_port=code_server_port, workspace=workspace, module=module)
        logs = settings.home / "logs"
        children = [Child(spec, logs) for spec in specs]
        supervisor = Supervisor(children, lock_descriptor=lock.descriptor, tell=tell)
        url = f"http://{LOOPBACK}:{settings.webserver_port}"

        def announce() -> None:
            log = next(child.log_file for child in children if child.spec.name == CODE_SERVER)
            wait_until_ready(url, code_server_log=log, give_up=lambda: supervisor.stopping, tell=tell)
            if not supervisor.stopping:
                tell(f"up after {time.monotonic() - started:.1f} s: {url} (Ctrl-C ends it, logs are in {logs})")

        threading.Thread(target=announce, daemon=True).start()
        supervisor.run()


def _create_instance(settings: Settings) -> None:
    """Let one process create Dagster's databases: several at once fail (SQLite migrations race)."""
    ensure_dagster_home(settings.dagster_home)
    if (settings.dagster_home / "schedules" / "schedules.db").exists():
        return
    command = [sys.executable, "-c", "import dagster; dagster.DagsterInstance.get().get_runs_count()"]
    try:
        subprocess.run(  # noqa: S603 - the platform's own Python
            command,
            env=child_environment(settings),
            cwd=CHECKOUT,
            check=True,
            capture_output=True,
            text=True,
            timeout=_CREATE_INSTANCE_WITHIN_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SupervisionError(
            f"Dagster's instance in {settings.dagster_home} cannot be used: {reason}; see `data-platform doctor`"
        ) from None
    except subprocess.TimeoutExpired:
        raise SupervisionError(
            f"Dagster's instance in {settings.dagster_home} did not answer in {_CREATE_INSTANCE_WITHIN_SECONDS} s"
        ) from None


def _kept_in(file: Path, tell: Callable[[str], None]) -> Callable[[str], None]:
    """Tell a person and a file: who starts it in the background may have no terminal to be told on."""
    file.parent.mkdir(parents=True, exist_ok=True)

    def both(line: str) -> None:
        with file.open("a", encoding="utf-8") as stream:
            stream.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}\n")
        with contextlib.suppress(OSError):  # the terminal is gone
            tell(line)

    return both
