"""The process's one DuckDB instance for each configuration: opened at first use (about 0.3 s), kept until closed.

Cursors of it are given out by the resource. A forked child opens its own: threads and locks do not survive a fork.
"""

import os
import secrets
import tempfile
import threading
from pathlib import Path

import duckdb

from resources.lakehouse.catalog import EXTENSIONS, attach_catalog, catalog_exists
from resources.lakehouse.configuration import LakehouseConfiguration, SqliteCatalog
from resources.lakehouse.errors import InvalidConfiguration, LakehouseUnavailable, one_line
from resources.lakehouse.extensions import OFFLINE, load_extensions
from resources.lakehouse.publish_lock import publish_lock
from resources.lakehouse.storage_secret import create_storage_secret

_instances: dict[tuple[int, LakehouseConfiguration], duckdb.DuckDBPyConnection] = {}
_opening = threading.Lock()


def open_cursor(configuration: LakehouseConfiguration, *, lock_timeout_seconds: float) -> duckdb.DuckDBPyConnection:
    """A new cursor of the process's instance, which is opened if need be.

    Raises:
        LakehouseUnavailable, InvalidConfiguration, PublishLockTimeout: the instance could not be opened.
    """
    key = (os.getpid(), configuration)
    with _opening:
        if key not in _instances:
            _instances[key] = _open(configuration, lock_timeout_seconds)
        return _instances[key].cursor()


def close_instance(configuration: LakehouseConfiguration) -> None:
    """Closes the process's instance; the next cursor opens a new one. Does nothing when there is none."""
    with _opening:
        instance = _instances.pop((os.getpid(), configuration), None)
    if instance is not None:
        instance.close()


def _open(configuration: LakehouseConfiguration, lock_timeout_seconds: float) -> duckdb.DuckDBPyConnection:
    _make_folders(configuration)
    settings: dict[str, str | bool | int | float | list[str]] = {
        **OFFLINE,
        **dict(configuration.duckdb_settings),
        "temp_directory": spill_folder(configuration),
    }
    try:
        instance = duckdb.connect(":memory:", config=settings)
    except duckdb.Error as error:
        raise InvalidConfiguration(f"DuckDB refuses a setting (memory_limit, threads, …): {one_line(error)}") from error
    try:
        load_extensions(instance, "ducklake", EXTENSIONS[type(configuration.catalog)])
        if configuration.s3 is not None:
            load_extensions(instance, "httpfs")
            create_storage_secret(instance, configuration.s3)
        instance.execute("SET GLOBAL TimeZone = 'UTC'")
        if catalog_exists(configuration.catalog):
            attach_catalog(instance, configuration)
        else:
            # Of several processes that attach to an empty catalog at once, all but one fail.
            with publish_lock(configuration.catalog, timeout_seconds=lock_timeout_seconds):
                attach_catalog(instance, configuration)
    except BaseException:
        instance.close()
        raise
    return instance


def _make_folders(configuration: LakehouseConfiguration) -> None:
    folders = [path for path in (configuration.data_path, configuration.build_path) if not path.startswith("s3://")]
    if isinstance(configuration.catalog, SqliteCatalog):
        folders.append(str(Path(configuration.catalog.path).parent))
    for folder in folders:
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LakehouseUnavailable(f"the folder {folder} cannot be made: {error.strerror}") from error


def spill_folder(configuration: LakehouseConfiguration) -> str:
    """One for each process: two that spill into one folder overwrite each other. DuckDB makes and removes it."""
    base = configuration.spill_path or configuration.build_path
    if base.startswith("s3://"):
        base = tempfile.gettempdir()
    return str(Path(base) / f"spill-{os.getpid()}-{secrets.token_hex(4)}")
