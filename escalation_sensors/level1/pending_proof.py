"""Attempts that acted and whose proof is the subject's next execution: an improved layout, queueing behind another."""

from sqlalchemy import select

from escalation_sensors.level1.ledger import Attempt, Ledger, Subject
from escalation_sensors.store.tables import attempts, cases


def pending_proof(ledger: Ledger, subject: Subject, remedy: str) -> Attempt | None:
    """The newest attempt of a subject by a remedy that has not ended, if there is one.

    Raises:
        StoreError: the store cannot be reached.
    """
    query = (
        select(attempts.c.id)
        .join(cases, cases.c.id == attempts.c.case_id)
        .where(
            attempts.c.outcome == "running",
            attempts.c.remedy == remedy,
            cases.c.code_location == subject.code_location,
            cases.c.subject == subject.name,
        )
        .order_by(attempts.c.id.desc())
    )
    with ledger.store.reading() as connection:
        found = connection.execute(query).scalar()
    return None if found is None else ledger.attempt(int(found))
