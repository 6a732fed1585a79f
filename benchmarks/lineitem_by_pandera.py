"""The checks of lineitem by pandera alone, as its users write them: on polars, and on DuckDB through ibis."""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pandera.polars as pa
import polars as pl

from benchmarks.lineitem import SHIP_MODES, WORDS

Prepared = Callable[[], int]
"""Loads and checks; yields 0 failing rows, or raises pandera's errors."""


def on_polars(folder: Path) -> Prepared:
    """Read whole by polars, validated lazily, so that every check is made."""

    def run() -> int:
        orders, parts = (
            pl.read_parquet(folder / f"{table}.parquet", columns=[key]).to_series().implode()
            for table, key in (("orders", "o_orderkey"), ("part", "p_partkey"))
        )
        schema = _schema(
            pa,
            {"money": pl.Decimal(15, 2), "date": pl.Date},
            is_order=pa.Check(lambda data: data.lazyframe.select(pl.col(data.key).is_in(orders))),
            is_part=pa.Check(lambda data: data.lazyframe.select(pl.col(data.key).is_in(parts))),
            in_order=pa.Check(lambda data: data.lazyframe.select(pl.col("l_shipdate") <= pl.col("l_receiptdate"))),
        )
        schema.validate(pl.read_parquet(folder / "lineitem.parquet"), lazy=True)
        return 0

    return run


def on_ibis(folder: Path) -> Prepared:
    """Left in the Parquet files, validated lazily by DuckDB through ibis."""
    import ibis  # noqa: PLC0415 - a candidate's memory holds only what it needs itself
    import ibis.expr.datatypes as types  # noqa: PLC0415 - as above
    import pandera.ibis  # noqa: PLC0415 - as above

    def run() -> int:
        connection = ibis.duckdb.connect()
        lineitem, orders, part = (
            connection.read_parquet(folder / f"{table}.parquet") for table in ("lineitem", "orders", "part")
        )
        schema = _schema(
            pandera.ibis,
            {"money": types.Decimal(15, 2), "date": dt.date},
            is_order=pa.Check(lambda data: data.table.select(data.table[data.key].isin(orders.o_orderkey))),
            is_part=pa.Check(lambda data: data.table.select(data.table[data.key].isin(part.p_partkey))),
            in_order=pa.Check(lambda data: data.table.select(data.table.l_shipdate <= data.table.l_receiptdate)),
        )
        schema.validate(lineitem, lazy=True)
        return 0

    return run


def _schema(
    backend: ModuleType, types: Mapping[str, object], *, is_order: pa.Check, is_part: pa.Check, in_order: pa.Check
) -> Any:  # noqa: ANN401 - a schema of either backend
    money, date, check = types["money"], types["date"], pa.Check
    return backend.DataFrameSchema(
        {
            name: backend.Column(kind, checks)
            for name, kind, checks in (
                ("l_orderkey", int, [is_order]),
                ("l_partkey", int, [is_part]),
                ("l_suppkey", int, []),
                ("l_linenumber", int, [check.ge(1), check.le(7)]),
                ("l_quantity", money, [check.ge(1), check.le(50)]),
                ("l_extendedprice", money, []),
                ("l_discount", money, [check.ge(0), check.le(Decimal("0.10"))]),
                ("l_tax", money, [check.ge(0), check.le(Decimal("0.08"))]),
                ("l_returnflag", str, [check.isin(["A", "N", "R"])]),
                ("l_linestatus", str, []),
                ("l_shipdate", date, []),
                ("l_commitdate", date, []),
                ("l_receiptdate", date, []),
                ("l_shipinstruct", str, []),
                ("l_shipmode", str, [check.isin(SHIP_MODES), check.str_matches(WORDS)]),
                ("l_comment", str, []),
            )
        },
        checks=in_order,
        unique=["l_orderkey", "l_linenumber"],
        strict=True,
    )
