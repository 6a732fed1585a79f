"""The DuckDB engine: one `COPY (SELECT …) TO …` a build. Another engine (Spark) would stand beside this file."""

from dataclasses import dataclass

import duckdb

from resources.lakehouse.names import quote_literal


@dataclass(frozen=True)
class BuiltFiles:
    """What a build left in its folder: Parquet files and the rows in all of them together."""

    files: tuple[str, ...]
    rows: int

    @property
    def relation(self) -> str:
        """The files as one relation, usable in FROM."""
        return f"read_parquet([{', '.join(map(quote_literal, self.files))}])"


def build_files(connection: duckdb.DuckDBPyConnection, select: str, folder: str, name: str) -> BuiltFiles:
    """Runs `select` and writes its rows to Parquet files below `folder`, whose names begin with `name`.

    Raises:
        duckdb.Error: the query or the write failed; whatever was written stays unregistered and is swept later.
    """
    target = quote_literal(f"{folder.rstrip('/')}/{name}.parquet")
    row = connection.execute(f"COPY ({select}\n) TO {target} (FORMAT parquet, RETURN_FILES)").fetchone()
    if row is None:
        raise duckdb.InternalException(f"COPY to {folder} returned no row")
    rows, files = row
    return BuiltFiles(tuple(files), int(rows))
