"""What came of a publication. How it is done stands in `publishing.py`."""

from collections.abc import Mapping
from dataclasses import dataclass

from resources.lakehouse.names import TableName


@dataclass(frozen=True)
class Publication:
    """The snapshots before and after, and the rows each table was given."""

    snapshot_before: int
    snapshot_after: int
    rows: Mapping[TableName, int]
