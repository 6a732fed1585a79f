"""`escalation receipt`, `verify`, `undo`, `proposals`: what level 1 did, whether it is unaltered, taking it back."""

import getpass
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from escalation_sensors.cli.errors import CommandError
from escalation_sensors.level1.ledger import Ledger
from escalation_sensors.level1.packages import packages_folder
from escalation_sensors.level1.proposals import proposals_of
from escalation_sensors.level1.receipt_book import Receipt, receipt, receipts_of, verify_chain
from escalation_sensors.level1.setup import Setup
from escalation_sensors.level1.undo import CannotUndo, undo
from escalation_sensors.policy.policy import Policy
from escalation_sensors.policy.policy_file import PolicyError, load_policy, policy_path
from escalation_sensors.store import Store, StoreError, store_url


def show_receipts(target: TextIO, identity: int | None, *, as_json: bool) -> None:
    """One receipt in full, or the newest ones in a line each.

    Raises:
        CommandError: there is no such receipt, or no store.
    """
    store = open_store()
    try:
        if identity is not None:
            found = _found(store, identity)
            target.write((json.dumps(_document(found)) if as_json else _in_words(found)) + "\n")
            return
        target.writelines(
            (json.dumps(_document(each)) if as_json else _in_a_line(each)) + "\n" for each in receipts_of(store)
        )
    except StoreError as error:
        raise CommandError(str(error)) from error


def verify(target: TextIO) -> None:
    """Say whether the chain of receipts is whole.

    Raises:
        CommandError: a receipt was altered, or one before it is gone.
    """
    try:
        count, broken = verify_chain(open_store())
    except StoreError as error:
        raise CommandError(str(error)) from error
    if broken is not None:
        raise CommandError(f"receipt {broken} does not fit the chain: it was altered, or one before it is gone")
    target.write(f"{count} receipts, each as it was written\n")


def undo_receipt(
    target: TextIO, identity: int, policy: Path | None, who: str | None, *, with_later_changes: bool = False
) -> None:
    """Take a repair back; with it, if so asked, what others published since of what it wrote.

    Raises:
        CommandError: it cannot be undone.
    """
    store = open_store()
    try:
        found = _found(store, identity)
        done = undo(
            Ledger(store),
            found,
            Setup(_policy(policy)),
            packages=packages_folder(),
            who=who or f"{getpass.getuser()} (unauthenticated)",
            now=datetime.now(UTC),
            with_later_changes=with_later_changes,
        )
    except (StoreError, CannotUndo) as error:
        raise CommandError(str(error)) from error
    target.writelines(f"{line}\n" for line in [*done, f"receipt {identity} is undone, and counts as a wrong repair"])


def show_proposals(target: TextIO, *, as_json: bool) -> None:
    """The newest proposals.

    Raises:
        CommandError: there is no store.
    """
    try:
        rows = proposals_of(open_store())
    except StoreError as error:
        raise CommandError(str(error)) from error
    for row in rows:
        plan = row["plan"]
        if as_json:
            target.write(json.dumps({**row, "at": row["at"].isoformat()}) + "\n")
        else:
            target.write(
                f"{row['id']}  {row['state']}  {', '.join(plan['assets'])}  {row['remedy']}: {plan['effect']}\n"
            )


def open_store() -> Store:
    """The store that the environment names; it is not made here.

    Raises:
        CommandError: there is none.
    """
    try:
        store = Store(store_url())
        if store.url.startswith("sqlite:///") and not Path(store.url.removeprefix("sqlite:///")).is_file():
            raise CommandError(f"{store.url}: there is no store yet; it is made when level 1 first looks at a step")
        store.upgrade()
    except StoreError as error:
        raise CommandError(str(error)) from error
    return store


def _policy(path: Path | None) -> Policy:
    path = path or policy_path()
    try:
        return load_policy(path) if path is not None else Policy()
    except PolicyError as error:
        raise CommandError(str(error)) from error


def _found(store: Store, identity: int) -> Receipt:
    found = receipt(store, identity)
    if found is None:
        raise CommandError(f"there is no receipt {identity}; `escalation receipt` lists them")
    return found


def _document(of: Receipt) -> dict[str, object]:
    undone = {"undone_at": of.undone_at.isoformat(), "undone_by": of.undone_by} if of.undone_at else {}
    kept = {"id": of.id, "at": of.at.isoformat(), "hash": of.hash, "previous_hash": of.previous_hash}
    return {**kept, **of.body, **undone}


def _in_a_line(of: Receipt) -> str:
    undone = "  (undone)" if of.undone_at else ""
    body = of.body
    return f"{of.id}  {of.at:%Y-%m-%d %H:%M:%S} UTC  {body['subject']}  {body['remedy']}: {body['change']}{undone}"


def _in_words(of: Receipt) -> str:
    body, evidence = of.body, of.body["evidence"]
    contract, rows, version = body["contract"], body["rows"], body["version"]
    proof = f"{len(contract['passed'])} checks passed, {len(contract['warned'])} warned"
    lines = {
        "receipt": f"{of.id} of {of.at:%Y-%m-%d %H:%M:%S} UTC",
        "asset": f"{body['subject']} (run {body['run']})",
        "error": f"{evidence.get('category', 'unknown')}: {evidence.get('message', '')}",
        "why": f"rule {evidence.get('rule', 'none')}, {evidence.get('evidence', '')}",
        "remedy": f"{body['remedy']}, attempt {body['attempt']} of 2: {body['change']}",
        "proof": proof if contract["verified"] else "unverified: the asset has no checks",
        "rows": f"{_or_none(rows['before'])} before, {_or_none(rows['after'])} after",
        "version": f"{_or_none(version['before'])} before, {_or_none(version['after'])} after",
        **({"of": ", ".join(body["partitions"])} if body.get("partitions") else {}),
        "tuning": f"{body['remembered']['before'] or 'none'} before, {body['remembered']['after'] or 'none'} after",
        "hash": of.hash,
    }
    if of.undone_at:
        lines["undone"] = f"{of.undone_at:%Y-%m-%d %H:%M:%S} UTC by {of.undone_by}"
    return "\n".join(f"{name + ':':<9}{text}" for name, text in lines.items())


def _or_none(value: object) -> str:
    return "none" if value in {None, ""} else str(value)
