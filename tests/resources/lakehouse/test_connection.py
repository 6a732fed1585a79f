from collections.abc import Callable
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from resources.lakehouse import LakehouseResource, LakehouseUnavailable
from tests.resources.lakehouse.building import build_and_publish, rows_of


def test_a_connection_uses_the_lake_in_utc_without_fetching_extensions(lakehouse: LakehouseResource) -> None:
    settings = ("TimeZone", "autoinstall_known_extensions", "autoload_known_extensions", "allow_unsigned_extensions")
    shown = ", ".join(f"current_setting('{name}')" for name in settings)
    assert rows_of(lakehouse, f"SELECT current_database(), {shown}") == [("lake", "UTC", False, False, False)]


def test_an_asset_gets_the_lake_from_dagster_with_settings_from_the_environment(
    lakehouse: LakehouseResource, monkeypatch: pytest.MonkeyPatch
) -> None:
    @dg.asset
    def flight(lakehouse: LakehouseResource) -> int:
        return build_and_publish(lakehouse, "core.flight", "SELECT 1::BIGINT AS id")

    monkeypatch.setenv("A_CATALOG_URL", lakehouse.catalog_url)
    from_environment = LakehouseResource(
        catalog_url=dg.EnvVar("A_CATALOG_URL"), data_path=lakehouse.data_path, build_path=lakehouse.build_path
    )
    assert dg.materialize([flight], resources={"lakehouse": from_environment}).success
    assert rows_of(lakehouse, "SELECT id FROM core.flight") == [(1,)]


def test_connections_of_one_configuration_share_an_instance_and_others_do_not(
    lakehouse: LakehouseResource, changed: Callable[..., LakehouseResource]
) -> None:
    with lakehouse.connection() as first, lakehouse.get_connection() as second:
        first.execute("ATTACH ':memory:' AS mine")
        assert ("mine",) in second.execute("SELECT database_name FROM duckdb_databases()").fetchall()
    assert ("mine",) not in rows_of(changed(threads=1), "SELECT database_name FROM duckdb_databases()")


def test_a_connection_is_closed_when_its_block_ends_in_an_error(lakehouse: LakehouseResource) -> None:
    with pytest.raises(duckdb.ParserException), lakehouse.connection() as connection:
        connection.execute("SELEC 1")
    with pytest.raises(duckdb.ConnectionException):
        connection.execute("SELECT 1")


def test_memory_and_threads_are_the_settings_of_the_instance(changed: Callable[..., LakehouseResource]) -> None:
    limited = changed(threads=1, memory_limit="300MB")
    assert rows_of(limited, "SELECT current_setting('threads')") == [(1,)]
    assert "286" in str(rows_of(limited, "SELECT current_setting('memory_limit')"))


def test_a_sqlite_catalog_is_in_wal_mode_and_keeps_no_rows_of_its_own(lakehouse: LakehouseResource) -> None:
    with lakehouse.connection() as connection:
        connection.execute("CREATE SCHEMA core; CREATE TABLE core.small (a INTEGER); INSERT INTO core.small VALUES (1)")
    assert list(Path(lakehouse.data_path).rglob("*.parquet"))
    header = Path(lakehouse.configuration().catalog.path).read_bytes()[18:20]  # type: ignore[union-attr]
    assert header == b"\x02\x02"  # the file format's versions for WAL


def test_a_catalog_file_that_is_none_is_one_clear_line(lakehouse: LakehouseResource) -> None:
    catalog = Path(lakehouse.configuration().catalog.path)  # type: ignore[union-attr]
    catalog.parent.mkdir(parents=True)
    catalog.write_text("this is not a database, but it is long enough to be taken for one " * 20)
    with pytest.raises(LakehouseUnavailable, match="check catalog_url") as refused, lakehouse.connection():
        pass
    assert "\n" not in str(refused.value)
