from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import psycopg2  # type: ignore[import-untyped]
import pytest

from resources.lakehouse import LakehouseResource, LakehouseUnavailable, run_maintenance
from tests.resources.lakehouse.building import build_and_publish, rows_of
from tests.servers.free_port import free_ports
from tests.servers.postgres import PostgresServer, postgres_server
from tests.servers.s3 import S3Bucket


def _one_line_without_secrets(error: BaseException) -> str:
    text = str(error)
    assert "\n" not in text
    for secret in ("correct-horse", "wrong-horse", "platform-secret", "wrong-secret"):
        assert secret not in text
    return text


def test_a_postgresql_catalog_that_is_down_is_one_clear_line(changed: Callable[..., LakehouseResource]) -> None:
    (port,) = free_ports(1)
    down = changed(catalog_url=f"postgresql://platform:correct-horse@127.0.0.1:{port}/lake")
    with pytest.raises(
        LakehouseUnavailable, match=f"127.0.0.1:{port}/lake cannot be reached.*check catalog_url"
    ) as told:
        rows_of(down, "SELECT 1")
    assert "refused" in _one_line_without_secrets(told.value)


def test_a_wrong_password_or_database_of_the_catalog_is_one_clear_line(
    changed: Callable[..., LakehouseResource], postgres: PostgresServer
) -> None:
    for url, cause in (
        (postgres.url("postgres", password="wrong-horse"), "password authentication failed"),
        (postgres.url("nowhere"), "does not exist"),
    ):
        with pytest.raises(LakehouseUnavailable, match=cause) as told:
            rows_of(changed(catalog_url=url), "SELECT 1")
        _one_line_without_secrets(told.value)


def test_a_postgresql_catalog_that_goes_down_later_is_one_clear_line(changed: Callable[..., LakehouseResource]) -> None:
    with postgres_server() as server:
        lakehouse = changed(catalog_url=server.new_database())
        build_and_publish(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
    with pytest.raises(LakehouseUnavailable) as told:
        rows_of(lakehouse, "SELECT id FROM core.flight")
    _one_line_without_secrets(told.value)
    with pytest.raises(LakehouseUnavailable) as told:
        build_and_publish(lakehouse, "core.flight", "SELECT 2::BIGINT AS id")
    _one_line_without_secrets(told.value)


def test_after_its_sessions_were_cut_a_postgresql_catalog_is_used_again(
    changed: Callable[..., LakehouseResource], postgres: PostgresServer
) -> None:
    lakehouse = changed(catalog_url=postgres.new_database())
    build_and_publish(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")
    with closing(psycopg2.connect(postgres.url("postgres"))) as administrator:
        cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname LIKE 'test_%'"
        administrator.cursor().execute(cut)
    build_and_publish(lakehouse, "core.flight", "SELECT 2::BIGINT AS id")
    assert rows_of(lakehouse, "SELECT id FROM core.flight") == [(2,)]


def test_s3_that_is_down_is_one_clear_line_and_publishes_nothing(
    changed: Callable[..., LakehouseResource], s3: S3Bucket
) -> None:
    (port,) = free_ports(1)
    settings = {**s3.settings(), "s3_endpoint": f"127.0.0.1:{port}"}
    down = changed(data_path=f"{s3.url}data/", build_path=f"{s3.url}builds/", **settings)
    with pytest.raises(LakehouseUnavailable, match=f"S3 storage at 127.0.0.1:{port}.*check s3_endpoint") as told:
        build_and_publish(down, "core.flight", "SELECT 1::BIGINT AS id")
    _one_line_without_secrets(told.value)
    with pytest.raises(LakehouseUnavailable, match=f"127.0.0.1:{port}") as told:
        run_maintenance(down, keep=timedelta(hours=1), now=datetime.now(UTC))
    _one_line_without_secrets(told.value)
    assert rows_of(down, "SELECT count(*) FROM lake.snapshots()") == [(1,)]


def test_s3_that_refuses_the_credentials_is_one_clear_line(
    changed: Callable[..., LakehouseResource], s3: S3Bucket
) -> None:
    settings = {**s3.settings(), "s3_secret_access_key": "wrong-secret"}
    refused = changed(data_path=f"{s3.url}data/", build_path=f"{s3.url}builds/", **settings)
    with pytest.raises(LakehouseUnavailable, match="refuses the credentials: check s3_access_key_id") as told:
        build_and_publish(refused, "core.flight", "SELECT 1::BIGINT AS id")
    _one_line_without_secrets(told.value)
    assert s3.keys() == []
