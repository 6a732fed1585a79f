"""Which table, source or model a subject is, for the experiments: as of the platform's own, and it owns all of them."""

from dataclasses import dataclass, field

from data_platform.assets.source_assets import DeclaredSource
from data_platform.modeling import Model
from data_platform.recovery.subjects import Subjects
from resources.lakehouse import TableName

SCHEMAS = ("raw", "core")


@dataclass(frozen=True)
class ChaosSubjects(Subjects):
    """The tables of the experiments; sources and models are added as they are made."""

    added_sources: dict[TableName, DeclaredSource] = field(default_factory=dict)
    added_models: dict[TableName, Model] = field(default_factory=dict)

    @property
    def sources(self) -> dict[TableName, DeclaredSource]:
        """The experiments' sources."""
        return self.added_sources

    @property
    def models(self) -> dict[TableName, Model]:
        """The experiments' models."""
        return self.added_models

    def owns(self, table: TableName) -> bool:
        """Everything in the scratch lakehouse is an experiment's."""
        return table.schema in SCHEMAS
