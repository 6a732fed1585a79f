"""What level 1's tuning says to the engine: how many parts a build is made in, and the settings it runs with."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from data_platform.materialization.task import TableTask
from escalation_sensors import current_tuning
from resources.lakehouse import LakehouseResource, engine_settings


def tuned_engine(lakehouse: LakehouseResource) -> AbstractContextManager[None]:
    """The process's DuckDB with the settings of the current tuning; as it is without one."""
    tuning = current_tuning()
    return engine_settings(
        lakehouse,
        threads=tuning.threads,
        memory_limit_bytes=tuning.memory_limit_bytes,
        preserve_order=tuning.preserve_order,
        spill=tuning.spill,
        extensions=tuning.extensions,
    )


def tuned_selects(task: TableTask) -> Sequence[str]:
    """The SELECTs that together are the task's build: one, or as many parts as the tuning asks for and there can be."""
    batches = current_tuning().batches
    return task.split(batches) if batches > 1 and task.split is not None else (task.select,)
