"""The command line as a whole: its launcher, its one-line errors, its settings."""

import os
import subprocess
from pathlib import Path

import pytest

from data_platform.cli.launcher import write_launcher
from data_platform.cli.settings_list import shown_value
from tests.data_platform.cli.conftest import Command


def test_the_launcher_works_from_anywhere_and_past_a_folder_called_resources(tmp_path: Path) -> None:
    launcher = tmp_path / "a bin" / "data-platform"
    launcher.parent.mkdir()
    write_launcher(launcher)
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "__init__.py").write_text("raise SystemExit('the wrong resources')")
    done = subprocess.run(
        [launcher, "query", "select 1"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "DATA_PLATFORM_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == "error: there is no lakehouse yet: `data-platform run` makes it\n"


def test_a_wrong_setting_is_one_line_from_every_command(command: Command) -> None:
    for arguments in (["run"], ["up"], ["settings"], ["query", "select 1"], ["snapshots"], ["maintain"]):
        done = command(*arguments, DATA_PLATFORM_THREADS="many" * 30, COLUMNS="80")
        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr.startswith("error: DATA_PLATFORM_THREADS='manymany")
        assert len(done.stderr.splitlines()) == 1


def test_settings_are_listed_without_secrets(command: Command) -> None:
    done = command(
        "settings",
        DATA_PLATFORM_S3_ACCESS_KEY_ID="an-id",
        DATA_PLATFORM_S3_SECRET_ACCESS_KEY="hush-hush",
        DATA_PLATFORM_CATALOG_URL="postgresql://me:hush@hush@host/lake",
    )
    assert "DATA_PLATFORM_S3_SECRET_ACCESS_KEY" in done.stdout
    assert "postgresql://me:(hidden)@host/lake" in done.stdout
    assert "hush" not in done.stdout
    assert "an-id" not in done.stdout


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("catalog_url", "sqlite:////a/b.sqlite", "sqlite:////a/b.sqlite"),
        ("catalog_url", "postgresql://me@host/db", "postgresql://me@host/db"),
        ("operational_database_url", "postgresql://me:pw@host/db", "postgresql://me:(hidden)@host/db"),
        ("s3_access_key_id", "", ""),
    ],
)
def test_a_value_is_shown_as_far_as_it_is_no_secret(field: str, value: str, shown: str) -> None:
    assert shown_value(field, value) == shown


def test_a_day_that_the_demo_lacks_is_one_line(command: Command) -> None:
    for day in ("2014-01-01", "tomorrow"):
        done = command("demo", "late", day)
        assert done.returncode == 1
        assert done.stderr.startswith(f"error: {day}")


def test_a_day_that_lies_there_is_not_called_late_and_a_corrected_one_is_put_back(command: Command, home: Path) -> None:
    file = home / "demo" / "drop" / "flights_2013-03-04.csv"
    file.parent.mkdir(parents=True)
    assert command("demo", "late", "2013-03-04").returncode == 0
    as_it_was = file.read_bytes()
    done = command("demo", "late", "2013-03-04")
    assert done.returncode == 1
    assert done.stderr.startswith("error: 2013-03-04 was delivered already, and is as it was; ")
    assert command("demo", "correct", "2013-03-04").returncode == 0
    assert file.read_bytes() != as_it_was
    assert command("demo", "late", "2013-03-04").returncode == 0
    assert file.read_bytes() == as_it_was


def test_the_ladders_command_has_a_launcher_too(tmp_path: Path) -> None:
    launcher = tmp_path / "escalation"
    write_launcher(launcher)
    done = subprocess.run(
        [launcher, "diagnose"],
        input="MemoryError",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )
    assert done.stdout.startswith("what: out_of_memory")
