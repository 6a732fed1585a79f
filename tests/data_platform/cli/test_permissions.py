"""What somebody is told whom the file system keeps from the lakehouse. Root, too, can be made to ask for permission."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.data_platform.cli.conftest import CHECKOUT, SmallLakehouse

pytestmark = pytest.mark.skipif(os.geteuid() == 0 and sys.platform != "linux", reason="root may do everything")

_DROP_FROM_BOUNDING_SET, _DAC_OVERRIDE, _DAC_READ_SEARCH = 24, 1, 2


def ask_for_permission() -> None:
    """Without these capabilities the bits bind root as they bind everybody."""
    if os.geteuid() == 0:
        for capability in (_DAC_OVERRIDE, _DAC_READ_SEARCH):
            assert ctypes.CDLL(None).prctl(_DROP_FROM_BOUNDING_SET, capability, 0, 0, 0) == 0


def bound(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "data_platform", *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=ask_for_permission,
    )


@contextmanager
def mode(path: Path, bits: int) -> Iterator[None]:
    before = path.stat().st_mode
    path.chmod(bits)
    try:
        yield
    finally:
        path.chmod(before)


@pytest.fixture
def lakehouse(small_lakehouse: SmallLakehouse, home: Path) -> Path:
    """One that nobody has open: what SQLite keeps beside the catalog then is gone."""
    small_lakehouse.publish("core.one", "SELECT 1 AS id")
    small_lakehouse.resource.close()
    assert not list((home / "lakehouse").glob("*-wal"))
    return home / "lakehouse"


def test_who_may_not_write_beside_the_catalog_is_told_so(lakehouse: Path) -> None:
    with mode(lakehouse, 0o555):
        for arguments in (["query", "select 1"], ["snapshots"], ["quarantine", "list"]):
            line = bound(*arguments).stderr
            assert f"this user may not write in {lakehouse}, as SQLite must even to read; give this user" in line
            assert line.count("\n") == 1


@pytest.mark.parametrize("closed", ["catalog.sqlite", "."])
def test_who_may_not_read_the_catalog_is_told_so(lakehouse: Path, closed: str) -> None:
    with mode(lakehouse / closed, 0):
        line = bound("query", "select 1").stderr
    assert f"this user may not read {lakehouse}/catalog.sqlite; give this user access" in line
    assert line.count("\n") == 1


def test_doctor_goes_on_in_a_home_that_it_may_not_read(lakehouse: Path, home: Path) -> None:
    with mode(home, 0):
        done = bound("doctor", "--repair")
    assert done.returncode == 1
    assert done.stderr == ""
    failed = [line.split("  ")[1] for line in done.stdout.splitlines() if line.startswith("fail")]
    assert failed == ["dagster yaml", "dagster home", "drop folder", "catalog"]
    assert "definitions   load" in done.stdout
