"""How long executions of a subject take: kept when one succeeds, compared when one is slow."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import ColumnElement, delete, insert, select

from escalation_sensors.level1.ledger import Plan, Subject
from escalation_sensors.store.store import Store
from escalation_sensors.store.tables import attempts, cases, durations

KEPT = 50
"""Executions of one subject that are kept."""
FEWEST = 5
"""Executions that make a history."""
FAR_OVER_TIMES, FAR_OVER_SECONDS = 3.0, 30.0
"""An execution is slow if it took so many times the median, and so much longer."""


@dataclass(frozen=True)
class Usual:
    """How long it usually takes, and from how many executions that is known."""

    seconds: float
    executions: int


def keep_duration(
    store: Store, subject: Subject, run_id: str, *, seconds: float, partitions: int, now: datetime
) -> None:
    """Keep the duration of an execution that succeeded.

    Raises:
        StoreError: the store cannot be reached.
    """
    row = {
        "code_location": subject.code_location,
        "subject": subject.name,
        "run_id": run_id,
        "at": now,
        "seconds": seconds,
        "partitions": partitions,
    }
    with store.transaction() as connection:
        (identity,) = connection.execute(insert(durations).values(row).returning(durations.c.id)).one()
        if identity % KEPT == 0:
            kept = select(durations.c.id).where(_of(subject)).order_by(durations.c.id.desc()).limit(KEPT)
            connection.execute(delete(durations).where(_of(subject), durations.c.id.not_in(kept)))


def usual_duration(store: Store, subject: Subject, partitions: int = 1) -> Usual | None:
    """The median of the executions over as many partitions; None if there are too few to tell.

    Raises:
        StoreError: the store cannot be reached.
    """
    seconds = kept_durations(store, subject, partitions)
    return Usual(median(seconds), len(seconds)) if len(seconds) >= FEWEST else None


def kept_durations(store: Store, subject: Subject, partitions: int = 1) -> list[float]:
    """The seconds of the executions over as many partitions that are kept, newest first.

    Raises:
        StoreError: the store cannot be reached.
    """
    query = select(durations.c.seconds).where(_of(subject), durations.c.partitions == partitions)
    with store.reading() as connection:
        return list(connection.execute(query.order_by(durations.c.id.desc()).limit(KEPT)).scalars())


def worst_usual(seconds: Sequence[float]) -> float:
    """The longest of some durations that is not far over their median; of too few to tell, the longest.

    Raises:
        ValueError: there are none.
    """
    usual = Usual(median(seconds), len(seconds)) if len(seconds) >= FEWEST else None
    return max(each for each in seconds if not is_far_over(each, usual))


def remedy_duration(store: Store, subject: Subject, remedy: str) -> float | None:
    """The median seconds from begin to end, wait included, of this remedy's repairs of the subject; None without one.

    Raises:
        StoreError: the store cannot be reached.
    """
    query = (
        select(attempts.c.begun_at, attempts.c.ended_at)
        .join(cases, cases.c.id == attempts.c.case_id)
        .where(
            cases.c.code_location == subject.code_location,
            cases.c.subject == subject.name,
            attempts.c.remedy == remedy,
            attempts.c.outcome == "repaired",
        )
        .order_by(attempts.c.id.desc())
        .limit(KEPT)
    )
    with store.reading() as connection:
        seconds = [(row.ended_at - row.begun_at).total_seconds() for row in connection.execute(query)]
    return median(seconds) if seconds else None


def expected_seconds(store: Store, subject: Subject, plan: Plan) -> float | None:
    """How long an attempt is likely to take: the remedy's history, else the step's, else what its plan expects.

    Of a remedy that makes the work smaller only its own history says anything.

    Raises:
        StoreError: the store cannot be reached.
    """
    by_remedy = remedy_duration(store, subject, plan.remedy)
    if by_remedy is not None:
        return max(0.0, by_remedy - plan.wait_seconds)
    if plan.makes_work_smaller:
        return None
    usual = usual_duration(store, subject)
    return usual.seconds if usual is not None else plan.expected_seconds


def is_far_over(seconds: float, usual: Usual | None, over_seconds: float = FAR_OVER_SECONDS) -> bool:
    """Whether an execution took far longer than usual: several times as long, and by `over_seconds`."""
    return usual is not None and seconds > max(usual.seconds * FAR_OVER_TIMES, usual.seconds + over_seconds)


def _of(subject: Subject) -> ColumnElement[bool]:
    return (durations.c.code_location == subject.code_location) & (durations.c.subject == subject.name)
