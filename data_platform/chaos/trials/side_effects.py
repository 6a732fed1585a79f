"""Assets with side effects: whatever fails there, and however well it could be repaired, nothing is run again."""

import gzip
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx

from data_platform.chaos.allowed_wheel import NEVER_INSTALLED
from data_platform.chaos.experiment import Experiment, Shown, trial
from data_platform.chaos.scratch import Scratch
from data_platform.chaos.small_asset import run_small, select_of
from escalation_sensors.diagnosis.category import Category
from resources.lakehouse import LakehouseResource

KIND = "side effects"
TAGS = {"escalation/side_effects": "true"}
SPELLINGS = ("true", "True", "TRUE", "1", "yes")


def _refused() -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    httpx.get(f"http://127.0.0.1:{port}/", timeout=1, trust_env=False)


def _no_memory() -> None:
    bytearray(1 << 60)


def _full() -> None:
    with Path("/dev/full").open("wb", buffering=0) as file:
        file.write(b"x")


def _locked() -> None:
    with closing(sqlite3.connect("file:sideeffect?mode=memory&cache=shared", uri=True)) as held:
        held.execute("CREATE TABLE IF NOT EXISTS paid (number INTEGER)")
        held.commit()
        held.execute("BEGIN EXCLUSIVE")
        held.execute("INSERT INTO paid VALUES (1)")
        with closing(sqlite3.connect("file:sideeffect?mode=memory&cache=shared", uri=True, timeout=0.05)) as other:
            other.execute("INSERT INTO paid VALUES (2)")


def _cut_file() -> None:
    gzip.decompress(gzip.compress(b"paid" * 100)[:20])


def _bad_value() -> None:
    float("plenty")


def _missing_module() -> None:
    __import__(NEVER_INSTALLED)


def _hangs() -> None:
    subprocess.run([sys.executable, "-c", "import time; time.sleep(20)"], check=True, timeout=0.2)


def _fails() -> None:
    subprocess.run([sys.executable, "-S", "-c", f"import os; os._exit({os.EX_SOFTWARE})"], check=True, timeout=20)


FAILURES: dict[str, tuple[Callable[[], object], Category]] = {
    "a connection that is refused": (_refused, Category.SOURCE_UNAVAILABLE),
    "no memory": (_no_memory, Category.OUT_OF_MEMORY),
    "a full disk": (_full, Category.OUT_OF_MEMORY),
    "a locked database": (_locked, Category.SCHEDULING_CONFLICT),
    "a cut file": (_cut_file, Category.DATA_QUALITY),
    "a value that cannot be read": (_bad_value, Category.DATA_QUALITY),
    "a module that could be installed": (_missing_module, Category.MISSING_DEPENDENCY),
    "a tool that hangs": (_hangs, Category.PIPELINE_TIMEOUT),
    "a tool that fails": (_fails, Category.UNKNOWN),
}


def _failing(name: str, fail: Callable[[], object], category: Category, spelling: str) -> Experiment:
    def act(scratch: Scratch) -> Shown:
        paid: list[int] = []

        def work(_lakehouse: LakehouseResource) -> str:
            paid.append(1)
            fail()
            return select_of()

        shown = run_small(name, work, tags={**TAGS, "escalation/side_effects": spelling})(scratch)
        if len(paid) != 1:
            raise RuntimeError(f"it was run {len(paid)} times: {json.dumps(paid)}")
        return shown

    return trial(name, KIND, act, "it may never be run again without a person", category)


TRIALS = tuple(
    _failing(f"side effects ({spelling}), {what}", fail, category, spelling)
    for what, (fail, category) in FAILURES.items()
    for spelling in SPELLINGS
)
