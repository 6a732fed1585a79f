"""`data-platform snapshots` and `restore`: the versions of the lakehouse, and the way back to one."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from data_platform.cli.errors import CommandError
from data_platform.cli.read_only import read_only_connection
from data_platform.cli.terminal import output
from data_platform.settings import load_settings
from resources.lakehouse import Snapshot, TableName, list_snapshots

_ALL = 1_000_000


def print_snapshots(table: str | None, limit: int) -> None:
    """List versions, newest first; with a table only those that changed it.

    Raises:
        CommandError: no version changed such a table.
    """
    from rich.table import Table

    wanted = str(TableName.parse(table)) if table is not None else None
    with read_only_connection(load_settings()) as connection:
        found = list_snapshots(connection, _ALL if wanted else limit)
    found = [one for one in found if wanted is None or wanted in one.tables]
    if wanted and not found:
        raise CommandError(f'no version has a table {wanted}; `data-platform query "show all tables"` lists them')
    shown = Table("snapshot", "at (UTC)", "tables", "message", "run")
    for snapshot in found[:limit]:
        at = snapshot.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        run = (snapshot.run_id or "").partition("-")[0]
        shown.add_row(str(snapshot.id), at, ", ".join(snapshot.tables), snapshot.message or "", run)
    output().print(shown)


def restore_to(table: str, to: str) -> int:
    """Bring a table back to a snapshot, or to the newest one at a time; returns the exit code.

    Raises:
        CommandError: `to` is neither, there is no such snapshot, or it lies before the oldest one.
    """
    from data_platform.cli.job_run import run_job

    name = TableName.parse(table)
    with read_only_connection(load_settings()) as connection:
        snapshots = list_snapshots(connection, _ALL)
    snapshot = numbered(snapshots, to) if to.isdigit() else snapshot_at(snapshots, to)
    config = {"ops": {"restore": {"config": {"table": str(name), "snapshot": snapshot}}}}
    return run_job("restore_table", run_config=config, show_level=logging.INFO).exit_code


def numbered(snapshots: Sequence[Snapshot], to: str) -> int:
    """The snapshot of that number.

    Raises:
        CommandError: it never was, or has expired.
    """
    # Compared as text: not everything that consists of digits is a number that Python reads.
    wanted = to.lstrip("0") or "0"
    for snapshot in snapshots:
        if str(snapshot.id) == wanted:
            return snapshot.id
    raise CommandError(f"--to {to[:80]}: there is no such snapshot; `data-platform snapshots` lists them")


def snapshot_at(snapshots: Sequence[Snapshot], to: str) -> int:
    """The newest snapshot at a time written as ISO 8601; a time without a zone is UTC.

    Raises:
        CommandError: it is not a time, or lies before the oldest snapshot.
    """
    try:
        at = datetime.fromisoformat(to)
    except ValueError:
        raise CommandError(f"--to {to}: give a snapshot's number, or a time such as 2026-01-31T12:00 (UTC)") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    before = [snapshot.id for snapshot in snapshots if snapshot.at <= at]
    if not before:
        raise CommandError(f"--to {to}: there is no snapshot that old; `data-platform snapshots` lists them")
    return max(before)
