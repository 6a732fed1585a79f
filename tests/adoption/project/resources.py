"""This project's resources: a folder of files, and where sales come from."""

import json
from pathlib import Path
from typing import Any

import dagster as dg


class JsonFolder(dg.ConfigurableIOManager):
    """Outputs as files of one folder."""

    folder: str

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Write it down."""
        Path(self.folder).mkdir(parents=True, exist_ok=True)
        (Path(self.folder) / context.asset_key.path[-1]).write_text(json.dumps(obj), encoding="utf-8")

    def load_input(self, context: dg.InputContext) -> Any:
        """Read it."""
        return json.loads((Path(self.folder) / context.asset_key.path[-1]).read_text(encoding="utf-8"))


class Shop(dg.ConfigurableResource[Any]):
    """The shop's sales."""

    days: int = 31

    def sales(self) -> list[int]:
        """One figure a day."""
        return [day * 7 % 13 for day in range(self.days)]
