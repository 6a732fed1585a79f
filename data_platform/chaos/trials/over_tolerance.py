"""More bad rows than the contract lets anybody set aside: nothing is published. Asking the source anew is allowed."""

from dataclasses import replace

from data_platform.chaos.experiment import Experiment, Shown, trial
from data_platform.chaos.orders import COLUMNS, Orders, OrdersFolder, csv_text, orders, truth
from data_platform.chaos.scratch import Scratch
from data_platform.chaos.tolerant_orders import TolerantOrders
from escalation_sensors.diagnosis.category import Category

KIND = "over tolerance"
ROWS = 100


def _spoilt(name: str, column: str, value: str, count: int, *, tolerant: bool) -> Experiment:
    def act(scratch: Scratch) -> Shown:
        folder = OrdersFolder.of(scratch, name, contract=TolerantOrders if tolerant else Orders)
        rows = orders(ROWS)
        for row in rows[:count]:
            row[COLUMNS.index(column)] = value
        folder.deliver(csv_text(rows))
        return folder.shown(folder.load().success, truth(csv_text(orders(ROWS))))

    made = trial(name, KIND, act, "more than the contract tolerates", Category.DATA_QUALITY)
    return replace(made, may_act=True)


TRIALS = tuple(
    _spoilt(
        f"file with {count} orders, {column} {value!r}{' once more' if tolerant else ''}",
        column,
        value,
        count,
        tolerant=tolerant,
    )
    for tolerant in (False, True)
    for column, value in (("customer", "NA"), ("amount", "-1.0"))
    for count in (4, 5, 6, 8, 10, 20, 30, 50, 75, 90, 99, 100)
)
