"""A program: prints what a project's `definitions.py` defines, as JSON, for comparing."""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import definitions  # type: ignore[import-not-found] # of the project in whose folder this is started

import escalation_sensors


def policy(of: Any) -> dict[str, Any] | None:
    found = of.retry_policy
    stock = getattr(found, "stock", found)
    return None if found is None else {"kind": type(found).__name__, "stock": repr(stock)}


defs: dg.Definitions = definitions.defs
repository = defs.get_repository_def()
nodes = {key.to_user_string(): each for each in defs.assets or () for key in getattr(each, "keys", ())}
checks = {each.node_def.name: each for each in defs.asset_checks or ()}
told = {
    "ladder": str(Path(escalation_sensors.__file__).parent),
    "assets": {
        key.to_user_string(): {
            "group": node.group_name,
            "tags": dict(node.tags),
            "needs": sorted(parent.to_user_string() for parent in node.parent_keys),
            "partitions": repr(node.partitions_def),
        }
        for key in repository.asset_graph.get_all_asset_keys()
        for node in [repository.asset_graph.get(key)]
    },
    "checks": sorted(str(key) for key in repository.asset_graph.asset_check_keys),
    "jobs": {
        job.name: {
            "steps": sorted(node.name for node in job.nodes),
            "tags": dict(job.tags),
            "executor": job.executor_def.name,
        }
        for job in repository.get_all_jobs()
    },
    "schedules": sorted(each.name for each in repository.schedule_defs),
    "sensors": sorted(each.name for each in repository.sensor_defs),
    "resources": sorted(repository.get_top_level_resources()),
    "policies": {name: policy(each.node_def) for name, each in sorted({**nodes, **checks}.items())},
}
print(json.dumps(told))
