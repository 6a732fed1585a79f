"""The Dagster resource: settings in, connections out. What is done with a connection stands in the other files."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import duckdb
from dagster_duckdb import DuckDBResource
from pydantic import Field

from resources.lakehouse.catalog import LAKE
from resources.lakehouse.configuration import (
    LakehouseConfiguration,
    parse_catalog_url,
    parse_folder,
    s3_access,
    verify_apart,
)
from resources.lakehouse.errors import InvalidConfiguration, LakehouseUnavailable
from resources.lakehouse.instance import close_instance, open_cursor
from resources.lakehouse.outage import describe_outage
from resources.lakehouse.publish_lock import publish_lock


class LakehouseResource(DuckDBResource):
    """A DuckLake lakehouse: catalog in SQLite or PostgreSQL, tables as Parquet files on disk or S3.

    Settings are verified at the first connection, not here: their values may come from Dagster's `EnvVar`.
    One build path belongs to one catalog: the maintenance of another would take its files for abandoned ones.
    """

    database: str = Field(default=":memory:", description="The DuckDB instance itself holds nothing: leave it.")
    catalog_url: str = Field(description="sqlite:////absolute/file or postgresql://user:password@host/database")
    data_path: str = Field(description="Where DuckLake writes: an absolute folder or s3://bucket/prefix/")
    build_path: str = Field(description="Where builds write and published files stay: beside data_path, not inside")
    s3_endpoint: str = Field(default="", description="host:port of the S3 service; empty: Amazon's")
    s3_region: str = ""
    s3_access_key_id: str = ""
    s3_secret_access_key: str = ""
    s3_use_ssl: bool = True
    s3_url_style: str = Field(default="path", description="path or vhost")
    memory_limit: str = Field(default="", description="DuckDB's, as 4GB; empty: 80 % of the machine's")
    threads: int = Field(default=0, description="DuckDB's; 0: one a core")
    temp_directory: str = Field(default="", description="Where DuckDB spills; empty: below build_path")
    lock_timeout_seconds: float = Field(default=60.0, description="How long a publication waits for the others")

    def configuration(self) -> LakehouseConfiguration:
        """The settings as verified values.

        Raises:
            InvalidConfiguration: one of them cannot work; the message names it.
        """
        data_path, build_path = parse_folder("data_path", self.data_path), parse_folder("build_path", self.build_path)
        verify_apart(data_path, build_path)
        if self.temp_directory and not Path(self.temp_directory).is_absolute():
            raise InvalidConfiguration(f"temp_directory {self.temp_directory!r} must be an absolute path")
        settings = {name: str(value) for name, value in self.connection_config.items()}
        settings |= {"memory_limit": self.memory_limit} if self.memory_limit else {}
        settings |= {"threads": str(self.threads)} if self.threads else {}
        return LakehouseConfiguration(
            catalog=parse_catalog_url(self.catalog_url),
            data_path=data_path,
            build_path=build_path,
            s3=s3_access(self) if "s3://" in data_path + build_path else None,
            duckdb_settings=tuple(sorted(settings.items())),
            spill_path=self.temp_directory,
        )

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of the process's one instance: the lakehouse attached as `lake` and in use, time zone UTC.

        Raises:
            LakehouseUnavailable: catalog or storage cannot be reached, at the start or later.
            InvalidConfiguration: a setting cannot work.
        """
        configuration = self.configuration()
        cursor = open_cursor(configuration, lock_timeout_seconds=self.lock_timeout_seconds)
        try:
            cursor.execute(f"USE {LAKE}")
            yield cursor
        except duckdb.Error as error:
            if isinstance(error, duckdb.FatalException):
                close_instance(configuration)  # DuckDB refuses all further work on it
            if outage := describe_outage(configuration, error):
                raise LakehouseUnavailable(outage) from error
            raise
        finally:
            cursor.close()

    @contextmanager
    def get_connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The same as `connection()`, under the name that `DuckDBResource` gives it."""
        with self.connection() as connection:
            yield connection

    def publish_lock(self) -> AbstractContextManager[None]:
        """The lock between processes that every writing transaction takes before it begins.

        Raises:
            PublishLockTimeout: another process held it for `lock_timeout_seconds`.
        """
        return publish_lock(self.configuration().catalog, timeout_seconds=self.lock_timeout_seconds)

    def close(self) -> None:
        """Closes this process's instance; the next connection opens a new one."""
        close_instance(self.configuration())
