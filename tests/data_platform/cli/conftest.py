"""A home of its own for each test, a small lakehouse in it, and the command line as a process."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from data_platform.cli import terminal
from data_platform.cli.app import main
from resources.lakehouse import LakehouseResource, ReplaceTable, TableBuild, TableName, new_build_folder, publish

CHECKOUT = Path(__file__).resolve().parents[3]
Command = Callable[..., "Done"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("DATA_PLATFORM_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.setenv("DATA_PLATFORM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@dataclass(frozen=True)
class Done:
    """What a command wrote and returned."""

    returncode: object
    stdout: str
    stderr: str


@pytest.fixture
def command(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `data-platform` in the home, in this process: a new one would import everything each time."""

    def run(*arguments: str, **environment: str) -> Done:
        for name, value in {"COLUMNS": "200", **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["data-platform", *arguments])
        terminal.output.cache_clear()
        terminal.notes.cache_clear()
        capsys.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        written = capsys.readouterr()
        return Done(code, written.out, written.err)

    return run


class SmallLakehouse:
    """Publishes tables made by a select."""

    def __init__(self, home: Path) -> None:
        lake = home / "lakehouse"
        self.resource = LakehouseResource(
            catalog_url=f"sqlite:///{lake}/catalog.sqlite", data_path=f"{lake}/data/", build_path=f"{lake}/builds/"
        )

    def publish(self, table: str, select: str, message: str = "a test") -> int:
        """Replaces `table`; returns the new snapshot."""
        name = TableName.parse(table)
        file = f"{new_build_folder(self.resource, name, 'run-1')}/rows.parquet"
        with self.resource.connection() as connection:
            row = connection.execute(f"COPY ({select}) TO '{file}' (FORMAT parquet)").fetchone()
            described = connection.execute(f"DESCRIBE {select}").fetchall()
        assert row is not None
        columns = {column[0]: column[1] for column in described}
        build = TableBuild(name, columns, (file,), int(row[0]), ReplaceTable())
        return publish(self.resource, [build], run_id="run-1", message=message).snapshot_after


@pytest.fixture
def small_lakehouse(home: Path) -> Iterator[SmallLakehouse]:
    lakehouse = SmallLakehouse(home)
    yield lakehouse
    lakehouse.resource.close()
