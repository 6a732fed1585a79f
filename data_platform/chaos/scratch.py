"""A home of its own for chaos: Dagster's instance, lakehouse, landing and the ladder's store; gone at the end.

What takes seconds (importing, opening the lakehouse, migrating the store) is paid here once for all experiments.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from data_platform.chaos.allowed_wheel import build_allowed_wheels
from data_platform.chaos.chaos_subjects import ChaosSubjects
from data_platform.chaos.experiment import Rows
from data_platform.connections import PLAIN, SECRET, lakehouse_of
from data_platform.recovery.lakehouse_layouts import LakehouseLayouts
from data_platform.recovery.lakehouse_versions import LakehouseVersions
from data_platform.recovery.source_probe import SourceProbe
from data_platform.recovery.work_sizes import WorkSizes
from data_platform.settings import Settings
from data_platform.supervision.dagster_home import ensure_dagster_home
from escalation_sensors import escalate
from escalation_sensors.level1.pipeline import Pipeline
from escalation_sensors.level1.process_ledger import forget_ledger, ledger_of_process
from escalation_sensors.policy.policy import Packages, Policy
from escalation_sensors.store import Store
from resources.lakehouse import LakehouseResource, TableName, table_exists

TODAY = date(2013, 1, 3)
SLOW_OVER_SECONDS = 1.0
"""So that what is slow needs a second or two and not half a minute; a setting of the policy."""
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Thousands of lines of failures that are wanted would hide what is told."""
_SWITCHES = ("ESCALATION_DISABLED", "ESCALATION_PACKAGES", "ESCALATION_POLICY", "PIP_INDEX_URL")


@dataclass(frozen=True)
class Scratch:
    """One home and what is open in it."""

    settings: Settings
    lakehouse: LakehouseResource
    instance: dg.DagsterInstance
    store: Store
    policy: Policy
    subjects: ChaosSubjects
    opened: ExitStack
    kept_open: set[str] = field(default_factory=set)

    def keep_open(self, name: str, what: Callable[["Scratch"], AbstractContextManager[object]]) -> None:
        """Have something open from now until the end of all; asked for again, it is open already."""
        if name not in self.kept_open:
            self.opened.enter_context(what(self))
            self.kept_open.add(name)

    def lakehouse_with(self, **changes: Any) -> LakehouseResource:  # noqa: ANN401 - of the resource's own types
        """The same lakehouse with other settings of the resource; close it."""
        known = {name: getattr(self.settings, name) for name in (*PLAIN, *SECRET)}
        return LakehouseResource(**{**known, **changes})

    def folder(self, name: str) -> Path:
        """A new folder for one experiment."""
        path = self.settings.home / "experiments" / name
        path.mkdir(parents=True)
        return path

    def run(
        self,
        assets: Sequence[Any],
        *,
        lakehouse: LakehouseResource | None = None,
        tags: Mapping[str, str] | None = None,
        resources: Mapping[str, Any] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """Run assets, covered by the ladder, in this process."""
        escalate(dg.Definitions(assets=list(assets)), self.policy, pipeline=self.pipeline)
        return dg.materialize(
            list(assets),
            instance=self.instance,
            resources={"lakehouse": lakehouse or self.lakehouse, **(resources or {})},
            tags=dict(tags or {}),
            run_config=QUIET,
            raise_on_error=False,
        )

    @property
    def pipeline(self) -> Pipeline:
        """What this platform can do for remedies, for the tables of the experiments."""
        return Pipeline(
            sources=SourceProbe(self.subjects),
            versions=LakehouseVersions(self.subjects),
            layouts=LakehouseLayouts(self.subjects),
            sizes=WorkSizes(self.subjects),
        )

    def rows(self, table: TableName, columns: Sequence[str]) -> Rows:
        """What readers see of a table: nothing if there is none."""
        return rows_in(self.lakehouse, table, columns)


def rows_in(lakehouse: LakehouseResource, table: TableName, columns: Sequence[str]) -> Rows:
    """What readers of a lakehouse see of a table: nothing if there is none."""
    with lakehouse.connection() as connection:
        if not table_exists(connection, table):
            return Rows()
        names = ", ".join(f"CAST({name} AS VARCHAR)" for name in columns)
        found = connection.execute(f"SELECT {names} FROM {table.sql}").fetchall()
    return Rows(tuple("" if value is None else str(value) for value in row) for row in found)


@contextmanager
def scratch_home() -> Iterator[Scratch]:
    """A scratch home, with the environment pointing at it; everything is as before at the end."""
    environment = dict(os.environ)
    home = Path(tempfile.mkdtemp(prefix="data-platform-chaos-"))
    try:
        for name in _SWITCHES:
            os.environ.pop(name, None)
        settings = Settings(home=home, today=TODAY)
        os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
        os.environ["ESCALATION_STORE_URL"] = f"sqlite:///{home / 'escalation.db'}"
        os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
        forget_ledger()
        ensure_dagster_home(settings.dagster_home)
        lakehouse = lakehouse_of(settings)
        allow_list, wheels = build_allowed_wheels(home / "wheels")
        policy = Policy(packages=Packages(allow_list, {}, wheels), slow_over_seconds=SLOW_OVER_SECONDS)
        with dg.DagsterInstance.get() as instance, ExitStack() as opened:
            store = ledger_of_process().store
            yield Scratch(settings, lakehouse, instance, store, policy, ChaosSubjects(settings), opened)
        lakehouse.close()
    finally:
        forget_ledger()
        os.environ.clear()
        os.environ.update(environment)
        shutil.rmtree(home, ignore_errors=True)
