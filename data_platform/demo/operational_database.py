"""Seeds the operational database with planes, airports and airlines: SQLite by default, PostgreSQL by URL.

It stands for another team's system; nothing of the platform writes to it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy
from sqlalchemy import Column, Double, Integer, MetaData, Table, Text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from data_platform.demo.nycflights import NULL, read_table

METADATA = MetaData()
TABLES = (
    Table("airlines", METADATA, Column("carrier", Text, primary_key=True), Column("name", Text, nullable=False)),
    Table(
        "airports",
        METADATA,
        Column("faa", Text, primary_key=True),
        Column("name", Text, nullable=False),
        Column("lat", Double),
        Column("lon", Double),
        Column("alt", Integer),
        Column("tz", Integer),
        Column("dst", Text),
        Column("tzone", Text),
    ),
    Table(
        "planes",
        METADATA,
        Column("tailnum", Text, primary_key=True),
        Column("year", Integer),
        Column("type", Text),
        Column("manufacturer", Text),
        Column("model", Text),
        Column("engines", Integer),
        Column("seats", Integer),
        Column("speed", Integer),
        Column("engine", Text),
    ),
)
_PARSERS: Mapping[type, Callable[[str], object]] = {Text: str, Integer: int, Double: float}
_CONNECT_TIMEOUT_SECONDS = 10


def seed_operational_database(url: str) -> bool:
    """Create and fill the three tables, all or none; returns False if they are there already.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database cannot be reached or written.
    """
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        # SQLAlchemy 2.1 takes the bare scheme for psycopg 3.
        return _fill(address.set(drivername="postgresql+psycopg2"), {"connect_timeout": _CONNECT_TIMEOUT_SECONDS})
    path = Path(address.database or "")
    if path.exists():
        return _fill(address, {"timeout": _CONNECT_TIMEOUT_SECONDS})
    path.parent.mkdir(parents=True, exist_ok=True)
    # A database appears filled or not at all: SQLite's driver does not put CREATE TABLE into the transaction.
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        _fill(address.set(database=str(partial)), {"timeout": _CONNECT_TIMEOUT_SECONDS})
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return True


def _fill(address: sqlalchemy.URL, connect_args: Mapping[str, object]) -> bool:
    engine = sqlalchemy.create_engine(address, poolclass=NullPool, connect_args=dict(connect_args))
    try:
        with engine.begin() as connection:
            there = set(sqlalchemy.inspect(connection).get_table_names())
            missing = [table for table in TABLES if table.name not in there]
            METADATA.create_all(connection, tables=missing)
            for table in missing:
                connection.execute(table.insert(), _rows(table))
    finally:
        engine.dispose()
    return bool(missing)


def _rows(table: Table) -> list[dict[str, object]]:
    columns, rows = read_table(table.name)
    parsers = {name: _PARSERS[type(table.columns[name].type)] for name in columns}
    return [
        {name: None if text == NULL else parsers[name](text) for name, text in zip(columns, row, strict=True)}
        for row in rows
    ]
