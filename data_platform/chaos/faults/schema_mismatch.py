"""Columns that are not those of the contract: renamed, added, gone, of another type; tables that are not there."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing

from data_platform.chaos.experiment import Experiment, Rows, Shown, passed_on, repairable
from data_platform.chaos.orders import COLUMNS, Orders, OrdersFolder, asset_of, csv_text, orders, truth
from data_platform.chaos.scratch import Scratch
from data_platform.chaos.small_asset import run_small
from data_platform.chaos.sql_orders import orders_database
from escalation_sensors.diagnosis.category import Category
from resources.lakehouse import LakehouseResource

SCHEMA = Category.SCHEMA_MISMATCH
ALIASES = {"customer": ("client",)}


def delivered_as(scratch: Scratch, name: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Shown:
    """Good orders yesterday, and orders under another header today."""
    folder = OrdersFolder.of(scratch, name)

    def load() -> bool:
        return scratch.run([asset_of(scratch, folder.source(), Orders, aliases=ALIASES)]).success

    folder.deliver(csv_text(orders(5)))
    load()
    before = folder.rows()
    folder.deliver(csv_text(rows, header))
    succeeded = load()
    return folder.shown(succeeded, truth(csv_text(orders())), before)


def header(name: str, columns: Sequence[str], reason: str, *, can_be_repaired: bool) -> Experiment:
    """Another header over the same columns, or one more."""
    rows = [[*row, "new"][: len(columns)] for row in orders()]

    def act(scratch: Scratch) -> Shown:
        return delivered_as(scratch, name, columns, rows)

    make = repairable if can_be_repaired else passed_on
    return make(name, SCHEMA, act, reason)


def without_amount(scratch: Scratch) -> Shown:
    """A column is gone."""
    return delivered_as(scratch, "a column that is gone", COLUMNS[:2], [row[:2] for row in orders()])


def reordered_and_renamed(scratch: Scratch) -> Shown:
    """All columns in another order, and one under its alias."""
    rows = [[row[2], row[0], row[1]] for row in orders()]
    return delivered_as(scratch, "columns reordered, one under its alias", ("amount", "order_id", "client"), rows)


def table_gone(scratch: Scratch) -> Shown:
    """The operational table was dropped."""
    folder = OrdersFolder.of(scratch, "a table that was dropped")
    rows = orders()
    path, source = orders_database(folder, rows)
    folder.load(folder.asset(source))
    before = folder.rows()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ALTER TABLE orders RENAME TO orders_2013")
        connection.commit()
    result = folder.load(folder.asset(source))
    return folder.shown(result.success, truth(csv_text(rows)), before)


def flag_for_number(scratch: Scratch) -> Shown:
    """The operational table's number became a truth value: of a narrower type."""
    folder = OrdersFolder.of(scratch, "a number that became a truth value")
    _, source = orders_database(folder, orders())
    folder.load(folder.asset(source))
    before = folder.rows()
    _, source = orders_database(
        folder, [[row[0], row[1], "1"] for row in orders()], "order_id INTEGER, customer TEXT, amount BOOLEAN"
    )
    result = folder.load(folder.asset(source))
    return folder.shown(result.success, truth(csv_text(orders())), before)


def renamed_in_database(scratch: Scratch) -> Shown:
    """The operational database renamed a column to its alias."""
    folder = OrdersFolder.of(scratch, "a database that renamed a column to its alias")
    rows = orders()
    _, source = orders_database(folder, rows, "order_id INTEGER, client TEXT, amount DOUBLE")
    result = scratch.run([asset_of(scratch, source, Orders, aliases=ALIASES)])
    return folder.shown(result.success, truth(csv_text(rows)))


def upstream_column_gone(lakehouse: LakehouseResource) -> str:
    """A model reads a column that its upstream table does not have any more."""
    with lakehouse.connection() as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS upstream")
        connection.execute("CREATE OR REPLACE TABLE upstream.amounts AS SELECT 1::BIGINT AS number")
    return "SELECT number, amount FROM upstream.amounts"


FAULTS: tuple[Experiment, ...] = (
    header("a column under its alias", ("order_id", "client", "amount"), "the contract names it", can_be_repaired=True),
    header(
        "columns in another spelling",
        ("Order ID", "CUSTOMER", "Amount"),
        "without case and blanks the names are the contract's",
        can_be_repaired=True,
    ),
    header("a new column", (*COLUMNS, "colour"), "what is new can be taken in", can_be_repaired=True),
    header(
        "a new column and one under its alias",
        ("order_id", "client", "amount", "colour"),
        "both differences are explained",
        can_be_repaired=True,
    ),
    repairable(
        "columns reordered, one under its alias", SCHEMA, reordered_and_renamed, "the order is free, the alias known"
    ),
    repairable(
        "a database that renamed a column to its alias", SCHEMA, renamed_in_database, "the contract names the alias"
    ),
    header(
        "a column under an unknown name",
        ("order_id", "customer", "turnover"),
        "nothing says that it is the same",
        can_be_repaired=False,
    ),
    passed_on("a column that is gone", SCHEMA, without_amount, "what is not delivered cannot be mapped"),
    passed_on("a table that was dropped", SCHEMA, table_gone, "nothing says where its rows are now"),
    passed_on("a number that became a truth value", SCHEMA, flag_for_number, "its type narrowed"),
    passed_on(
        "an upstream table that lost a column",
        SCHEMA,
        run_small("an upstream table that lost a column", upstream_column_gone, truth=Rows()),
        "the model or its upstream has to change",
    ),
)
