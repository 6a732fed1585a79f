"""DuckDB's extensions from their wheels: loaded by path, signed by DuckDB, nothing fetched from a network."""

from importlib.util import find_spec
from pathlib import Path

import duckdb

from resources.lakehouse.errors import InvalidConfiguration, one_line
from resources.lakehouse.names import quote_literal

OFFLINE = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_persistent_secrets": "false",  # else a user's stored secret may shadow the configured one
}
"""The settings of a connection that uses what is installed here and nothing of the machine's."""


def extension_path(name: str) -> Path:
    """The file of an extension, from its wheel `duckdb-extension-<name>`.

    Raises:
        InvalidConfiguration: the wheel is not installed.
    """
    spec = find_spec(f"duckdb_extension_{name}")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for file in Path(folder).rglob(f"{name}.duckdb_extension"):
            return file
    wheel = f"duckdb-extension-{name.replace('_', '-')}=={duckdb.__version__}"
    raise InvalidConfiguration(f"DuckDB's extension {name} is not installed: pip install {wheel}")


def load_extensions(connection: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Loads the extensions; about 0.08 s each, once for an instance.

    Raises:
        InvalidConfiguration: a wheel is missing, or was made for another version of DuckDB.
    """
    for name in names:
        path = extension_path(name)
        try:
            connection.execute(f"LOAD {quote_literal(str(path))}")
        except duckdb.Error as error:
            wheel = f"duckdb-extension-{name.replace('_', '-')}"
            raise InvalidConfiguration(
                f"DuckDB {duckdb.__version__} cannot load {wheel}: install both in the same version ({one_line(error)})"
            ) from error
