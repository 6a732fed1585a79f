"""The receipts in the store: a repair is written down with its receipt and its tuning in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from escalation_sensors.level1.chain import next_link
from escalation_sensors.level1.ledger import Attempt, Ledger, Subject
from escalation_sensors.level1.receipt import Proof
from escalation_sensors.level1.tuning_memory import behind, in_force, lasting, remember
from escalation_sensors.store.store import Store
from escalation_sensors.store.tables import attempts, cases, failures, receipts, undos


@dataclass(frozen=True)
class Receipt:
    """A receipt as it is kept."""

    id: int
    at: datetime
    body: Mapping[str, Any]
    previous_hash: str
    hash: str
    undone_at: datetime | None
    undone_by: str | None


@dataclass(frozen=True)
class Figures:
    """How many repairs there are, and how many of them were undone, and so were wrong."""

    repairs: int
    undone: int

    @property
    def wrong_rate(self) -> float | None:
        """The share of the repairs that were undone; None where there is no repair."""
        return self.undone / self.repairs if self.repairs else None


def write_repair(ledger: Ledger, attempt: Attempt, proof: Proof, *, run_id: str, now: datetime) -> Receipt | None:
    """End an attempt as a repair, with receipt and remembered tuning. None if it had ended before.

    Raises:
        StoreError: the store cannot be reached; nothing was written.
        ValueError: the proof does not hold.
    """
    if not proof.holds:
        raise ValueError(f"attempt {attempt.id} is no repair: {proof.what_is_wrong}")
    with ledger.store.transaction() as connection:
        ended = connection.execute(
            update(attempts)
            .where(attempts.c.id == attempt.id, attempts.c.outcome == "running")
            .values(outcome="repaired", ended_at=now, run_id=run_id)
            .returning(attempts.c.id)
        ).first()
        if ended is None:
            return None
        ledger.end_repaired_case(connection, attempt.case_id, now)
        case = connection.execute(select(cases).where(cases.c.id == attempt.case_id)).mappings().one()
        subject = Subject(case["code_location"], case["subject"])
        before, before_attempt = in_force(connection, subject), behind(connection, subject)
        kept = lasting(attempt.tuning)
        # One that changed nothing of the tuning is not behind it: it cannot be undone, and whose it is can.
        remember(connection, subject, kept, before_attempt if kept == before else attempt.id, now)
        body = {
            "attempt": attempt.number,
            "remedy": attempt.remedy,
            "change": attempt.change,
            "subject": subject.name,
            "code_location": subject.code_location,
            "run": run_id,
            "runs": list(proof.runs) or [run_id],
            "evidence": _evidence(connection, attempt.case_id),
            "tuning": attempt.tuning.as_json(),
            "remembered": {
                "before": before.as_json() if before else {},
                "before_attempt": before_attempt,
                "after": kept.as_json(),
            },
            "first_failure_at": case["first_failure_at"].isoformat(),
            "begun_at": attempt.begun_at.isoformat() if attempt.begun_at else None,
            "ended_at": now.isoformat(),
            **proof.as_json(),
        }
        return _append(connection, attempt.id, body, now)


def receipt(store: Store, identity: int) -> Receipt | None:
    """One receipt.

    Raises:
        StoreError: the store cannot be reached.
    """
    with store.reading() as connection:
        row = connection.execute(select(receipts).where(receipts.c.id == identity)).mappings().first()
    return None if row is None else _receipt(dict(row))


def receipts_of(store: Store, *, newest: int = 20) -> list[Receipt]:
    """The newest receipts, newest first.

    Raises:
        StoreError: the store cannot be reached.
    """
    with store.reading() as connection:
        query = select(receipts).order_by(receipts.c.id.desc()).limit(newest)
        return [_receipt(dict(row)) for row in connection.execute(query).mappings()]


def figures(store: Store) -> Figures:
    """The figures of all repairs in the ledger.

    Raises:
        StoreError: the store cannot be reached.
    """
    with store.reading() as connection:
        query = select(func.count(receipts.c.id), func.count(receipts.c.undone_at))
        repairs, undone = connection.execute(query).one()
    return Figures(int(repairs), int(undone))


def mark_undone(connection: Connection, identity: int, who: str, now: datetime) -> bool:
    """Write down that a receipt was undone, in a chain of its own; False if it had been before."""
    marked = connection.execute(
        update(receipts)
        .where(receipts.c.id == identity, receipts.c.undone_at.is_(None))
        .values(undone_at=now, undone_by=who)
        .returning(receipts.c.hash)
    ).first()
    if marked is None:
        return False
    body = {"receipt": identity, "hash": str(marked.hash), "at": now.astimezone(UTC).isoformat(), "by": who}
    previous, hashed = next_link(connection, undos, body)
    connection.execute(insert(undos).values(receipt_id=identity, body=body, previous_hash=previous, hash=hashed))
    return True


def _append(connection: Connection, attempt_id: int, body: dict[str, Any], now: datetime) -> Receipt:
    previous, hashed = next_link(connection, receipts, body)
    row = {"attempt_id": attempt_id, "at": now, "body": body, "previous_hash": previous, "hash": hashed}
    (identity,) = connection.execute(insert(receipts).values(row).returning(receipts.c.id)).one()
    return Receipt(int(identity), now, body, previous, hashed, None, None)


def _evidence(connection: Connection, case_id: int) -> dict[str, Any]:
    """The failure that the case's last diagnosis rests on."""
    query = select(failures).where(failures.c.case_id == case_id).order_by(failures.c.id.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    if row is None:
        return {}
    names = ("category", "confidence", "rule", "evidence", "fingerprint", "exception_type", "message", "partition")
    return {**{name: row[name] for name in names}, "at": row["at"].isoformat(), "run": row["run_id"]}


def _receipt(row: Mapping[str, Any]) -> Receipt:
    return Receipt(
        int(row["id"]),
        row["at"],
        row["body"],
        row["previous_hash"],
        row["hash"],
        row["undone_at"],
        row["undone_by"],
    )
