"""`escalation proposals`: what level 1 would do and may not do by itself, as the one who approves it reads it."""

import json
from collections.abc import Mapping
from typing import Any, TextIO

from escalation_sensors.cli.errors import CommandError
from escalation_sensors.cli.receipts import open_store
from escalation_sensors.level1.proposals import proposals_of
from escalation_sensors.store import StoreError

UNKNOWN = "unknown"


def show_proposals(target: TextIO, *, as_json: bool) -> None:
    """The newest proposals, newest first: as JSON one a line, else each with its plan in lines of its own.

    Raises:
        CommandError: there is no store.
    """
    try:
        rows = proposals_of(open_store())
    except StoreError as error:
        raise CommandError(str(error)) from error
    if as_json:
        target.writelines(json.dumps({**row, "at": row["at"].isoformat()}) + "\n" for row in rows)
    else:
        target.write("\n".join(map(_in_words, rows)))


def _in_words(row: Mapping[str, Any]) -> str:
    plan = row["plan"]
    rows, seconds, downstream = plan["rows"], plan["seconds"], plan.get("downstream", ())
    lines = {
        "effect": plan["effect"],
        "why": plan.get("why") or "so that it does not come back",
        "rows": UNKNOWN if rows is None else f"{rows:,}",
        "assets": ", ".join(plan["assets"]) + (f"; downstream: {', '.join(downstream)}" if downstream else ""),
        "time": UNKNOWN if seconds is None else f"{seconds:.1f} s, by its history",
        "undo": plan["undo"],
    }
    head = f"{row['id']}  {row['state']}  {row['at']:%Y-%m-%d %H:%M:%S} UTC  {row['remedy']}"
    return "\n".join([head, *(f"   {name + ':':<8}{text}" for name, text in lines.items()), ""])
