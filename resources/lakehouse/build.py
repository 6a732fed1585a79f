"""A build: Parquet files outside the catalog, ready to be audited and published, and the folder they are made in."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from resources.lakehouse.errors import InvalidBuild, LakehouseUnavailable
from resources.lakehouse.names import TableName, verify_name
from resources.lakehouse.scope import Scope

if TYPE_CHECKING:
    from resources.lakehouse.resource import LakehouseResource


@dataclass(frozen=True)
class TableBuild:
    """The files of one table's build: `columns` maps names to DuckDB types in order; `rows` are those in all files."""

    table: TableName
    columns: Mapping[str, str]
    files: tuple[str, ...]
    rows: int
    scope: Scope

    def __post_init__(self) -> None:
        for column in self.columns:
            verify_name(column, "column")
        if not self.columns:
            raise InvalidBuild(f"{self.table}: a build without columns cannot be published")


def new_build_folder(lakehouse: "LakehouseResource", table: TableName, run_id: str) -> str:
    """A new, empty folder for one attempt at building one table, without a slash at its end.

    Every attempt has its own: a file that is added twice doubles its rows without a word.

    Raises:
        LakehouseUnavailable: the folder cannot be made.
    """
    run = "".join(character if character.isalnum() or character in "-_" else "_" for character in run_id)[:64]
    folder = f"{lakehouse.configuration().build_path}{table.schema}/{table.table}/{run}-{secrets.token_hex(8)}"
    if not folder.startswith("s3://"):
        try:
            Path(folder).mkdir(parents=True)
        except OSError as error:
            raise LakehouseUnavailable(f"the build folder {folder} cannot be made: {error.strerror}") from error
    return folder


def verify_together(builds: Sequence[TableBuild]) -> None:
    """Refuses builds that cannot be published in one transaction.

    Raises:
        InvalidBuild: there is none, or a table or file occurs twice.
    """
    if not builds:
        raise InvalidBuild("there is nothing to publish")
    for what, names in (
        ("table", [str(build.table) for build in builds]),
        ("file", [file for build in builds for file in build.files]),
    ):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InvalidBuild(f"the {what} {twice[0]} occurs twice in one publication")
