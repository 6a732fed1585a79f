"""The small source of most experiments: orders as CSV in a folder of the experiment's own, loaded as in production."""

import csv
import io
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from zlib import crc32

import dagster as dg
import pandera.polars as pa

from data_platform.assets.source_assets import DeclaredSource, source_asset
from data_platform.auditing import Contract, policies, quarantine
from data_platform.chaos.experiment import Rows, Shown
from data_platform.chaos.scratch import TODAY, Scratch
from data_platform.contracts.raw_table import RawTable
from data_platform.materialization.quarantine import quarantine_name
from resources.lakehouse import TableName
from resources.sources import CsvFolder, Source

COLUMNS = ("order_id", "customer", "amount")
MOST_SET_ASIDE = 3
LONGEST_NAME = 60


class Orders(RawTable):
    """Orders. A few with an impossible amount or without a customer may be set aside."""

    order_id: int
    customer: str = pa.Field(
        metadata=policies(not_null=quarantine(max_rows=MOST_SET_ASIDE, reason="Nobody to send it to.")),
    )
    amount: float = pa.Field(
        ge=0,
        metadata=policies(ge=quarantine(max_rows=MOST_SET_ASIDE, reason="A negative amount.")),
    )

    class Config:
        """The table and its key."""

        name = "raw.orders"
        strict = True
        unique: ClassVar = ["order_id"]


def orders(count: int = 20, *, first: int = 1) -> list[list[str]]:
    """So many good orders, as they are written in a file."""
    return [[str(number), f"customer {number % 7}", f"{number * 1.5}"] for number in range(first, first + count)]


def csv_text(rows: Iterable[Sequence[str]], header: Sequence[str] = COLUMNS) -> str:
    """Rows as a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


def truth(text: str, columns: Sequence[str] = COLUMNS) -> Rows:
    """The rows of a CSV file by Python's own reader, by name; NULL is empty, as it is in what readers see."""
    reader = csv.DictReader(io.StringIO(text))
    return Rows(tuple("" if row[name] == "NA" else row[name] for name in columns) for row in reader)


@dataclass(frozen=True)
class OrdersFolder:
    """A folder into which one experiment delivers orders, and the raw table they are loaded into."""

    scratch: Scratch
    name: str
    folder: Path
    file: str = "orders.csv"
    contract: type[Contract] = Orders

    @classmethod
    def of(
        cls, scratch: Scratch, name: str, file: str = "orders.csv", contract: type[Contract] = Orders
    ) -> "OrdersFolder":
        """The folder of an experiment."""
        return cls(scratch, identifier(name), scratch.folder(name), file, contract)

    @property
    def table(self) -> TableName:
        """The raw table."""
        return TableName("raw", self.name)

    @property
    def subject(self) -> str:
        """What the ledger calls its asset."""
        return f"asset:raw/{self.name}"

    def deliver(self, content: str | bytes, file: str | None = None) -> Path:
        """Put a file into the folder, as if it had lain there for an hour."""
        path = self.folder / (file or self.file)
        partial = path.with_name(f".{path.name}")
        partial.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(partial, (time.time() - 3600,) * 2)
        partial.replace(path)
        return path

    def source(self, **settings: Any) -> Source:  # noqa: ANN401 - settings of the source's own types
        """The source as it is declared."""
        given = {"settle_seconds": 0.0, "wait_seconds": 0.3, **settings}
        return CsvFolder(name=self.name, folder=self.folder, pattern=self.file, **given)

    def asset(self, source: Source | None = None, *, budget_seconds: float | None = None) -> dg.AssetsDefinition:
        """The platform's own asset for the source."""
        return asset_of(self.scratch, source or self.source(), self.contract, budget_seconds)

    def load(self, asset: dg.AssetsDefinition | None = None, **options: Any) -> dg.ExecuteInProcessResult:  # noqa: ANN401 - of `run`
        """Load what was delivered."""
        return self.scratch.run([asset or self.asset()], **options)

    def rows(self) -> Rows:
        """What readers see of it now."""
        return self.scratch.rows(self.table, COLUMNS)

    def set_aside(self) -> Rows:
        """What is in its quarantine."""
        return self.scratch.rows(quarantine_name(self.table), COLUMNS)

    def shown(self, succeeded: bool, expected: Rows, before: Rows | None = None, **more: Any) -> Shown:  # noqa: ANN401, FBT001 - of `Shown`, as it has them
        """What is to be seen now."""
        return Shown(
            (self.subject,),
            succeeded,
            truth=expected,
            before=Rows() if before is None else before,
            after=self.rows(),
            set_aside=self.set_aside(),
            **more,
        )


def identifier(name: str) -> str:
    """The name of an experiment as that of a table."""
    plain = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in name.lower())
    # Two long names may begin alike.
    return plain if len(plain) <= LONGEST_NAME else f"{plain[: LONGEST_NAME - 9]}_{crc32(name.encode()):08x}"


def asset_of(
    scratch: Scratch,
    source: Source,
    contract: type[Contract],
    budget_seconds: float | None = None,
    aliases: Mapping[str, Sequence[str]] | None = None,
) -> dg.AssetsDefinition:
    """The platform's asset for a source that is not partitioned; a budget other than the usual is a tag of it."""
    declared = DeclaredSource(source, contract, description="Chaos.", owners=("team:chaos",), **_given(aliases))
    scratch.subjects.added_sources[declared.table] = declared
    asset = source_asset(declared, None, landing=scratch.settings.landing_path, today=TODAY)
    if budget_seconds is None:
        return asset
    tags = {"escalation/budget_seconds": f"{budget_seconds:g}"}
    return asset.map_asset_specs(lambda spec: spec.merge_attributes(tags=tags))


def _given(aliases: Mapping[str, Sequence[str]] | None) -> dict[str, Any]:
    return {} if aliases is None else {"aliases": aliases}
