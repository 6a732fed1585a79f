"""The two kinds of time a column can hold. No checks here."""

from typing import Annotated

import polars as pl

Instant = Annotated[pl.Datetime, "us", "UTC"]
"""A moment, the same everywhere; TIMESTAMP WITH TIME ZONE in the lakehouse."""

WallClock = Annotated[pl.Datetime, "us", None]
"""What the clock on the wall of one place shows; which place is in the column's description."""
