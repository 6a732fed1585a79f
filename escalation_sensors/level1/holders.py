"""Who else is executing the same subject and partition now, by the heartbeats in the store."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from escalation_sensors.level1.ledger import Subject
from escalation_sensors.store.store import Store
from escalation_sensors.store.tables import heartbeats


@dataclass(frozen=True)
class Execution:
    """One execution of a step; `partition` is empty where there is none, or the range."""

    run_id: str
    step_key: str
    subject: Subject
    partition: str
    started_at: datetime


def holders(store: Store, of: Execution, now: datetime, stale_seconds: float) -> list[Execution]:
    """The executions of the same subject and partition that began earlier and still beat, oldest first.

    Of two that wait for one another the later one waits: equal times are told apart by the run's id.

    Raises:
        StoreError: the store cannot be reached.
    """
    found = others(store, of, now, stale_seconds)
    return [each for each in found if (each.started_at, each.run_id) < (of.started_at, of.run_id)]


def others(store: Store, of: Execution, now: datetime, stale_seconds: float) -> list[Execution]:
    """The other executions of the same subject and partition that beat, oldest first.

    Raises:
        StoreError: the store cannot be reached.
    """
    table = heartbeats.c
    with store.reading() as connection:
        rows = connection.execute(
            select(heartbeats)
            .where(
                table.code_location == of.subject.code_location,
                table.subject == of.subject.name,
                table.partition == of.partition,
                table.run_id != of.run_id,
                table.at > now - timedelta(seconds=stale_seconds),
                table.started_at.is_not(None),
            )
            .order_by(table.started_at)
        ).all()
    return [Execution(row.run_id, row.step_key, of.subject, row.partition, row.started_at) for row in rows]
