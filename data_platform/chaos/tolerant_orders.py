"""Orders with a contract that blocks on a bad row, and lets a repair set a few of them aside."""

from typing import ClassVar

import pandera.polars as pa

from data_platform.auditing import block, policies
from data_platform.contracts.raw_table import RawTable

TOLERANCE = 0.01


class TolerantOrders(RawTable):
    """Orders of which a repair may set a hundredth aside."""

    order_id: int
    customer: str = pa.Field(
        metadata=policies(not_null=block("Nobody to send it to.", quarantine_on_repair=TOLERANCE)),
    )
    amount: float = pa.Field(ge=0, metadata=policies(ge=block("A negative amount.", quarantine_on_repair=TOLERANCE)))

    class Config:
        """The table and its key."""

        name = "raw.tolerant_orders"
        strict = True
        unique: ClassVar = ["order_id"]
