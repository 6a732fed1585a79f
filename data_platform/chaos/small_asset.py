"""A small asset as a data engineer writes one: Python that works something out, then the platform's publication."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

import dagster as dg

from data_platform.assets.model_assets import asset_key
from data_platform.assets.results import Results, results_of
from data_platform.auditing import Contract
from data_platform.chaos.experiment import Rows, Shown
from data_platform.chaos.orders import identifier
from data_platform.chaos.scratch import Scratch
from data_platform.materialization.build_audit_publish import build_audit_publish
from data_platform.materialization.check_results import check_specs
from data_platform.materialization.task import Split, TableTask
from resources.lakehouse import LakehouseResource, TableName

COLUMNS = ("number", "amount")
GOOD = ((1, 10.0), (2, 20.0), (3, 30.0))
"""What most small assets publish."""


class Amounts(Contract):
    """Numbered amounts."""

    number: int
    amount: float

    class Config:
        """The table and its key."""

        name = "core.amounts"
        strict = True
        unique: ClassVar = ["number"]


Work = Callable[[LakehouseResource], str]
"""Works, and returns the SELECT of the table."""


def select_of(rows: Sequence[tuple[int, float]] = GOOD) -> str:
    """A SELECT of these rows."""
    values = ", ".join(f"({number}::BIGINT, {amount!r}::DOUBLE)" for number, amount in rows)
    return f"SELECT * FROM (VALUES {values}) AS rows(number, amount)"


def rows_of(rows: Sequence[tuple[int, float]] = GOOD) -> Rows:
    """The same as readers see them."""
    return Rows((str(number), str(amount)) for number, amount in rows)


def table_of_experiment(name: str) -> TableName:
    """The table of an experiment's small asset."""
    return TableName("core", identifier(name))


def subject_of(name: str) -> str:
    """What the ledger calls it."""
    table = table_of_experiment(name)
    return f"asset:{table.schema}/{table.table}"


def small_asset(
    name: str,
    work: Work,
    *,
    tags: Mapping[str, str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    contract: type[Contract] = Amounts,
    split: Split | None = None,
    partitions: dg.PartitionsDefinition[str] | None = None,
) -> dg.AssetsDefinition:
    """The asset of an experiment; with `split` its build can be made in parts."""
    table = table_of_experiment(name)
    key = asset_key(table)

    @dg.asset(key=key, check_specs=check_specs(contract, key), tags=tags, metadata=metadata, partitions_def=partitions)
    def materialize(context: dg.AssetExecutionContext, lakehouse: LakehouseResource) -> Results:
        task = TableTask(table, contract, work(lakehouse), name, split=split)
        done = build_audit_publish(
            lakehouse, task, run_id=context.run.run_id, now=datetime.now(UTC), log=context.log.warning
        )
        yield from results_of(context, key, done, {})

    return materialize


def shown_of(
    scratch: Scratch,
    name: str,
    *,
    succeeded: bool,
    truth: Rows | None = None,
    before: Rows | None = None,
    note: str = "",
) -> Shown:
    """What is to be seen of an experiment's small asset now."""
    table = table_of_experiment(name)
    return Shown(
        (subject_of(name),),
        succeeded,
        truth=rows_of() if truth is None else truth,
        before=Rows() if before is None else before,
        after=scratch.rows(table, COLUMNS),
        note=note,
    )


def run_small(
    name: str,
    work: Work,
    *,
    lakehouse: Callable[[Scratch], LakehouseResource] | None = None,
    truth: Rows | None = None,
    **options: Any,  # noqa: ANN401 - of `small_asset`
) -> Callable[[Scratch], Shown]:
    """An experiment that is one run of one small asset, in a lakehouse with settings of its own if there is one."""

    def act(scratch: Scratch) -> Shown:
        own = lakehouse(scratch) if lakehouse else None
        try:
            result = scratch.run([small_asset(name, work, **options)], lakehouse=own)
        finally:
            if own is not None:
                own.close()
        return shown_of(scratch, name, succeeded=result.success, truth=truth)

    return act
