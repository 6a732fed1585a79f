"""Columns that could mean two things, or nothing that is known: a person decides, level 1 proposes."""

from collections.abc import Sequence

from data_platform.chaos.experiment import Experiment, Rows, Shown, trial
from data_platform.chaos.orders import COLUMNS, Orders, OrdersFolder, asset_of, csv_text, orders
from data_platform.chaos.scratch import Scratch
from escalation_sensors.diagnosis.category import Category

KIND = "ambiguous schema"
ALIASES = {"customer": ("client", "buyer"), "amount": ("total", "value")}
STRANGE = {
    "order_id": ("id", "number", "order", "key", "reference", "order_ref", "orderno", "nr"),
    "customer": ("name", "person", "party", "account", "custmer", "customer_name", "who", "shopper"),
    "amount": ("price", "sum", "turnover", "amnt", "amount_eur", "cost", "net", "gross"),
}
"""Names that may or may not be the column: neither an alias nor its spelling."""
BOTH = (
    ("order_id", "client", "buyer", "amount"),
    ("order_id", "buyer", "client", "amount"),
    ("order_id", "customer", "total", "value"),
    ("order_id", "customer", "value", "total"),
    ("order_id", "CUSTOMER", "Customer ", "amount"),
    ("order_id", "customer", "AMOUNT", "Amount"),
    ("Order ID", "ORDER_ID", "customer", "amount"),
    ("order_id", "client", "buyer", "total"),
)
"""Two columns that one could be."""


def _delivery(name: str, header: Sequence[str]) -> Experiment:
    rows = [[*row, "7"][: len(header)] for row in orders(5)]

    def act(scratch: Scratch) -> Shown:
        folder = OrdersFolder.of(scratch, name)
        folder.deliver(csv_text(rows, header))
        result = scratch.run([asset_of(scratch, folder.source(), Orders, aliases=ALIASES)])
        # Nobody knows what was delivered: whatever is published of it was guessed.
        return folder.shown(result.success, Rows())

    return trial(name, KIND, act, "it could mean two things, or nothing that is known", Category.SCHEMA_MISMATCH)


def _replaced(column: str, name: str) -> tuple[str, ...]:
    return tuple(name if each == column else each for each in COLUMNS)


TRIALS = (
    *(_delivery(f"{column} as {name}", _replaced(column, name)) for column, names in STRANGE.items() for name in names),
    *(
        _delivery(f"{column} as {name}, and one more", (*_replaced(column, name), "extra"))
        for column, names in STRANGE.items()
        for name in names[:4]
    ),
    *(_delivery(f"two that could be one, {number}", header) for number, header in enumerate(BOTH, 1)),
    *(_delivery(f"without {column}", tuple(each for each in COLUMNS if each != column)) for column in COLUMNS),
    *(_delivery(f"only {column}", (column,)) for column in COLUMNS),
)
