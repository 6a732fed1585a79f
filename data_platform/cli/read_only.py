"""A read-only connection to the lakehouse, without Dagster: half a second instead of three.

What a query may and may not do is decided here twice: by the kind of statement, and by attaching read only.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from data_platform.cli.errors import CommandError
from data_platform.settings import Settings
from resources.lakehouse.catalog import EXTENSIONS, LAKE, attach_read_only, catalog_exists
from resources.lakehouse.configuration import Catalog, parse_catalog_url, s3_access
from resources.lakehouse.extensions import OFFLINE, load_extensions
from resources.lakehouse.storage_secret import create_storage_secret


@contextmanager
def read_only_connection(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Attach the lakehouse as `lake`, read only and in use, time zone UTC.

    Raises:
        CommandError: there is no lakehouse yet.
        LakehouseError: it cannot be reached.
    """
    catalog = parse_catalog_url(settings.catalog_url)
    if not catalog_exists(catalog):
        raise CommandError("there is no lakehouse yet: `data-platform run` makes it")
    connection = duckdb.connect(config=dict(OFFLINE))
    try:
        _attach(connection, catalog, settings)
        yield connection
    finally:
        connection.close()


def _attach(connection: duckdb.DuckDBPyConnection, catalog: Catalog, settings: Settings) -> None:
    load_extensions(connection, "ducklake", EXTENSIONS[type(catalog)])
    if settings.data_path.startswith("s3://"):
        load_extensions(connection, "httpfs")
        create_storage_secret(connection, s3_access(settings))
    attach_read_only(connection, catalog)
    connection.execute(f"USE {LAKE}; SET TimeZone = 'UTC'")
