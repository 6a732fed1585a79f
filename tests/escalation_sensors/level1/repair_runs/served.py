"""A daemon with its code server over the definitions of these tests, in a home of its own, killed and started anew."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
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

    def __init__(self, home: Path, settings: str = "telemetry: {enabled: false}\n", **environment: str) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        place = f"      module_name: {MODULE}\n      location_name: killed\n"
        (home / "workspace.yaml").write_text(f"load_from:\n  - python_module:\n{place}")
        (home / "dagster.yaml").write_text(settings)
        self.environment = {
            **os.environ,
            "DAGSTER_HOME": str(home),
            "PYTHONPATH": str(CHECKOUT),
            "ESCALATION_STORE_URL": f"sqlite:///{home / 'escalation.db'}",
            **environment,
        }
        self.launched: dict[str, str] = {}
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

    def launch(self, *jobs: str, tags: str = "{}") -> None:
        """Ask for a run of each job at once, as people do; `launched` has their ids."""
        commands = [
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "dagster", "job", "launch"),
                    *("-w", self.home / "workspace.yaml", "-l", "killed", "-j", job, "--tags", tags),
                ],
                env=self.environment,
                cwd=self.home,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            for job in jobs
        ]
        for command in commands:
            _, told = command.communicate(timeout=120)
            assert command.returncode == 0, told.decode()
        self.launched |= {job: self._first_run(job) for job in jobs}

    def _first_run(self, job: str) -> str:
        # The newest that is nobody's repair: on a slow machine that of this one may be there already.
        runs = self.instance.get_runs(filters=dg.RunsFilter(job_name=job))
        return next(run.run_id for run in runs if run.parent_run_id is None)

    def runs_of(self, run_id: str) -> list[dg.DagsterRun]:
        """A run, and all that were made of it."""
        return [run for run in self.instance.get_runs() if run_id in {run.run_id, run.root_run_id}]

    def rows(self, table: str, **where: object) -> list[Any]:
        """The rows of a table in which these columns have these values; none before there is a store."""
        if not (self.home / "escalation.db").exists():
            return []
        conditions = " AND ".join([f"{column} = ?" for column in where] or ["true"])
        with self.store.reading() as connection:
            found = connection.exec_driver_sql(f"SELECT * FROM {table} WHERE {conditions}", tuple(where.values()))
            return [dict(row) for row in found.mappings()]

    def attempts_of(self, subject: str) -> list[Any]:
        """The attempts for a subject, each with its receipt, as far as it has one."""
        of_subject = f"(SELECT * FROM cases WHERE subject = '{subject}') c ON c.id = a.case_id"
        return self.rows(
            f"(SELECT a.*, r.body AS receipt FROM attempts a JOIN {of_subject} "
            "LEFT JOIN receipts r ON r.attempt_id = a.id)"
        )

    def notes(self, *assets: str) -> list[str]:
        """What these assets wrote down, each time they ran."""
        file = self.home / "notes"
        lines = file.read_text().splitlines() if file.exists() else []
        return [line for line in lines if line.split()[0] in assets]

    def eventually(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            log = self.home / "daemon.log"
            assert time.monotonic() < deadline, f"never: {what}\n{log.read_text()[-4000:] if log.exists() else ''}"
            time.sleep(0.2)
