from pathlib import Path

import pytest

from resources.sources import CsvFolder


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


@pytest.fixture
def source(drop: Path) -> CsvFolder:
    return CsvFolder(name="flights", folder=drop, pattern="flights_{date}.csv", settle_seconds=0.3, wait_seconds=1.5)
