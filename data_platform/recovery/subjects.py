"""Which table, source or model a subject of the ladder's is: `asset:core/flight` is the table core.flight."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from data_platform.assets.catalog import MODELS
from data_platform.assets.partitions import FIRST_DAY
from data_platform.assets.source_assets import DeclaredSource
from data_platform.modeling import Model, load_models
from data_platform.settings import Settings
from data_platform.sources import declared_sources
from resources.lakehouse import InvalidName, TableName

PREFIX = "asset:"


@dataclass(frozen=True)
class Subjects:
    """The platform's tables by the ladder's names for them."""

    settings: Settings

    @cached_property
    def sources(self) -> dict[TableName, DeclaredSource]:
        """The declared sources by their raw tables."""
        return {each.table: each for each in declared_sources(self.settings)}

    @cached_property
    def models(self) -> dict[TableName, Model]:
        """The SQL models by their tables."""
        return {each.name: each for each in load_models(MODELS)}

    @property
    def today(self) -> date:
        """The sources' date."""
        return self.settings.today

    @property
    def days(self) -> tuple[date, ...]:
        """Every day from the first of the data to the sources' date."""
        return tuple(FIRST_DAY + timedelta(days=number) for number in range((self.today - FIRST_DAY).days + 1))

    def table(self, subject: str) -> TableName | None:
        """The table of the subject; None if it is none of the platform's."""
        if not subject.startswith(PREFIX):
            return None
        try:
            table = TableName.parse(subject.removeprefix(PREFIX).replace("/", "."))
        except InvalidName:
            return None
        return table if self.owns(table) else None

    def partition_column(self, table: TableName) -> str | None:
        """The DATE column by whose days the table is partitioned; None where it is not."""
        of = self.sources.get(table) or self.models.get(table)
        return of.partition_column if of is not None else None

    def owns(self, table: TableName) -> bool:
        """Whether the platform builds the table from a source or a model, so that it may publish it anew."""
        return table in self.sources or table in self.models
