"""TPC-H lineitem at scale factor 1 (6,001,215 rows) as Parquet, and what it must promise: the contract to audit it by.

The same checks by hand are in `lineitem_by_hand.py`, by pandera alone in `lineitem_by_pandera.py`.
"""

import datetime as dt
import importlib.util
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Annotated, ClassVar

import duckdb
import pandera.polars as pa
import polars as pl

from data_platform.auditing import Contract, policies, rule
from resources.lakehouse import TableName

TABLES = ("lineitem", "orders", "part")
SHIP_MODES = ["AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"]
WORDS = "^[A-Z]+( [A-Z]+)*$"
Money = Annotated[pl.Decimal, 15, 2]


class LineItem(Contract):
    """One position of an order."""

    l_orderkey: int = pa.Field(references="tpch.orders.o_orderkey")
    l_partkey: int = pa.Field(references="tpch.part.p_partkey")
    l_suppkey: int
    l_linenumber: int = pa.Field(ge=1, le=7)
    l_quantity: Money = pa.Field(ge=1, le=50)
    l_extendedprice: Money
    l_discount: Money = pa.Field(ge=0, le=Decimal("0.10"))
    l_tax: Money = pa.Field(ge=0, le=Decimal("0.08"))
    l_returnflag: str = pa.Field(isin=["A", "N", "R"])
    l_linestatus: str
    l_shipdate: dt.date
    l_commitdate: dt.date
    l_receiptdate: dt.date
    l_shipinstruct: str
    l_shipmode: str = pa.Field(isin=SHIP_MODES, str_matches=WORDS)
    l_comment: str

    class Config:
        """The table and its checks across columns."""

        name = "tpch.lineitem"
        strict = True
        unique: ClassVar = ["l_orderkey", "l_linenumber"]
        metadata = policies(rules=[rule("is_received_after_it_is_shipped", "l_shipdate <= l_receiptdate")])


def parquet(folder: Path, table: TableName) -> str:
    """One table of `folder`, usable in FROM."""
    return f"read_parquet('{folder / table.table}.parquet')"


@contextmanager
def lineitem_folder() -> Iterator[Path]:
    """A folder that holds `TABLES`, as files of those names, while within it."""
    spec = importlib.util.find_spec("duckdb_extension_tpch")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("duckdb-extension-tpch is not installed: run make bench, which installs it")
    extension = next(Path(spec.submodule_search_locations[0]).rglob("*.duckdb_extension"))
    with tempfile.TemporaryDirectory(prefix="lineitem-") as name:
        folder = Path(name)
        with duckdb.connect() as connection:
            connection.execute("SET enable_progress_bar = false")
            connection.execute(f"LOAD '{extension}'")
            connection.execute("CALL dbgen(sf = 1)")
            for table in TABLES:
                connection.execute(f"COPY {table} TO '{folder / table}.parquet' (FORMAT parquet)")
        yield folder
