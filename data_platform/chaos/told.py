"""Reads out of the ladder's store what it wrote about the subjects of an experiment."""

from collections.abc import Collection

from sqlalchemy import select

from data_platform.chaos.experiment import Told
from escalation_sensors.store import Store
from escalation_sensors.store.tables import attempts, cases, failures, proposals, receipts


def told_of(store: Store, subjects: Collection[str]) -> Told:
    """What the store holds about the subjects.

    Raises:
        StoreError: it cannot be read.
    """
    with store.reading() as connection:
        seen = connection.execute(
            select(failures.c.category).where(failures.c.subject.in_(subjects)).order_by(failures.c.id)
        ).all()
        known = connection.execute(select(cases).where(cases.c.subject.in_(subjects)).order_by(cases.c.id)).all()
        of_cases = [case.id for case in known]
        made = connection.execute(
            select(attempts).where(attempts.c.case_id.in_(of_cases)).order_by(attempts.c.id)
        ).all()
        kept = connection.execute(select(receipts).where(receipts.c.attempt_id.in_([each.id for each in made]))).all()
        proposed = connection.execute(select(proposals.c.id).where(proposals.c.case_id.in_(of_cases))).all()
    return Told(
        failures=tuple(each.category for each in seen),
        remedies=tuple(each.remedy for each in made),
        outcomes=tuple(each.outcome for each in made),
        changes=tuple(each.change for each in made),
        states=tuple(case.state for case in known),
        verified=tuple(bool(each.body["contract"]["verified"]) for each in kept),
        undone=sum(each.undone_at is not None for each in kept),
        proposals=len(proposed),
        began_at=known[0].first_failure_at if known else None,
        ended_at=max((each.ended_at for each in made if each.ended_at is not None), default=None),
        budget_seconds=known[0].budget_seconds if known else None,
    )
