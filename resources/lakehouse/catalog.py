"""Attaching the catalog to a DuckDB instance, and creating it when it is not there. SQLite and PostgreSQL alike."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from resources.lakehouse.configuration import Catalog, LakehouseConfiguration, PostgresCatalog, SqliteCatalog
from resources.lakehouse.errors import InvalidConfiguration, LakehouseUnavailable, one_line
from resources.lakehouse.names import quote_literal

LAKE = "lake"
"""The name under which the lakehouse is attached everywhere."""

METADATA = f"__ducklake_metadata_{LAKE}"
"""The name under which DuckLake attaches the catalog's own tables."""

BUSY_TIMEOUT_SECONDS = 10
CONNECT_TIMEOUT_SECONDS = 10
_SECRET = "lake_catalog"  # noqa: S105 - the name of a secret, not one

EXTENSIONS = {SqliteCatalog: "sqlite_scanner", PostgresCatalog: "postgres_scanner"}

_attached: set[tuple[int, str]] = set()
"""Process and file of each SQLite catalog that DuckDB has opened, for as long as the process lives."""


def catalog_exists(catalog: Catalog) -> bool:
    """Whether DuckLake's tables are there and filled; looks without DuckDB, so that looking creates nothing.

    Raises:
        LakehouseUnavailable: the database cannot be reached, or is none.
    """
    if isinstance(catalog, PostgresCatalog):
        return _exists_in_postgres(catalog)
    try:
        if not Path(catalog.path).exists():
            return False
    except PermissionError as error:
        raise unreadable(catalog, error) from error
    # Closing a file ends all locks of the process on it: those of DuckDB's own SQLite, too, if Python's looked into it.
    # Another process that believes itself alone then deletes the log: a damaged catalog.
    if (os.getpid(), catalog.path) in _attached:
        return True
    uri = f"{Path(catalog.path).as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_SECONDS)) as connection:
            found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'ducklake_snapshot'").fetchone()
            return bool(found and connection.execute("SELECT 1 FROM ducklake_snapshot LIMIT 1").fetchone())
    except sqlite3.Error as error:
        raise unreadable(catalog, error) from error


def unreadable(catalog: Catalog, error: Exception) -> LakehouseUnavailable:
    """What a reader is told whom the catalog refused; of SQLite it is most often a permission of the file system."""
    reason, way_out = one_line(error), "check catalog_url"
    if isinstance(catalog, SqliteCatalog):
        # In WAL mode SQLite's readers, too, write beside the file.
        if "readonly database" in reason or "read-only" in reason:
            reason = f"this user may not write in {Path(catalog.path).parent}, as SQLite must even to read"
            way_out = "give this user write permission on that folder and on the catalog's files in it"
        elif not os.access(catalog.path, os.R_OK):
            reason = f"this user may not read {catalog.path}"
            way_out = "give this user access to the file and its folder, or check catalog_url"
    return LakehouseUnavailable(f"the catalog {catalog.shown} cannot be read: {reason}; {way_out}")


def _exists_in_postgres(catalog: PostgresCatalog) -> bool:
    connection = connect_postgres(catalog)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('ducklake_snapshot') IS NOT NULL")
            if not cursor.fetchone()[0]:
                return False
            cursor.execute("SELECT 1 FROM ducklake_snapshot LIMIT 1")
            return cursor.fetchone() is not None
    finally:
        connection.close()


def connect_postgres(catalog: PostgresCatalog) -> Any:  # noqa: ANN401 - psycopg2 is untyped
    """A session in the catalog's database, beside DuckDB's own.

    Raises:
        LakehouseUnavailable: it cannot be reached, or refuses the user; one line without the password.
    """
    import psycopg2  # type: ignore[import-untyped] # noqa: PLC0415 - only where the catalog is PostgreSQL

    try:
        return psycopg2.connect(
            host=catalog.host,
            port=catalog.port,
            dbname=catalog.database,
            user=catalog.user,
            password=catalog.password or None,
            **{"connect_timeout": CONNECT_TIMEOUT_SECONDS, "keepalives_idle": 30, **dict(catalog.options)},
        )
    except psycopg2.OperationalError as error:
        raise LakehouseUnavailable(
            f"the catalog {catalog.shown} cannot be reached: {one_line(error)}; "
            "check catalog_url and that the server runs"
        ) from error


