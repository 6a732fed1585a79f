"""How what is delivered differs from the contract and is read all the same: renamed, of a narrower type, or more of it.

Who decides that it may be is not this package's business. Without a mapping every difference is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from resources.lakehouse.names import verify_name
from resources.lakehouse.table_schema import canonical_type
from resources.sources.json_format import JsonFormat
from resources.sources.landed import Landed

TEXT = "VARCHAR"


@dataclass(frozen=True)
class ColumnMapping:
    """The differences that are read over.

    Attributes:
        delivered: for a renamed column, the name it is delivered under by the name in the contract.
        read_as: for a column of another type, the type that it is delivered in; it is cast if nothing is lost.
        added: columns that are delivered beyond the contract's and taken in, name to type; null where not delivered.
    """

    delivered: Mapping[str, str] = field(default_factory=dict)
    read_as: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, str] = field(default_factory=dict)

    def with_added(self, columns: Mapping[str, str]) -> dict[str, str]:
        """`columns` and those taken in beyond them.

        Raises:
            InvalidName: a column's name cannot be in the lakehouse.
            SchemaConflict: its type is none of DuckDB's.
        """
        more = {verify_name(name, "column"): canonical_type(kind or TEXT) for name, kind in self.added.items()}
        return {**columns, **{name: kind for name, kind in more.items() if name not in columns}}

    def name_in(self, delivered: tuple[str, ...], name: str) -> str:
        """What a column is called where these are delivered: the contract's own name counts first."""
        return name if name in delivered else self.delivered.get(name, name)

    def renamed(self, delivered: tuple[str, ...]) -> tuple[str, ...]:
        """The delivered names, each renamed one in the contract's words."""
        back = {other: name for name, other in self.delivered.items() if name not in delivered}
        return tuple(back.get(name, name) for name in delivered)


def mapped(landed: Landed, mapping: ColumnMapping) -> Landed:
    """The same files, to be read by the mapping. The bytes stay as they were delivered."""
    if not mapping.delivered:
        return landed
    form = landed.format
    if isinstance(form, JsonFormat):
        form = replace(form, renamed=tuple(mapping.delivered.items()))
    files = tuple(replace(file, columns=mapping.renamed(file.columns)) for file in landed.files)
    return replace(landed, files=files, format=form)
