"""A project whose runs are made here, in forked processes that may be killed; ticks are evaluated here, too."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run

from escalation_sensors.level1.escalate import escalate
from escalation_sensors.level1.process_ledger import forget_ledger, ledger_of_process
from escalation_sensors.level1.repair_runs.carry_over import carry_over
from escalation_sensors.level1.repair_runs.launch import requests_due
from escalation_sensors.level1.repair_runs.sensor import evaluate
from escalation_sensors.level1.repair_runs.tick import Tick
from escalation_sensors.level1.repair_runs.under_way import under_way
from escalation_sensors.level1.setup import Setup
from escalation_sensors.policy.policy import Policy
from tests.escalation_sensors.level1.repair_runs.hungry_definitions import definitions
from tests.servers.postgres import PostgresServer

KILLED = "Run execution process was terminated by signal 9 (SIGKILL)."


@dataclass
class Project:
    """A Dagster home, and what runs in it."""

    home: Path
    instance: dg.DagsterInstance
    policy: Policy = field(default_factory=Policy)
    defs: dg.Definitions = field(default_factory=dg.Definitions)

    def adopt(self, defs: dg.Definitions) -> None:
        self.defs = escalate(defs, self.policy)

    @property
    def repository(self) -> dg.RepositoryDefinition:
        return self.defs.get_repository_def()

    def run(self, job: str, **options: Any) -> str:
        """Run a job in a process of its own, which may be killed; its id. A code server would tell of a kill."""
        definition = self.repository.get_job(job)
        run = self.instance.create_run_for_job(definition, tags=options.pop("tags", None), **options)
        return self.go_on(run.run_id)

    def go_on(self, run_id: str) -> str:
        """Execute a run that was created."""
        process = multiprocessing.get_context("fork").Process(target=self._execute, args=(run_id,))
        process.start()
        process.join(60)
        run = self.get(run_id)
        if process.exitcode == -signal.SIGKILL and not run.is_finished:
            self.instance.report_run_failed(run, KILLED)
        return run_id

    def _execute(self, run_id: str) -> None:
        forget_ledger()
        with dg.DagsterInstance.from_config(str(self.home)) as instance:
            run = instance.get_run_by_id(run_id)
            assert run is not None
            job = self.repository.get_job(run.job_name)
            if run.asset_selection:
                job = job.get_subset(asset_selection=run.asset_selection)
            execute_run(InMemoryJob(job), run, instance, raise_on_error=False)

    def get(self, run_id: str) -> dg.DagsterRun:
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        return run

    def tick(self) -> list[str]:
        """One tick of the sensor; the runs that it asks the daemon to launch."""
        context = dg.build_sensor_context(instance=self.instance, repository_def=self.repository)
        result = evaluate(context, Setup(self.policy))
        keys = [request.run_key for request in result.run_requests or ()] if isinstance(result, dg.SensorResult) else []
        found = [self.instance.get_runs(filters=dg.RunsFilter(tags={"dagster/run_key": str(key)})) for key in keys]
        assert all(len(runs) == 1 for runs in found)
        return [runs[0].run_id for runs in found]

    def tick_later(self, clock: Callable[[], datetime]) -> list[str]:
        """What would be launched at another time."""
        tick = Tick(self.instance, self.repository, "", ledger_of_process(), Setup(self.policy), print, clock)
        requests = [*requests_due(tick, under_way(tick.ledger, "")), *carry_over(tick)]
        return [str(request.run_key) for request in requests]

    def rows(self, table: str) -> list[Any]:
        with ledger_of_process().store.reading() as connection:
            return [dict(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY id").mappings()]


def outcomes(project: Project) -> list[tuple[int, str, str]]:
    return [(row["number"], row["remedy"], row["outcome"]) for row in project.rows("attempts")]


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Project]:
    """Dagster's default storage, or as a test asks for it: its settings, with HOME for the folder."""
    monkeypatch.setenv("ESCALATION_STORE_URL", f"sqlite:///{tmp_path / 'escalation.db'}")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.delenv("ESCALATION_DISABLED", raising=False)
    forget_ledger()
    settings = getattr(request, "param", "telemetry: {enabled: false}\n")
    (tmp_path / "dagster.yaml").write_text(settings.replace("HOME", str(tmp_path)))
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield Project(tmp_path, instance)
    forget_ledger()


@pytest.fixture
def project_on_postgres(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: PostgresServer) -> Iterator[Project]:
    """Dagster's storage and the ladder's store, each in a database of its own: both are migrated by Alembic."""
    monkeypatch.setenv("ESCALATION_STORE_URL", postgres.new_database())
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.delenv("ESCALATION_DISABLED", raising=False)
    forget_ledger()
    url = postgres.new_database().replace("postgresql://", "postgresql+psycopg2://")
    storage = f"storage: {{postgres: {{postgres_url: '{url}'}}}}"
    (tmp_path / "dagster.yaml").write_text(f"telemetry: {{enabled: false}}\n{storage}\n")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield Project(tmp_path, instance)
    forget_ledger()


@pytest.fixture
def adopted(project: Project) -> Project:
    project.adopt(definitions())
    return project
