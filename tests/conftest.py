"""Fixtures every package's tests may ask for: real servers on loopback and an empty lakehouse.

A server starts once a pytest session (once an xdist worker); what it hands out is new and empty each time.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers.postgres import PostgresServer, postgres_server
from tests.servers.s3 import S3Bucket, S3Server, s3_server

if TYPE_CHECKING:
    from resources.lakehouse import LakehouseResource

os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"

LONGEST_FIRST = (
    "adoption/test_adoption.py",
    "data_platform/served/test_served_platform.py",
    "escalation_sensors/level1/repair_runs/test_served_repairs.py",
    "adoption/dbt/test_dbt.py",
    "data_platform/supervision/test_up.py",
    "data_platform/auditing/test_agreement_with_pandera.py",
    "data_platform/assets/test_repairs.py",
    "data_platform/test_everybody_at_once.py",
    "data_platform/automation/test_sensors.py",
    "data_platform/assets/test_bad_sources.py",
    "resources/lakehouse/test_processes_at_once.py",
    "escalation_sensors/level1/repair_runs/test_storms.py",
    "data_platform/operations/test_jobs.py",
    "data_platform/supervision/test_dagster_dev.py",
    "resources/lakehouse/test_killed_processes.py",
    "data_platform/recovery/test_what_level_1_is_handed.py",
)
"""A worker that is given one of these files last works on when the others have nothing left to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; all else stays in its order."""
    folder = Path(__file__).parent
    places = {folder / name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The session's PostgreSQL, for tests that need several databases: `postgres.new_database()`."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """The URL of a new, empty database: `postgresql://user:password@127.0.0.1:port/name`."""
    return postgres.new_database()


@pytest.fixture(scope="session")
def s3_service() -> Iterator[S3Server]:
    """The session's S3 server, for tests that need several buckets: `s3_service.new_bucket()`."""
    with s3_server() as server:
        yield server


@pytest.fixture
def s3(s3_service: S3Server) -> S3Bucket:
    """A new, empty bucket with the credentials that open it."""
    return s3_service.new_bucket()


@pytest.fixture
def lakehouse(tmp_path: Path) -> Iterator["LakehouseResource"]:
    """An empty lakehouse on local files with a SQLite catalog, below `tmp_path / "lakehouse"`."""
    from resources.lakehouse import LakehouseResource  # noqa: PLC0415 - 2 s of dagster that not every test needs

    home = tmp_path / "lakehouse"
    resource = LakehouseResource(
        catalog_url=f"sqlite:///{home / 'catalog.sqlite'}",
        data_path=f"{home / 'data'}/",
        build_path=f"{home / 'builds'}/",
    )
    yield resource
    resource.close()
