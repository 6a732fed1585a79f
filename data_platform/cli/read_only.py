"""A read-only connection to the lakehouse, without Dagster: half a second instead of three.

What a query may and may not do is decided here twice: by the kind of statement, and by attaching read only.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from data_platform.cli.errors import CommandError
from data_platform.settings import Settings
from resources.lakehouse.catalog import (
    BUSY_TIMEOUT_SECONDS,
    EXTENSIONS,
    LAKE,
    catalog_exists,
    postgres_secret,
    unreadable,
)
from resources.lakehouse.configuration import Catalog, PostgresCatalog, parse_catalog_url
from resources.lakehouse.extensions import OFFLINE, load_extensions
from resources.lakehouse.names import quote_literal


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
        connection.execute(_s3_secret(settings))
    if isinstance(catalog, PostgresCatalog):
        connection.execute(postgres_secret(catalog))
        options = " ".join(f"{name}={value}" for name, value in catalog.options)
        target, option = f"ducklake:postgres:{options}", "META_SECRET 'lake_catalog'"
    else:
        target, option = f"ducklake:sqlite:{catalog.path}", f"META_BUSY_TIMEOUT {BUSY_TIMEOUT_SECONDS * 1000}"
    try:
        connection.execute(f"ATTACH {quote_literal(target)} AS {LAKE} (READ_ONLY, {option})")
    except duckdb.Error as error:
        raise unreadable(catalog, error) from None
    connection.execute(f"USE {LAKE}; SET TimeZone = 'UTC'")


def _s3_secret(settings: Settings) -> str:
    fields = {
        "KEY_ID": settings.s3_access_key_id,
        "SECRET": settings.s3_secret_access_key,
        "REGION": settings.s3_region or "us-east-1",
        "ENDPOINT": settings.s3_endpoint,
        "URL_STYLE": settings.s3_url_style,
    }
    listed = ", ".join(f"{name} {quote_literal(value)}" for name, value in fields.items() if value)
    return f"CREATE SECRET lake_storage (TYPE s3, USE_SSL {settings.s3_use_ssl}, {listed})"
