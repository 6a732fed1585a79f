import resource
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest

from resources.lakehouse import LakehouseResource, LakehouseUnavailable, publish
from tests.resources.lakehouse.building import build, build_and_publish, registered_files, rows_of, settings_of
from tests.resources.lakehouse.processes import finish, running

LARGE = "SELECT range AS id, uuid()::VARCHAR AS text FROM range(400000)"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB; only root can mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this user cannot mount a small file system; the limit on file sizes is tested instead")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def _fill(file: Path) -> None:
    with file.open("wb", buffering=0) as opened, suppress(OSError):
        while True:
            opened.write(b"\0" * 4096)


def test_a_disk_that_fills_up_leaves_the_last_good_version_and_works_again_when_there_is_room(
    small_disk: Path,
) -> None:
    lakehouse = LakehouseResource(
        catalog_url=f"sqlite:///{small_disk}/catalog.sqlite",
        data_path=f"{small_disk}/data/",
        build_path=f"{small_disk}/builds/",
    )
    try:
        build_and_publish(lakehouse, "core.flight", "SELECT range AS id, 'good' AS text FROM range(5)")
        ready = build(lakehouse, "core.flight", "SELECT range AS id, 'new' AS text FROM range(7)")
        with pytest.raises(duckdb.Error, match="No space left on device"):
            build_and_publish(lakehouse, "core.flight", LARGE)
        filler = small_disk / "filler"
        _fill(filler)
        with pytest.raises(LakehouseUnavailable, match="is its disk full") as told:
            publish(lakehouse, [ready], run_id="run", message="on a full disk")
        assert "\n" not in str(told.value)
        filler.unlink()
        assert rows_of(lakehouse, "SELECT count(*), min(text) FROM core.flight") == [(5, "good")]
        publish(lakehouse, [ready], run_id="run", message="with room again")
        assert rows_of(lakehouse, "SELECT count(*), min(text) FROM core.flight") == [(7, "new")]
    finally:
        lakehouse.close()


def _build_with_files_limited(settings: Mapping[str, Any]) -> None:
    lakehouse = LakehouseResource(**settings)
    with lakehouse.connection():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
    with pytest.raises(duckdb.Error, match="File too large"):
        build_and_publish(lakehouse, "core.flight", LARGE)


def test_a_build_that_may_not_write_on_leaves_nothing_published(lakehouse: LakehouseResource) -> None:
    build_and_publish(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
    before = registered_files(lakehouse)
    with running(_build_with_files_limited, settings_of(lakehouse)) as limited:
        finish(limited)
    assert registered_files(lakehouse) == before
    assert rows_of(lakehouse, "SELECT id FROM core.flight") == [(1,)]
