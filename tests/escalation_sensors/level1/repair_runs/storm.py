"""A storm of failed runs: one real one, written into Dagster's SQLite tables many times over, each under its own name.

Running them would take minutes. That a written run is what a real one would be is a test of its own.
"""

import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

Row = tuple[Any, ...]


CONSOLIDATED = """telemetry: {enabled: false}
event_log_storage:
  module: dagster._core.storage.event_log
  class: ConsolidatedSqliteEventLogStorage
  config: {base_dir: HOME/history}
"""
"""Dagster's settings for one SQLite file of events; with one for each run, which is the default, all takes ten times as
long."""


class Storm:
    """The storages below a DAGSTER_HOME, and the failed run that is multiplied."""

    def __init__(self, home: Path, template: str) -> None:
        self.template = template
        self.tables = {
            "runs": home / "history" / "runs.db",
            "run_tags": home / "history" / "runs.db",
            "event_logs": home / "history" / "event_log.db",
        }

    def write(self, renamed: Sequence[Mapping[str, str]]) -> list[str]:
        """One more failed run for each mapping of texts (a partition, an asset's name), in the order given."""
        ids = [str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.template} {number}")) for number in range(len(renamed))]
        texts = [{self.template: run_id, **each} for run_id, each in zip(ids, renamed, strict=True)]
        for table, file in self.tables.items():
            with _connected(file) as connection:
                _multiply(connection, table, self.template, texts)
        return ids

    def rows_of(self, run_id: str) -> dict[str, list[dict[str, Any]]]:
        """All that the storages know of a run, to be compared with another's."""
        found = {}
        for table, file in self.tables.items():
            with _connected(file) as connection:
                connection.row_factory = sqlite3.Row
                query = f"SELECT * FROM {table} WHERE run_id = ? ORDER BY id"
                found[table] = [dict(row) for row in connection.execute(query, (run_id,))]
        return found


@contextmanager
def _connected(file: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file, timeout=30)) as connection, connection:
        yield connection


def _multiply(connection: sqlite3.Connection, table: str, template: str, texts: Sequence[Mapping[str, str]]) -> None:
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] != "id"]
    listed = ", ".join(f'"{name}"' for name in names)
    query = f"SELECT {listed} FROM {table} WHERE run_id = ? ORDER BY id"
    rows: list[Row] = connection.execute(query, (template,)).fetchall()
    marks = ", ".join("?" for _ in names)
    connection.executemany(
        f"INSERT INTO {table} ({listed}) VALUES ({marks})",
        [tuple(_put(value, text) for value in row) for text in texts for row in rows],
    )


def _put(value: Any, text: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for old, new in text.items():
            value = value.replace(old, new)
    return value
