"""A program: builds a dbt project as Dagster assets under level 1, and prints what came of it as JSON."""

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets  # type: ignore[import-not-found] # in its own environment

from escalation_sensors import escalate

project = DbtProject(project_dir=sys.argv[1])
project.prepare_if_dev()
DbtCliResource(project_dir=project).cli(["parse", "--quiet"], target_path=project.project_dir / "target").wait()


@dbt_assets(manifest=project.manifest_path)
def shop(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
    print("built", flush=True)
    yield from dbt.cli(["build", *sys.argv[2:]], context=context).stream()


defs = dg.Definitions(assets=[shop], resources={"dbt": DbtCliResource(project_dir=project)})
job = escalate(defs).resolve_implicit_global_asset_job_def()
result = job.execute_in_process(raise_on_error=False)
store = Path(os.environ["ESCALATION_STORE_URL"].removeprefix("sqlite:///"))
rows = sqlite3.connect(store)
print(
    json.dumps(
        {
            "success": result.success,
            "materialized": sorted(
                event.asset_key.to_user_string() for event in result.get_asset_materialization_events()
            ),
            "failures": rows.execute(
                "SELECT category, rule, recoverable, subject FROM failures ORDER BY id"
            ).fetchall(),
            "attempts": rows.execute("SELECT number, remedy, outcome FROM attempts ORDER BY id").fetchall(),
            "message": [row[0] for row in rows.execute("SELECT message FROM failures ORDER BY id")],
        }
    )
)
