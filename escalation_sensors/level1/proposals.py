"""Proposals: what level 1 would do and may not, kept for a person to approve. Carrying one out is level 2's."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from escalation_sensors.level1.case_lookup import case_of
from escalation_sensors.level1.failed import Failed
from escalation_sensors.level1.ledger import Ledger, Subject
from escalation_sensors.level1.proposed import Proposed
from escalation_sensors.store.store import Store
from escalation_sensors.store.tables import proposals


def propose(
    ledger: Ledger, failed: Failed, proposed: Proposed, now: datetime, *, downstream: Sequence[str] = ()
) -> int:
    """Keep a proposal for the failure's case; what is proposed for the subject already is kept once. Returns its id.

    Raises:
        StoreError: the store cannot be reached.
    """
    budget = failed.settings.budget_seconds
    with ledger.store.transaction() as connection:
        case_id = case_of(connection, failed.subject, failed.origin, failed.at, budget)["id"]
    return propose_for_case(ledger.store, case_id, failed.subject, proposed, now, downstream=downstream)


def propose_for_case(
    store: Store, case_id: int, subject: Subject, proposed: Proposed, now: datetime, *, downstream: Sequence[str] = ()
) -> int:
    """The same, for a case that is known; `downstream` are the subjects of what is made of the subject's data.

    Raises:
        StoreError: the store cannot be reached.
    """
    plan = {
        "effect": proposed.effect,
        "assets": [subject.name],
        "downstream": list(downstream),
        "rows": proposed.rows,
        "seconds": proposed.seconds,
        "undo": proposed.undo,
        "why": proposed.why,
        "tuning": proposed.tuning.as_json(),
        "code_location": subject.code_location,
    }
    with store.transaction() as connection:
        same = select(proposals.c.id, proposals.c.plan).where(
            proposals.c.state == "open", proposals.c.remedy == proposed.remedy
        )
        for identity, kept in connection.execute(same):
            if all(kept[name] == plan[name] for name in ("effect", "assets", "code_location")):
                # What is known of it now counts: how many rows, how long.
                connection.execute(update(proposals).where(proposals.c.id == identity).values(plan=plan))
                return int(identity)
        row = {"case_id": case_id, "at": now, "remedy": proposed.remedy, "plan": plan}
        (identity,) = connection.execute(insert(proposals).values(row).returning(proposals.c.id)).one()
    return int(identity)


def proposals_of(store: Store, *, newest: int = 50) -> list[Mapping[str, Any]]:
    """The newest proposals, newest first, as the store's rows.

    Raises:
        StoreError: the store cannot be reached.
    """
    with store.reading() as connection:
        query = select(proposals).order_by(proposals.c.id.desc()).limit(newest)
        return [dict(row) for row in connection.execute(query).mappings()]
