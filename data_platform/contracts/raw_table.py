"""What every raw table has beside its source's own columns. The tables themselves are in `raw.py`."""

import pandera.polars as pa

from data_platform.auditing import Contract
from data_platform.contracts.column_types import Instant


class RawTable(Contract):
    """The base of the raw contracts: where a row came from, and when."""

    # Aliases, because pandera takes no attribute with an underscore before it for a column.
    source_file: str = pa.Field(alias="_source_file", description="The landed file that the row was read from.")
    loaded_at: Instant = pa.Field(alias="_loaded_at", description="When that file was landed.")
