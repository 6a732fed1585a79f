"""A stranger's project with the built wheel: three lines adopt level 1, and without them it is what it was."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tests.adoption.environment import build_wheel, install, new_environment, python_of, without_checkout
from tests.adoption.memory_limit import MemoryLimit, memory_limit

HERE = Path(__file__).parent
THREE_LINES = "\nfrom escalation_sensors import escalate\n\ndefs = escalate(defs)\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def strangers_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    environment = new_environment(tmp_path_factory.mktemp("stranger") / "venv")
    install(environment, "--no-deps", "--no-index", str(wheel))
    return python_of(environment)


MOST_BYTES = 2_000_000_000
"""What daemon, code server, run worker and step may hold together: the step that is killed takes 4 GB."""


def stop(process: "subprocess.Popen[str]") -> None:
    """With all that it started: they are one session."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)


class Project:
    """A copy of the stranger's project, and his home for it."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.python = python
        self.folder, self.home = folder / "project", folder / "home"
        shutil.copytree(HERE / "project", self.folder, ignore=shutil.ignore_patterns("__pycache__"))
        self.home.mkdir()
        self.variables = without_checkout() | {
            "SHOP_HOME": str(self.home),
            "DAGSTER_HOME": str(self.home),
            "DAGSTER_DISABLE_TELEMETRY": "1",
        }
        (self.home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")

    def adopt(self) -> None:
        with (self.folder / "definitions.py").open("a", encoding="utf-8") as file:
            file.write(THREE_LINES)

    def abandon(self) -> None:
        file = self.folder / "definitions.py"
        file.write_text(file.read_text(encoding="utf-8").replace(THREE_LINES, ""), encoding="utf-8")

    def run(self, *command: str, seconds: int = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.python), *command],
            cwd=self.folder,
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def execute(self, job: str) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "dagster", "job", "execute", "-f", "definitions.py", "-j", job)

    def start(self, *command: str, limit: MemoryLimit) -> "subprocess.Popen[str]":
        log = (self.home / "log").open("w", encoding="utf-8")
        with log:
            process = subprocess.Popen(
                [*limit.before, str(self.python), *command],
                cwd=self.folder,
                env=self.variables,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        limit.watch(process)
        return process

    def log(self) -> str:
        return (self.home / "log").read_text(encoding="utf-8")[-8000:]

    def wait_for_runs(self, count: int) -> list[dg.DagsterRun]:
        """So many runs that have ended, oldest first."""
        with dg.DagsterInstance.from_config(str(self.home)) as instance:
            end = time.monotonic() + 240
            while True:
                runs = list(reversed(instance.get_runs()))
                if len(runs) >= count and all(run.is_finished for run in runs):
                    return runs
                assert time.monotonic() < end, f"{[(run.run_id, run.status) for run in runs]}\n{self.log()}"
                time.sleep(0.5)

    def definitions(self) -> dict[str, Any]:
        done = self.run("-c", (HERE / "tell_definitions.py").read_text(encoding="utf-8"))
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told


def attempts(project: Project) -> list[tuple[str, int, str, str]]:
    connection = sqlite3.connect(project.home / "escalation.db")
    try:
        joined = "attempts JOIN cases ON cases.id = case_id"
        return connection.execute(
            f"SELECT subject, number, remedy, outcome FROM {joined} ORDER BY attempts.id"
        ).fetchall()
    finally:
        connection.close()


@pytest.fixture
def project(strangers_python: Path, tmp_path: Path) -> Project:
    return Project(tmp_path, strangers_python)


def test_the_wheel_holds_the_ladder_alone_with_its_rules_and_migrations(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"escalation_sensors", "dagster_escalation"}
    for held in ("diagnosis/rules/10_sqlstate.yaml", "store/migrations/env.py", "py.typed"):
        assert f"escalation_sensors/{held}" in names


def test_three_lines_change_who_decides_on_failures_and_nothing_else(project: Project) -> None:
    before = project.definitions()
    assert Path(before["ladder"]).is_relative_to(project.python.parent.parent)  # from the wheel, not the checkout
    project.adopt()
    adopted = project.definitions()
    kinds = {name: policy["kind"] for name, policy in adopted["policies"].items()}
    assert kinds == dict.fromkeys(["matched_sales", "report", "report_report_is_told", "sales"], "LevelOneRetryPolicy")
    assert adopted["policies"]["matched_sales"]["stock"] == before["policies"]["matched_sales"]["stock"]
    added = {"policies", "sensors", "jobs"}
    assert {name: told for name, told in adopted.items() if name not in added} == {
        name: told for name, told in before.items() if name not in added
    }
    assert {name: job for name, job in adopted["jobs"].items() if not name.startswith("escalation_")} == before["jobs"]
    assert [name for name in adopted["sensors"] if not name.startswith("escalation_")] == before["sensors"]


def test_without_the_lines_it_is_as_it_was(project: Project) -> None:
    before = project.definitions()
    project.adopt()
    assert project.definitions() != before
    project.abandon()
    assert project.definitions() == before


def test_switched_off_the_same_definitions_run_as_without_it(project: Project) -> None:
    project.adopt()
    project.variables["ESCALATION_DISABLED"] = "1"
    (project.home / "away").touch()
    done = project.execute("told")
    assert "Connection refused" in done.stderr
    assert not (project.home / "escalation.db").exists()


def test_a_step_in_a_process_of_its_own_runs_again_when_its_source_is_back(project: Project) -> None:
    project.adopt()
    (project.home / "away").touch()
    done = project.execute("told")
    assert done.returncode == 0, done.stderr
    assert [attempt[:3] for attempt in attempts(project)] == [("asset:report", 1, "wait_for_source")]


def test_a_step_that_the_kernel_kills_for_its_memory_runs_again_in_parts(project: Project) -> None:
    project.adopt()
    with memory_limit(MOST_BYTES) as limit:
        run = project.start("-m", "dagster", "job", "execute", "-f", "definitions.py", "-j", "nightly", limit=limit)
        assert run.wait(timeout=240) == 0, project.log()
        assert limit.kills() == 1
    assert attempts(project) == [("asset:matched_sales", 1, "smaller_batches", "repaired")]
    assert "by signal 9" in project.log()


def test_without_the_lines_the_same_kill_ends_the_run(project: Project) -> None:
    with memory_limit(MOST_BYTES) as limit:
        run = project.start("-m", "dagster", "job", "execute", "-f", "definitions.py", "-j", "nightly", limit=limit)
        assert run.wait(timeout=240) != 0, project.log()
        assert limit.kills() == 4  # by the asset's own retry policy, each time the same
    assert not (project.home / "escalation.db").exists()


@pytest.mark.timeout(420)
def test_a_run_whose_worker_the_kernel_kills_is_repaired_by_another_run(project: Project) -> None:
    project.adopt()
    launched = project.run("-m", "dagster", "job", "launch", "-f", "definitions.py", "-j", "alone")
    assert launched.returncode == 0, launched.stderr
    with memory_limit(MOST_BYTES) as limit:
        daemon = project.start("-m", "dagster._daemon", "run", "-f", "definitions.py", limit=limit)
        try:
            first, repair = project.wait_for_runs(2)
        finally:
            stop(daemon)
        assert limit.kills() == 1
    assert first.status is dg.DagsterRunStatus.FAILURE
    assert repair.status is dg.DagsterRunStatus.SUCCESS
    assert (repair.root_run_id, repair.parent_run_id) == (first.run_id, first.run_id)
    assert attempts(project) == [("asset:matched_sales", 1, "smaller_batches", "repaired")]
