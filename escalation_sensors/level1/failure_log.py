"""Every failure that level 1 decided on, as a row of the store: seen twice, it is one."""

from sqlalchemy import insert, select

from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.case_lookup import newest_case
from escalation_sensors.level1.failed import Failed
from escalation_sensors.redaction import redact
from escalation_sensors.store.store import Store
from escalation_sensors.store.tables import failures


def record_failure(store: Store, failed: Failed, diagnosis: Diagnosis, *, case_id: int | None = None) -> None:
    """Write down a failure and its diagnosis, with the case it belongs to: that given, else that of its runs, if any.

    Raises:
        StoreError: the store cannot be reached.
    """
    link = failed.failure.links[0] if failed.failure.links else None
    with store.transaction() as connection:
        known = connection.execute(select(failures.c.id).where(failures.c.event_key == failed.event_key)).first()
        if known is not None:
            return
        case = newest_case(connection, failed.subject, failed.origin) if case_id is None else {"id": case_id}
        connection.execute(
            insert(failures).values(
                event_key=failed.event_key,
                at=failed.at,
                kind=failed.failure.kind.value,
                code_location=failed.subject.code_location,
                subject=failed.subject.name,
                partition=failed.partition or None,
                run_id=failed.run_id,
                root_run_id=failed.origin.root_run_id,
                backfill_id=failed.origin.backfill_id,
                case_id=case["id"] if case else None,
                category=diagnosis.category.value,
                confidence=diagnosis.confidence,
                rule=diagnosis.rule,
                evidence=redact(diagnosis.evidence),
                fingerprint=diagnosis.fingerprint,
                recoverable=diagnosis.recoverable,
                exception_type=(link.types[0] if link and link.types else "")[:255],
                message=failed.said,
            )
        )


def is_known(store: Store, event_key: str) -> bool:
    """Whether a failure was written down already.

    Raises:
        StoreError: the store cannot be reached.
    """
    with store.reading() as connection:
        return connection.execute(select(failures.c.id).where(failures.c.event_key == event_key)).first() is not None


def said_in_case(store: Store, case_id: int) -> str:
    """What the newest failure of a case said, in one line; empty if none is known.

    Raises:
        StoreError: the store cannot be reached.
    """
    query = select(failures.c.message).where(failures.c.case_id == case_id).order_by(failures.c.id.desc()).limit(1)
    with store.reading() as connection:
        return str(connection.execute(query).scalar() or "")
