"""What a SQL model is: one SELECT with a front matter. Values only; reading files is in `load.py`."""

from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlglot import exp, parse_one

from resources.lakehouse.names import TableName


class ModelError(ValueError):
    """A model's file is wrong; the message names the file and, where known, the line."""

    escalation_category = "code_defect"


def _known_zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"unknown time zone {zone!r}; use an IANA name such as Europe/Berlin") from error
    return zone


class Consumer(BaseModel):
    """Somebody who reads a model, and the daily time at which they would notice that it is late."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    daily_by: time
    zone: Annotated[str, AfterValidator(_known_zone)]
    notices: str = Field(min_length=1)


ColumnName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$")]


class FrontMatter(BaseModel):
    """The YAML at the head of a model's file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str = Field(min_length=1)
    owners: tuple[str, ...] = Field(min_length=1)
    freshness_hours: float | None = Field(default=None, gt=0)
    partition_column: str | None = Field(default=None, pattern=r"^[a-z_][a-z0-9_]*$")
    split_key: tuple[ColumnName, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Model:
    """One SQL model: the SELECT of one table, with who owns and who reads it.

    `no_split_key` says why the split key of its front matter is not used; empty where it may be, or there is none.
    """

    name: TableName
    path: Path
    sql: str
    front_matter: FrontMatter
    depends_on: tuple[TableName, ...]
    no_split_key: str = ""

    @property
    def description(self) -> str:
        """What the table holds, in Markdown."""
        return self.front_matter.description

    @property
    def owners(self) -> tuple[str, ...]:
        """Dagster owners: `team:name` or an e-mail address."""
        return self.front_matter.owners

    @property
    def freshness_hours(self) -> float | None:
        """Hours after which the table counts as stale; None where nobody waits for it."""
        return self.front_matter.freshness_hours

    @property
    def partition_column(self) -> str | None:
        """The DATE column by which the table is partitioned, or None."""
        return self.front_matter.partition_column

    @property
    def hash_key(self) -> tuple[str, ...]:
        """The columns by whose hash the build can be made in parts; empty where it cannot."""
        return () if self.no_split_key else self.front_matter.split_key

    @property
    def split_key(self) -> tuple[str, ...]:
        """The columns by which the build can be made in parts; empty where it is only ever made as a whole."""
        return self.hash_key or tuple(filter(None, (self.partition_column,)))

    @property
    def consumers(self) -> tuple[Consumer, ...]:
        """Who reads the table, and by when."""
        return self.front_matter.consumers

    def select(self, start: date | None = None, end: date | None = None) -> str:
        """The model's SELECT in DuckDB's dialect, for the days from `start` up to but not including `end`.

        Raises:
            ModelError: a partitioned model is asked for without days, or the other way round.
        """
        if (self.partition_column is None) != (start is None or end is None):
            raise ModelError(f"{self.path.name}: a partitioned model needs a start and an end, any other has none")
        days = {"start_date": start, "end_date": end}

        def with_days(node: exp.Expr) -> exp.Expr:
            if isinstance(node, exp.Placeholder) and (day := days.get(node.name)) is not None:
                return exp.cast(exp.Literal.string(day.isoformat()), "date")
            return node

        return parse_one(self.sql, dialect="duckdb").transform(with_days).sql(dialect="duckdb")
