"""`escalation receipt`, `verify`, `undo`: what level 1 did, whether it is unaltered, taking it back."""

import getpass
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from escalation_sensors.cli.errors import CommandError
from escalation_sensors.level1.chain import verify_chain
from escalation_sensors.level1.ledger import Ledger
from escalation_sensors.level1.packages import packages_folder
from escalation_sensors.level1.receipt_book import Figures, Receipt, figures, receipt, receipts_of
from escalation_sensors.level1.setup import Setup
from escalation_sensors.level1.undo import CannotUndo, undo
from escalation_sensors.policy.policy import Policy
from escalation_sensors.policy.policy_file import PolicyError, load_policy, policy_path
from escalation_sensors.store import Store, StoreError, store_url


def show_receipts(target: TextIO, identity: int | None, *, as_json: bool) -> None:
    """One receipt in full, or the newest ones in a line each, and last how many of all repairs were wrong.

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
        target.write(_figures_in_a_line(figures(store), as_json=as_json) + "\n")
    except StoreError as error:
        raise CommandError(str(error)) from error


def verify(target: TextIO) -> None:
    """Say whether the chains of receipts and undos are whole.

    Raises:
        CommandError: a receipt or an undo was altered, taken away or put in.
    """
    try:
        found = verify_chain(open_store())
    except StoreError as error:
        raise CommandError(str(error)) from error
    if found.broken is not None:
        raise CommandError(found.broken)
    target.write(
        f"{found.receipts} receipts, {found.undone} of them undone, each as it was written; the head is {found.head}\n"
    )


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
            who=who or f"{_user()} (unauthenticated)",
            now=datetime.now(UTC),
            with_later_changes=with_later_changes,
        )
    except (StoreError, CannotUndo) as error:
        raise CommandError(str(error)) from error
    target.writelines(f"{line}\n" for line in [*done, f"receipt {identity} is undone, and counts as a wrong repair"])


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


def _user() -> str:
    """The user of this machine, by number where nobody gave that one a name (in a container, say)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # by Python's version
        return f"uid {os.getuid()}"


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


def _figures_in_a_line(of: Figures, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"repairs": of.repairs, "undone": of.undone, "wrong_rate": of.wrong_rate})
    rate = "" if of.wrong_rate is None else f" ({100 * of.wrong_rate:.1f} %)"
    return f"{of.repairs} repairs, of which {of.undone} were undone, and so were wrong{rate}"


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
