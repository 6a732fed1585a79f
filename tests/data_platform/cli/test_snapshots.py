"""`data-platform snapshots` lists versions; `restore --to` finds the one that a time means."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_platform.cli.errors import CommandError
from data_platform.cli.snapshots import numbered, snapshot_at
from resources.lakehouse.snapshots import Snapshot
from tests.data_platform.cli.conftest import Command, SmallLakehouse


def at(number: int, hour: int) -> Snapshot:
    return Snapshot(number, datetime(2026, 1, 31, hour, tzinfo=UTC), None, None, ())


SNAPSHOTS = [at(7, 12), at(6, 10), at(5, 8)]


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("2026-01-31T10:00", 6),
        ("2026-01-31T11:59:59", 6),
        ("2026-01-31T12:30:00+02:00", 6),
        ("2026-02-01", 7),
        ("2026-01-31 08:00Z", 5),
    ],
)
def test_a_time_means_the_newest_snapshot_until_then(to: str, expected: int) -> None:
    assert snapshot_at(SNAPSHOTS, to) == expected


@pytest.mark.parametrize(("to", "told"), [("yesterday", "2026-01-31T12:00"), ("2025-01-01", "no snapshot that old")])
def test_a_time_that_means_nothing_is_one_line(to: str, told: str) -> None:
    with pytest.raises(CommandError, match=f"--to {to}: .*{told}"):
        snapshot_at(SNAPSHOTS, to)


def test_versions_are_listed_newest_first_and_by_table(small_lakehouse: SmallLakehouse, command: Command) -> None:
    small_lakehouse.publish("core.one", "SELECT 1 AS id", "first of one")
    small_lakehouse.publish("core.two", "SELECT 1 AS id", "first of two")
    listed = command("snapshots").stdout
    assert listed.index("first of two") < listed.index("first of one")
    of_one = command("snapshots", "core.one").stdout
    assert "first of one" in of_one
    assert "first of two" not in of_one
    unknown = command("snapshots", "core.three")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr.startswith("error: no version has a table core.three; ")


def test_a_table_name_with_sql_in_it_does_nothing_but_fail(small_lakehouse: SmallLakehouse, command: Command) -> None:
    small_lakehouse.publish("core.one", "SELECT 1 AS id")
    empty = command("snapshots", "")
    assert (empty.returncode, empty.stdout) == (1, "")
    for arguments in (["snapshots"], ["quarantine", "show"]):
        done = command(*arguments, "core.one; DROP TABLE core.one")
        assert done.returncode == 1
        assert done.stderr.startswith("error: ")
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("to", ["500", "9" * 23, "5" * 5000, "\N{SUPERSCRIPT TWO}"])
def test_a_number_that_no_snapshot_has_is_one_line(
    small_lakehouse: SmallLakehouse, command: Command, home: Path, to: str
) -> None:
    small_lakehouse.publish("core.one", "SELECT 1 AS id")
    done = command("restore", "core.one", "--to", to)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: --to {to[:80]}: there is no such snapshot; ")
    assert not (home / "dagster").exists()  # known before a run is begun


def test_a_number_is_found_as_it_may_be_written() -> None:
    assert [numbered(SNAPSHOTS, to) for to in ("7", "006")] == [7, 6]
