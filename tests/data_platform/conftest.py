"""The platform that the tests of this package share: materialized once a worker, for the first days of 2013."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.scratch_platform import ScratchPlatform, errors_of, scratch_platform

FEW_DAYS = date(2013, 1, 5)


@pytest.fixture(scope="session")
def materialized_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScratchPlatform]:
    """Everything materialized up to 5 January. For tests that only read: what one changes, all see."""
    with scratch_platform(tmp_path_factory.mktemp("platform"), FEW_DAYS) as platform:
        result = platform.materialize()
        assert result.success, errors_of(result)
        yield platform


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[ScratchPlatform]:
    """A platform of one test's own, with nothing materialized, whose sources' date is 3 January."""
    with scratch_platform(tmp_path / "platform", date(2013, 1, 3)) as platform:
        yield platform