def attach_catalog(connection: duckdb.DuckDBPyConnection, configuration: LakehouseConfiguration) -> None:
    """Attaches the lakehouse as `lake`; creates the catalog if it is not there, so hold the publish lock then.

    Raises:
        LakehouseUnavailable: the catalog cannot be opened.
        InvalidConfiguration: the catalog was made for another data path.
    """
    catalog = configuration.catalog
    # Inlining off: a small insert would put rows into the catalog, where nothing but DuckLake can read them.
    options = {"DATA_PATH": quote_literal(configuration.data_path), "DATA_INLINING_ROW_LIMIT": "0"}
    if isinstance(catalog, SqliteCatalog):
        target = f"ducklake:sqlite:{catalog.path}"
        options |= {"META_JOURNAL_MODE": "'WAL'", "META_BUSY_TIMEOUT": str(BUSY_TIMEOUT_SECONDS * 1000)}
    else:
        target = _with_postgres_secret(connection, catalog)
        options["META_SECRET"] = quote_literal(_SECRET)
    settings = ", ".join(f"{name} {value}" for name, value in options.items())
    try:
        _attach(connection, catalog, target, settings)
    except duckdb.Error as error:
        if "does not match existing data path" in str(error):
            raise InvalidConfiguration(
                f"data_path {configuration.data_path} is not the one with which the catalog {catalog.shown} was made: "
                f"{one_line(error)}"
            ) from error
        raise LakehouseUnavailable(f"the catalog {catalog.shown} cannot be opened: {one_line(error)}") from error


def attach_read_only(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Attaches the lakehouse as `lake` for reading, wherever its data are; the catalog must be there.

    Raises:
        LakehouseUnavailable: the catalog cannot be opened.
    """
    if isinstance(catalog, SqliteCatalog):
        target, option = f"ducklake:sqlite:{catalog.path}", f"META_BUSY_TIMEOUT {BUSY_TIMEOUT_SECONDS * 1000}"
    else:
        target, option = _with_postgres_secret(connection, catalog), f"META_SECRET {quote_literal(_SECRET)}"
    try:
        _attach(connection, catalog, target, f"READ_ONLY, {option}")
    except duckdb.Error as error:
        raise unreadable(catalog, error) from None


def _attach(connection: duckdb.DuckDBPyConnection, catalog: Catalog, target: str, options: str) -> None:
    connection.execute(f"ATTACH {quote_literal(target)} AS {LAKE} ({options})")
    if isinstance(catalog, SqliteCatalog):
        _attached.add((os.getpid(), catalog.path))


def _with_postgres_secret(connection: duckdb.DuckDBPyConnection, catalog: PostgresCatalog) -> str:
    """Gives DuckDB the way into the catalog's database; returns what to attach."""
    # In a secret, because the text after `postgres:` is repeated in error messages.
    fields = {
        "HOST": catalog.host,
        "PORT": str(catalog.port),
        "DATABASE": catalog.database,
        "USER": catalog.user,
        "PASSWORD": catalog.password,
    }
    listed = ", ".join(f"{name} {quote_literal(value)}" for name, value in fields.items() if value)
    connection.execute(f"CREATE OR REPLACE SECRET {_SECRET} (TYPE postgres, {listed})")
    pairs = {"connect_timeout": str(CONNECT_TIMEOUT_SECONDS), **dict(catalog.options)}
    return "ducklake:postgres:" + " ".join(f"{name}={value}" for name, value in pairs.items())
