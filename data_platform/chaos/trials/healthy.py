"""Runs in which nothing is wrong: nothing may be seen, and nothing done."""

from data_platform.chaos.experiment import Experiment, Shown, trial
from data_platform.chaos.orders import COLUMNS, MOST_SET_ASIDE, OrdersFolder, csv_text, orders, truth
from data_platform.chaos.scratch import Scratch
from data_platform.chaos.small_asset import rows_of, run_small, select_of

KIND = "healthy run"


def healthy(name: str, rows: int) -> Experiment:
    """A load of so many orders."""

    def act(scratch: Scratch) -> Shown:
        folder = OrdersFolder.of(scratch, name)
        text = csv_text(orders(rows))
        folder.deliver(text)
        return folder.shown(folder.load().success, truth(text))

    return trial(name, KIND, act, "nothing is wrong")


def reordered(order: tuple[int, ...], rows: int) -> Experiment:
    """A load of orders whose columns come in another order, which is free."""
    name = f"healthy load of {rows} orders, columns {', '.join(str(each + 1) for each in order)}"

    def act(scratch: Scratch) -> Shown:
        folder = OrdersFolder.of(scratch, name)
        text = csv_text([[row[each] for each in order] for row in orders(rows)], [COLUMNS[each] for each in order])
        folder.deliver(text)
        return folder.shown(folder.load().success, truth(text))

    return trial(name, KIND, act, "the order of columns is free")


def small(rows: int) -> Experiment:
    """A small asset that publishes so many rows."""
    name = f"healthy asset of {rows} rows"
    published = tuple((number, number / 2) for number in range(rows))
    return trial(
        name, KIND, run_small(name, lambda _: select_of(published), truth=rows_of(published)), "nothing is wrong"
    )


def tolerated(count: int) -> Experiment:
    """Orders of which a few are bad, which the contract sets aside in every run."""
    name = f"healthy load with {count} orders that are always set aside"

    def act(scratch: Scratch) -> Shown:
        folder = OrdersFolder.of(scratch, name)
        rows = orders(50)
        for row in rows[:count]:
            row[2] = "-1.0"
        folder.deliver(csv_text(rows))
        good, bad = truth(csv_text(rows[count:])), truth(csv_text(rows[:count]))
        return folder.shown(folder.load().success, good, may_be_set_aside=bad)

    return trial(name, KIND, act, "the contract sets them aside in every run")


TRIALS = (
    *(healthy(f"healthy load of {rows} orders", rows) for rows in range(1, 31)),
    *(reordered(order, rows) for order in ((0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)) for rows in (3, 30)),
    *(small(rows) for rows in range(1, 31)),
    *(tolerated(count) for count in range(1, MOST_SET_ASIDE + 1)),
)
