"""A daemon with its code server over the definitions of these tests, in a home of its own, killed and started anew."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import psutil

from escalation_sensors.store import Store

CHECKOUT = Path(__file__).resolve().parents[4]
MODULE = "tests.escalation_sensors.level1.repair_runs.killed_definitions"
PATIENCE_SECONDS = 120.0


class Served:
    """Dagster in `home`. `instance` looks at it from outside."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        place = f"      module_name: {MODULE}\n      location_name: killed\n"
        (home / "workspace.yaml").write_text(f"load_from:\n  - python_module:\n{place}")
        if not (home / "dagster.yaml").exists():
            (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
        self.environment = {
            **os.environ,
            "DAGSTER_HOME": str(home),
            "PYTHONPATH": str(CHECKOUT),
            "ESCALATION_STORE_URL": f"sqlite:///{home / 'escalation.db'}",
            **environment,
        }
        self.daemon: subprocess.Popen[bytes] | None = None
        self.instance = dg.DagsterInstance.from_config(str(home))
        self.store = Store(f"sqlite:///{home / 'escalation.db'}")

    def start(self) -> None:
        with (self.home / "daemon.log").open("ab") as log:
            self.daemon = subprocess.Popen(
                [Path(sys.executable).with_name("dagster-daemon"), "run", "-w", self.home / "workspace.yaml"],
                env=self.environment,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill_everything(self) -> None:
        """As when the machine goes: the daemon, its code server and the workers, none of which may say a word."""
        if self.daemon is None:
            return
        tree = [*psutil.Process(self.daemon.pid).children(recursive=True), psutil.Process(self.daemon.pid)]
        for process in tree:
            process.send_signal(signal.SIGSTOP)
        for process in tree:
            process.send_signal(signal.SIGKILL)
        psutil.wait_procs(tree, timeout=30)
        self.daemon.wait(30)
        self.daemon = None

    def stop(self) -> None:
        if self.daemon is not None and self.daemon.poll() is None:
            tree = psutil.Process(self.daemon.pid).children(recursive=True)
            self.daemon.send_signal(signal.SIGTERM)
            self.daemon.wait(60)
            for process in psutil.wait_procs(tree, timeout=10)[1]:
                process.kill()
        self.store.close()
        self.instance.dispose()

    def launch(self, job: str, *arguments: str) -> str:
        """Ask for a run as a person does; its id."""
        subprocess.run(
            [
                *(sys.executable, "-m", "dagster", "job", "launch"),
                *("-w", self.home / "workspace.yaml", "-l", "killed", "-j", job, *arguments),
            ],
            env=self.environment,
            cwd=self.home,
            check=True,
            capture_output=True,
            timeout=120,
        )
        # The newest that is nobody's repair: on a slow machine that of this one may be there already.
        return next(run.run_id for run in self.instance.get_runs() if run.parent_run_id is None)

    def rows(self, table: str) -> list[Any]:
        with self.store.reading() as connection:
            return [dict(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}").mappings()]

    def notes(self) -> list[str]:
        """What the assets wrote down, each time they ran."""
        file = self.home / "notes"
        return file.read_text().splitlines() if file.exists() else []

    def eventually(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            log = self.home / "daemon.log"
            assert time.monotonic() < deadline, f"never: {what}\n{log.read_text()[-4000:] if log.exists() else ''}"
            time.sleep(0.2)
