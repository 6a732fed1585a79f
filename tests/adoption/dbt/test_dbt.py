"""Assets of a dbt project on DuckDB under level 1: what dbt says is diagnosed, and what can pass runs again.

dbt is a stranger's choice: it is installed from its own lock into an environment of its own.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.adoption.environment import CHECKOUT, locked_environment, python_of, without_checkout

HERE = Path(__file__).parent
HOLDS_THE_FILE = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def environment() -> Path:
    return locked_environment("dbt", HERE / "requirements.lock")


class Shop:
    """A copy of the dbt project, with a database and a ledger of its own."""

    def __init__(self, environment: Path, folder: Path) -> None:
        self.database, self.store = folder / "shop.duckdb", folder / "escalation.db"
        shutil.copytree(HERE / "shop", folder / "shop")
        variables = without_checkout() | {
            "PYTHONPATH": str(CHECKOUT),
            "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "SHOP_DATABASE": str(self.database),
            "ESCALATION_STORE_URL": f"sqlite:///{self.store}",
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
        self.command = [str(python_of(environment)), str(HERE / "build_shop.py"), str(folder / "shop")]
        self.options: dict[str, Any] = {"env": variables, "cwd": folder, "text": True}

    def build(self, *arguments: str) -> dict[str, Any]:
        done = subprocess.run(
            [*self.command, *arguments], capture_output=True, timeout=240, check=False, **self.options
        )
        return told(done.stdout, done.stderr)

    def attempts(self) -> int:
        if not self.store.exists():
            return 0
        with closing(sqlite3.connect(self.store)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'attempts'").fetchone():
                return 0
            return int(connection.execute("SELECT count(*) FROM attempts").fetchone()[0])


def told(output: str, errors: str) -> dict[str, Any]:
    assert output.splitlines()[-1].startswith("{"), f"{output}\n{errors}"
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


@pytest.fixture
def shop(environment: Path, tmp_path: Path) -> Shop:
    return Shop(environment, tmp_path)


def test_when_nothing_fails_models_are_assets_as_ever(shop: Shop) -> None:
    found = shop.build()
    assert (found["success"], found["materialized"]) == (True, ["report", "sales"])
    assert (found["failures"], found["attempts"]) == ([], [])


def test_a_missing_table_is_a_schema_mismatch_by_what_dbt_quotes(shop: Shop) -> None:
    found = shop.build("--vars", "{read: nowhere.at_all}")
    assert not found["success"]
    assert {(category, subject) for category, _, _, subject in found["failures"]} == {
        ("schema_mismatch", "assets:shop")
    }
    assert found["attempts"] == []  # it is handed on: which column or table was meant is a person's to say


def test_a_database_that_another_process_holds_is_waited_for(shop: Shop) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS_THE_FILE, str(shop.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        build = subprocess.Popen(shop.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **shop.options)
        end = time.monotonic() + 120
        while shop.attempts() == 0 and build.poll() is None and time.monotonic() < end:
            time.sleep(0.2)
        holder.communicate("", timeout=10)
        output, errors = build.communicate(timeout=240)
    finally:
        holder.kill()
        holder.wait(timeout=10)
    found = told(output, errors)
    assert found["success"], errors
    assert [category for category, *_ in found["failures"]] == ["scheduling_conflict"]
    assert [(number, outcome) for number, _, outcome in found["attempts"]] == [(1, "repaired")]
