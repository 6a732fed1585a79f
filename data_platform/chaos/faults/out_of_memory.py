"""Memory, or the disk it spills to, is exhausted: engines, Python, children that are killed, full disks."""

import concurrent.futures
import multiprocessing
from pathlib import Path

from data_platform.chaos.experiment import Experiment, Rows, passed_on, repairable
from data_platform.chaos.large_work import (
    SORTED_EACH,
    allocated_under_limit,
    child_under_watch,
    large_rows,
    listed_between,
    parts_by,
    sorted_between,
)
from data_platform.chaos.scratch import Scratch
from data_platform.chaos.small_asset import run_small, select_of
from escalation_sensors import current_tuning
from escalation_sensors.diagnosis.category import Category
from resources.lakehouse import LakehouseResource

MEMORY = Category.OUT_OF_MEMORY
SPLIT_KEY = {"escalation/split_key": "number"}


def small_memory(scratch: Scratch) -> LakehouseResource:
    """The same lakehouse by an engine with little memory."""
    return scratch.lakehouse_with(memory_limit="90MB", threads=2)


def small_spill(scratch: Scratch) -> LakehouseResource:
    """The same by an engine with little memory and a little disk to spill to."""
    return scratch.lakehouse_with(memory_limit="60MB", threads=2, connection_config={"max_temp_directory_size": "2MB"})


def in_a_process(_lakehouse: LakehouseResource) -> str:
    """Python that works in a process with a limit, in as many batches as it is told to."""
    batches = current_tuning().batches
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        for _ in range(min(batches, 2)):
            pool.submit(allocated_under_limit, batches).result(timeout=60)
    return select_of()


def under_watch(_lakehouse: LakehouseResource) -> str:
    """A tool that is killed with signal 9 when it takes more memory than it may, in the batches it is told."""
    child_under_watch(current_tuning().batches)
    return select_of()


def full_disk(_lakehouse: LakehouseResource) -> str:
    """A device that is always full."""
    batches = current_tuning().batches
    with Path("/dev/full").open("wb", buffering=0) as file:
        file.write(b"x" * (4096 // batches))
    return select_of()


def beyond_all_batches(_lakehouse: LakehouseResource) -> str:
    """More than there can be, in however many batches."""
    return select_of(((1, float(len(bytearray((1 << 60) // current_tuning().batches)))),))


def whole(_lakehouse: LakehouseResource) -> str:
    """Lists of all."""
    return listed_between(0, 64)


def sorted_whole(_lakehouse: LakehouseResource) -> str:
    """All in order."""
    return sorted_between(0, 64)


FAULTS: tuple[Experiment, ...] = (
    repairable(
        "a query that exceeds its memory limit",
        MEMORY,
        run_small(
            "a query that exceeds its memory limit",
            whole,
            lakehouse=small_memory,
            metadata=SPLIT_KEY,
            split=parts_by(listed_between),
            truth=large_rows(),
        ),
        "in parts it fits",
    ),
    repairable(
        "a query that fills the disk it spills to",
        MEMORY,
        run_small(
            "a query that fills the disk it spills to",
            sorted_whole,
            lakehouse=small_spill,
            metadata=SPLIT_KEY,
            split=parts_by(sorted_between),
            truth=large_rows(SORTED_EACH),
        ),
        "in parts it fits",
    ),
    repairable(
        "Python that exceeds the limit of its process",
        MEMORY,
        run_small("Python that exceeds the limit of its process", in_a_process),
        "it reads current_tuning(), and in batches it fits",
    ),
    repairable(
        "a tool that is killed for its memory",
        MEMORY,
        run_small("a tool that is killed for its memory", under_watch),
        "it reads current_tuning(), and in batches it fits",
    ),
    passed_on(
        "a disk that is full",
        MEMORY,
        run_small("a disk that is full", full_disk),
        "no batch is small enough",
        may_act=True,
    ),
    passed_on(
        "more memory than there can be",
        MEMORY,
        run_small("more memory than there can be", beyond_all_batches),
        "no batch is small enough",
        may_act=True,
    ),
    passed_on(
        "a query whose whole is one group",
        MEMORY,
        run_small(
            "a query whose whole is one group",
            lambda _: listed_between(0, 1, per_number=64),
            lakehouse=small_memory,
            truth=Rows(),
        ),
        "it has no split key, and one group cannot be split",
        may_act=True,
    ),
)
