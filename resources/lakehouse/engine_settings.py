"""Settings of the process's DuckDB instance for the time of one step, and back as they were.

They are the instance's, not a cursor's: whoever else works in the process meanwhile has them too.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from resources.lakehouse.extensions import load_extensions
from resources.lakehouse.instance import spill_folder
from resources.lakehouse.names import quote_literal

if TYPE_CHECKING:
    from resources.lakehouse.resource import LakehouseResource

_UNITS = {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


@contextmanager
def engine_settings(
    lakehouse: "LakehouseResource",
    *,
    threads: int = 0,
    memory_limit_bytes: int = 0,
    preserve_order: bool = True,
    spill: bool = False,
    extensions: Sequence[str] = (),
) -> Iterator[None]:
    """Have the process's instance work so within the block. Threads and memory are only ever lowered; 0 leaves them.

    `spill` lets it write to disk what does not fit, where that was switched off. `extensions` are loaded from their
    wheels, and stay loaded: DuckDB cannot unload one.

    Raises:
        LakehouseUnavailable, InvalidConfiguration: the instance could not be opened.
    """
    if not threads and not memory_limit_bytes and preserve_order and not spill and not extensions:
        yield
        return
    with lakehouse.connection() as connection:
        load_extensions(connection, *extensions)
        before = _settings(connection)
        wanted: dict[str, str] = {}
        if 0 < threads < int(before["threads"]):
            wanted["threads"] = str(threads)
        if 0 < memory_limit_bytes < size_bytes(before["memory_limit"]):
            wanted["memory_limit"] = f"{memory_limit_bytes}B"
        if not preserve_order:
            wanted["preserve_insertion_order"] = "false"
        if spill and not before["temp_directory"]:
            wanted["temp_directory"] = spill_folder(lakehouse.configuration())
    try:
        _set(lakehouse, wanted)
        yield
    finally:
        # DuckDB shows a limit rounded: set from what it shows, it would shrink with every step.
        configured = {"memory_limit": ""} | dict(lakehouse.configuration().duckdb_settings)
        _set(lakehouse, {name: configured.get(name, before[name]) for name in wanted})


def size_bytes(shown: str) -> int:
    """A size as DuckDB shows it (`12.4 GiB`), in bytes.

    Raises:
        ValueError: it is none.
    """
    found = re.fullmatch(r"([\d.]+) ?(\w+)", shown)
    if found is None or found[2] not in _UNITS:
        raise ValueError(f"{shown!r} is no size of DuckDB's")
    return int(float(found[1]) * _UNITS[found[2]])


def _settings(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    names = ("threads", "memory_limit", "preserve_insertion_order", "temp_directory")
    listed = ", ".join(f"current_setting({quote_literal(name)})::VARCHAR" for name in names)
    row = connection.execute(f"SELECT {listed}").fetchone()
    return dict(zip(names, row or (), strict=True))


def _set(lakehouse: "LakehouseResource", settings: Mapping[str, str]) -> None:
    if not settings:
        return
    with lakehouse.connection() as connection:
        for name, value in settings.items():
            is_default = name == "memory_limit" and not value
            connection.execute(f"RESET GLOBAL {name}" if is_default else f"SET GLOBAL {name} = {quote_literal(value)}")
