"""What a publication writes into its commit about itself, and reading it back. A commit by a stranger has none."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from resources.lakehouse.build import TableBuild
from resources.lakehouse.catalog import LAKE
from resources.lakehouse.names import quote_literal
from resources.lakehouse.scope import Scope, scope_from_json, scope_to_json

AUTHOR = "data_platform"


@dataclass(frozen=True)
class PublishedTable:
    """One table of a publication: what was replaced, and by how many rows."""

    table: str
    scope: Scope
    rows: int


@dataclass(frozen=True)
class CommitRecord:
    """The run that published, its tables, and the snapshot its builds had read (None: not stated)."""

    run_id: str
    tables: tuple[PublishedTable, ...]
    read_snapshot: int | None


def commit_message_statement(
    builds: Sequence[TableBuild], *, run_id: str, message: str, read_snapshot: int | None
) -> str:
    """The statement that, inside a transaction, gives its commit the message and the record."""
    tables = [{"table": str(build.table), "scope": scope_to_json(build.scope), "rows": build.rows} for build in builds]
    record = json.dumps({"run_id": run_id, "tables": tables, "read_snapshot": read_snapshot})
    return (
        f"CALL {LAKE}.set_commit_message({quote_literal(AUTHOR)}, {quote_literal(message)}, "
        f"extra_info => {quote_literal(record)})"
    )


def parse_commit_record(extra_info: str | None) -> CommitRecord | None:
    """Reads the record of a commit; None if it has none, or one of somebody else's."""
    try:
        value: Any = json.loads(extra_info or "null")
        tables = tuple(
            PublishedTable(each["table"], scope_from_json(each["scope"]), int(each["rows"])) for each in value["tables"]
        )
        return CommitRecord(str(value["run_id"]), tables, value.get("read_snapshot"))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
