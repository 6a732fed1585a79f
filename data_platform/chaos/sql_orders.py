"""Orders in a small operational database, read by the platform's own source kind."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from data_platform.chaos.orders import OrdersFolder
from resources.sources import SqlTable

COLUMNS_SQL = "order_id INTEGER, customer TEXT, amount DOUBLE"


def orders_database(
    folder: OrdersFolder,
    rows: Sequence[Sequence[str]],
    columns: str = COLUMNS_SQL,
    **settings: Any,  # noqa: ANN401 - the source's own
) -> tuple[Path, SqlTable]:
    """The database's file, with the rows in its table `orders`, and the source that reads it."""
    path = folder.folder / "operational.sqlite"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"CREATE TABLE orders ({columns})")
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO orders VALUES ({marks})", rows)
        connection.commit()
    return path, SqlTable(name=folder.name, url=f"sqlite:///{path}", table="orders", **settings)
