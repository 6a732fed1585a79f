"""Tables whose layout alone makes slow what reads them: the same rows in hundreds of crumbled files, or in no order.

The rows are always the same; only how they lie changes, as it does when a loader or a reload is changed.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from data_platform.auditing import columns_of
from data_platform.chaos.experiment import Rows
from data_platform.chaos.scratch import Scratch
from data_platform.contracts.raw import Airlines
from resources.lakehouse import Append, ReplaceTable, Scope, TableBuild, TableName, new_build_folder, publish

AIRLINES = TableName("raw", "airlines")
CARRIERS = 1000
WANTED = range(400, 416)
"""The few carriers that the selective queries ask for."""
FILE = "airlines.parquet"
GROUP_ROWS = 122_880
LARGE_ROWS, LARGE_BYTES, LARGE_GROUP_ROWS = 600_000, 1280, 8192
"""Rows, bytes of the text of each, and rows that share statistics, of the table that is read selectively."""
SMALL_ROWS, SMALL_BYTES = 64_000, 64
LOADS, FILES_A_LOAD, ROWS_A_GROUP = 20, 20, 4
"""A loader that polls a stream: each load leaves some files, each poll a row group of a few rows."""

FIGURES = {
    "count(*)": SMALL_ROWS,
    "count(DISTINCT carrier)": CARRIERS,
    "count(DISTINCT name)": SMALL_ROWS,
    "sum(length(name))": SMALL_ROWS * SMALL_BYTES,
    "min(length(name))": SMALL_BYTES,
    "max(length(name))": SMALL_BYTES,
    "min(carrier::BIGINT)": 0,
    "max(carrier::BIGINT)": CARRIERS - 1,
}
"""Key figures over all rows of the small table, each with its value."""


def airlines(scratch: Scratch, select: str, group_rows: int = GROUP_ROWS) -> None:
    """Publish carriers and names, in one file, as the raw table that the models of the faults read."""
    file = f"{_folder(scratch)}/{FILE}"
    with scratch.lakehouse.connection() as connection:
        options = f"FORMAT parquet, ROW_GROUP_SIZE {group_rows}"
        rows = connection.execute(f"COPY ({_with_origin(select)}) TO '{file}' ({options})").fetchall()[0][0]
    _publish(scratch, (file,), rows, ReplaceTable())


def large(order: str) -> Callable[[Scratch], None]:
    """The large table, its rows in an order: `carrier`, or `hash(i)` for none."""
    text = f"repeat(md5(i::VARCHAR), {LARGE_BYTES // 32})"
    rows = f"SELECT format('{{:03d}}', i % {CARRIERS}) AS carrier, {text} AS name FROM range({LARGE_ROWS}) AS r(i)"
    return lambda scratch: airlines(scratch, f"{rows} ORDER BY {order}", LARGE_GROUP_ROWS)


def small(scratch: Scratch) -> None:
    """The small table, in one file."""
    airlines(scratch, _small_rows(0, SMALL_ROWS))


def small_in_crumbs(scratch: Scratch) -> None:
    """The same rows as many tiny loads leave them: a few files a load, each in crumbs."""
    each = SMALL_ROWS // LOADS
    a_file = each // FILES_A_LOAD
    for load in range(LOADS):
        with scratch.lakehouse.connection() as connection:
            frame = connection.execute(_with_origin(_small_rows(load * each, each))).pl()
        files = tuple(f"{_folder(scratch)}/{FILE}" for _ in range(FILES_A_LOAD))
        for number, file in enumerate(files):
            frame[number * a_file : (number + 1) * a_file].write_parquet(file, row_group_size=ROWS_A_GROUP)
        _publish(scratch, files, each, Append() if load else ReplaceTable())


def wanted_rows() -> Rows:
    """What the selective queries publish: the length of all texts of each wanted carrier."""
    return Rows((str(number), str(float(LARGE_ROWS // CARRIERS * LARGE_BYTES))) for number in WANTED)


def figures_rows() -> Rows:
    """What the query of the key figures publishes."""
    return Rows((str(number), str(float(value))) for number, value in enumerate(FIGURES.values(), 1))


def _small_rows(first: int, count: int) -> str:
    return (
        f"SELECT format('{{:03d}}', i % {CARRIERS}) AS carrier, repeat(md5(i::VARCHAR), {SMALL_BYTES // 32}) AS name "
        f"FROM range({first}, {first + count}) AS r(i)"
    )


def _with_origin(select: str) -> str:
    return (
        "SELECT carrier::VARCHAR AS carrier, name::VARCHAR AS name, 'chaos' AS _source_file, now() AS _loaded_at "
        f"FROM ({select})"
    )


def _folder(scratch: Scratch) -> str:
    return new_build_folder(scratch.lakehouse, AIRLINES, "chaos")


def _publish(scratch: Scratch, files: tuple[str, ...], rows: int, scope: Scope) -> None:
    build = TableBuild(AIRLINES, columns_of(Airlines), files, rows, scope)
    publish(scratch.lakehouse, [build], run_id="chaos", message=f"at {datetime.now(UTC):%H:%M:%S}")
