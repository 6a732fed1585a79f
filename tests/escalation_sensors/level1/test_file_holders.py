"""Who holds a file: other processes that lock it, or have a lock file open, are found and seen to let go."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from escalation_sensors.level1.file_holders import (
    holders_of,
    lock_files_of,
    own_open_files,
    paths_in,
    process_here,
    still_holds,
)
from escalation_sensors.level1.held import ProcessHolder

SQLITE = """
database = sqlite3.connect(path, isolation_level=None)
database.execute("PRAGMA journal_mode={mode}")
database.execute("CREATE TABLE IF NOT EXISTS orders (id)")
database.execute("BEGIN IMMEDIATE")
database.execute("INSERT INTO orders VALUES (1)")
release = lambda: database.execute("ROLLBACK")
"""
READING = """
database = sqlite3.connect(path, isolation_level=None)
database.execute("PRAGMA journal_mode=DELETE")
database.execute("CREATE TABLE IF NOT EXISTS orders (id)")
database.execute("INSERT INTO orders VALUES (1), (2)")
database.execute("BEGIN")
rows = database.execute("SELECT id FROM orders")
rows.fetchone()
release = lambda: (rows.close(), database.execute("ROLLBACK"))
"""
HOLDERS = {
    "SQLite": SQLITE.format(mode="DELETE"),
    "SQLite in WAL mode": SQLITE.format(mode="WAL"),
    "a reader of SQLite": READING,
    "DuckDB": "import duckdb\ndatabase = duckdb.connect(path)\nrelease = database.close",
    "a lock file that is locked": "file = open(path, 'w')\nfcntl.flock(file, fcntl.LOCK_EX)\nrelease = file.close",
    "a lock file that is only open": "file = open(path, 'w')\nrelease = file.close",
}


@pytest.fixture
def held_by(tmp_path: Path) -> Iterator[Callable[[str], tuple["subprocess.Popen[str]", str]]]:
    """Has another process hold a file, until it is sent a line; it then lives on."""
    begun: list[subprocess.Popen[str]] = []

    def hold(program: str) -> tuple["subprocess.Popen[str]", str]:
        path = str(tmp_path / ("orders.db" if "database" in program else "orders.lock"))
        program = f"import fcntl, sqlite3, sys\npath = sys.argv[1]\n{program}\nprint('held', flush=True)\n"
        program += "sys.stdin.readline()\nrelease()\nprint('let go', flush=True)\nsys.stdin.readline()\n"
        process = subprocess.Popen(
            [sys.executable, "-c", program, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        begun.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process, path

    yield hold
    for process in begun:
        process.kill()
        process.communicate()


def let_go(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    assert process.stdout.readline() == "let go\n"


@pytest.mark.parametrize("program", HOLDERS.values(), ids=HOLDERS.keys())
def test_a_process_that_holds_a_file_is_found_until_it_lets_go_although_it_lives_on(
    held_by: Callable[[str], tuple["subprocess.Popen[str]", str]], program: str
) -> None:
    process, path = held_by(program)
    (found,) = holders_of([path])
    assert (found.process, found.path) == (process.pid, path)
    assert "python" in found.command
    assert still_holds(process.pid, path)
    let_go(process)
    assert holders_of([path]) == []
    assert not still_holds(process.pid, path)
    assert process_here(process.pid) == ProcessHolder(process.pid, found.command)


def test_who_only_reads_a_database_in_wal_mode_holds_nobody_up(
    held_by: Callable[[str], tuple["subprocess.Popen[str]", str]],
) -> None:
    _, path = held_by(READING.replace("DELETE", "WAL"))
    assert holders_of([path]) == []


def test_a_process_that_is_killed_holds_nothing_any_more(
    held_by: Callable[[str], tuple["subprocess.Popen[str]", str]],
) -> None:
    process, path = held_by(HOLDERS["SQLite"])
    process.kill()
    until = time.monotonic() + 20
    while still_holds(process.pid, path) and time.monotonic() < until:  # nobody has taken its exit status
        time.sleep(0.01)
    assert not still_holds(process.pid, path)
    assert process_here(process.pid) is None
    assert process_here(os.getpid()) is None


def test_to_look_does_not_let_go_of_what_this_process_has_locked(
    held_by: Callable[[str], tuple["subprocess.Popen[str]", str]],
) -> None:
    process, path = held_by(HOLDERS["SQLite"])
    let_go(process)
    mine = sqlite3.connect(path, isolation_level=None)
    mine.execute("BEGIN IMMEDIATE")
    assert path in own_open_files()
    assert holders_of([path]) == []
    program = (
        "import sqlite3, sys\nsqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute('BEGIN IMMEDIATE')"
    )
    other = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=False)
    mine.close()
    assert "database is locked" in other.stderr


def test_the_files_that_a_failure_names_are_those_that_exist(tmp_path: Path) -> None:
    path = tmp_path / "with a space.duckdb"
    duckdb.connect(str(path)).close()
    plain = tmp_path / "orders.db"
    plain.touch()
    said = f'Could not set lock on file "{path}": Conflicting lock is held; see /no/such/file and {plain}.'
    assert paths_in(said) == [str(path), str(plain)]
    assert paths_in(f"sqlite:///{plain}?timeout=1, duckdb:///{plain}") == [str(plain)]
    assert paths_in(f"{tmp_path} is a folder, \0 is nothing, and '{'x' * 5000}' is no name") == []


def test_lock_files_are_those_beside_a_file_that_are_called_after_it(tmp_path: Path) -> None:
    for name in ("lake[1].db", "lake[1].db.publish.lock", "lake[1].db.lock", "lake1.db.lock", "lake[1].db-wal", "lock"):
        (tmp_path / name).touch()
    found = lock_files_of([str(tmp_path / "lake[1].db")])
    assert sorted(Path(path).name for path in found) == ["lake[1].db.lock", "lake[1].db.publish.lock"]


def test_own_open_files_leave_out_the_folders_that_they_are_told(tmp_path: Path) -> None:
    (tmp_path / "history").mkdir()
    with (tmp_path / "history" / "runs.db").open("w"), (tmp_path / "history.db").open("w"):
        found = own_open_files([str(tmp_path / "history")])
    assert [path for path in found if path.startswith(str(tmp_path))] == [str(tmp_path / "history.db")]
