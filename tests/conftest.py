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
