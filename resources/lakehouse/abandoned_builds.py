"""Files below the build path that no version knows: left by builds that failed an audit or were killed.

A published file stays where it was built, so the build path holds registered files too: those are DuckLake's.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb

from resources.lakehouse.catalog import METADATA
from resources.lakehouse.configuration import LakehouseConfiguration


def delete_abandoned_builds(
    connection: duckdb.DuckDBPyConnection, configuration: LakehouseConfiguration, before: datetime
) -> int:
    """Deletes files older than `before` that are neither registered nor scheduled for deletion; returns how many.

    Hold the publish lock: else a file may be published while it is being deleted.
    """
    registered = _registered(connection)
    if configuration.build_path.startswith("s3://"):
        if configuration.s3 is None:
            return 0
        from resources.lakehouse.s3_storage import delete_objects, old_objects  # noqa: PLC0415 - only where S3 is used

        found = old_objects(configuration.s3, configuration.build_path, before)
        return delete_objects(configuration.s3, [url for url in found if url not in registered])
    # The same folder may be reached by two paths (a symbolic link): what is registered by one must count for both.
    registered = {os.path.realpath(path) for path in registered}
    abandoned = [
        file for file in _old_files(configuration.build_path, before) if os.path.realpath(file) not in registered
    ]
    for file in abandoned:
        file.unlink(missing_ok=True)
    _remove_empty_folders(configuration.build_path, before)
    return len(abandoned)


def _registered(connection: duckdb.DuckDBPyConnection) -> set[str]:
    tables = ("ducklake_data_file", "ducklake_delete_file", "ducklake_files_scheduled_for_deletion")
    union = " UNION ALL ".join(f"SELECT path FROM {METADATA}.{table} WHERE NOT path_is_relative" for table in tables)
    return {path for (path,) in connection.execute(union).fetchall()}


def _old_files(root: str, before: datetime) -> Iterator[Path]:
    for folder, _folders, files in os.walk(root):
        for name in files:
            file = Path(folder) / name
            try:
                if file.lstat().st_mtime < before.timestamp():
                    yield file
            except FileNotFoundError:
                continue  # its builder took it away meanwhile


def _remove_empty_folders(root: str, before: datetime) -> None:
    for folder, _folders, _files in os.walk(root, topdown=False):
        path = Path(folder)
        try:
            if folder != root and path.stat().st_mtime < before.timestamp() and not any(path.iterdir()):
                path.rmdir()
        except OSError:
            continue  # somebody builds in it now, or has removed it
