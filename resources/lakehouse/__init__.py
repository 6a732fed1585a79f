"""The lakehouse: DuckLake on DuckDB. Connections, build folders, publishing, versions, maintenance."""

from typing import TYPE_CHECKING, Any

from resources.lakehouse.build import TableBuild, new_build_folder
from resources.lakehouse.changes import Change, changes_since
from resources.lakehouse.engine_settings import engine_settings
from resources.lakehouse.errors import (
    InvalidBuild,
    InvalidConfiguration,
    InvalidName,
    LakehouseError,
    LakehouseUnavailable,
    PublishConflict,
    PublishLockTimeout,
    RetentionTooShort,
    RowCountMismatch,
    SchemaConflict,
    SnapshotNotFound,
)
from resources.lakehouse.maintenance import MaintenanceReport, run_maintenance
from resources.lakehouse.names import TableName, quote_identifier, quote_literal
from resources.lakehouse.publication import Publication
from resources.lakehouse.publishing import publish
from resources.lakehouse.recipes import read_only_attach_recipe
from resources.lakehouse.restore import build_of_query, build_of_snapshot, columns_at, restore_table, select_columns
from resources.lakehouse.scope import Append, ReplaceRange, ReplaceRanges, ReplaceTable, Scope
from resources.lakehouse.snapshots import Snapshot, current_snapshot, list_snapshots
from resources.lakehouse.table_files import TableFiles, files_at, table_files
from resources.lakehouse.table_schema import read_columns, table_exists

if TYPE_CHECKING:
    from resources.lakehouse.resource import LakehouseResource

__all__ = [
    "Append",
    "Change",
    "InvalidBuild",
    "InvalidConfiguration",
    "InvalidName",
    "LakehouseError",
    "LakehouseResource",
    "LakehouseUnavailable",
    "MaintenanceReport",
    "Publication",
    "PublishConflict",
    "PublishLockTimeout",
    "ReplaceRange",
    "ReplaceRanges",
    "ReplaceTable",
    "RetentionTooShort",
    "RowCountMismatch",
    "SchemaConflict",
    "Scope",
    "Snapshot",
    "SnapshotNotFound",
    "TableBuild",
    "TableFiles",
    "TableName",
    "build_of_query",
    "build_of_snapshot",
    "changes_since",
    "columns_at",
    "current_snapshot",
    "engine_settings",
    "files_at",
    "list_snapshots",
    "new_build_folder",
    "publish",
    "quote_identifier",
    "quote_literal",
    "read_columns",
    "read_only_attach_recipe",
    "restore_table",
    "run_maintenance",
    "select_columns",
    "table_exists",
    "table_files",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's attribute may be anything
    """Imports the resource when it is first asked for: who only quotes a name need not wait 2 s for dagster."""
    if name != "LakehouseResource":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from resources.lakehouse.resource import LakehouseResource  # noqa: PLC0415 - see above

    return LakehouseResource
