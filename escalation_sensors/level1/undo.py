"""Takes a repair back: its data, the tuning it left, the columns it mapped, the package it installed.

A repair that was undone counts as a wrong one. Of one that changed nothing there is nothing to undo.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import select

from escalation_sensors.level1.ledger import Ledger, Subject
from escalation_sensors.level1.packages import withdraw
from escalation_sensors.level1.pipeline import ChangedSince, Written
from escalation_sensors.level1.receipt_book import Receipt, mark_undone
from escalation_sensors.level1.remedies import slow_performance
from escalation_sensors.level1.setup import Setup
from escalation_sensors.level1.tuning import Tuning
from escalation_sensors.level1.tuning_memory import behind, remember
from escalation_sensors.redaction import redact
from escalation_sensors.store.tables import receipts, tunings


class CannotUndo(Exception):
    """A repair cannot be undone; one line that says why."""


def undo(
    ledger: Ledger,
    receipt: Receipt,
    setup: Setup,
    *,
    packages: Path,
    who: str,
    now: datetime,
    with_later_changes: bool = False,
) -> list[str]:
    """Undo a repair; what was done, in lines. Data come back first: if that fails, the repair stands.

    What others published since of what the repair wrote is taken back only if `with_later_changes`.

    Raises:
        CannotUndo: it was undone before, it changed nothing, or its data cannot be brought back.
        StoreError: the store cannot be reached.
    """
    if receipt.undone_at is not None:
        raise CannotUndo(
            f"receipt {receipt.id} was undone on {receipt.undone_at:%Y-%m-%d %H:%M} UTC by {receipt.undone_by}"
        )
    subject = Subject(receipt.body["code_location"], receipt.body["subject"])
    before = Tuning.from_json(receipt.body["remembered"]["before"])
    if not _has_written(receipt) and Tuning.from_json(receipt.body["tuning"]).only_waits(before):
        raise CannotUndo(
            f"receipt {receipt.id}: there is nothing to undo: it changed no data as far as is known, no tuning and no "
            "package; it still counts as a repair"
        )
    done = list(_data(receipt, subject, setup, with_later_changes=with_later_changes))
    added = [name for name in receipt.body["tuning"].get("packages", ()) if name not in before.packages]
    with ledger.store.transaction() as connection:
        attempt_id = connection.execute(select(receipts.c.attempt_id).where(receipts.c.id == receipt.id)).scalar_one()
        in_force = behind(connection, subject)
        if not mark_undone(connection, receipt.id, who, now):
            raise CannotUndo(f"receipt {receipt.id} was undone by somebody else at the same time")
        if in_force == attempt_id:
            remember(connection, subject, before, receipt.body["remembered"]["before_attempt"], now)
            done.append(f"the next run of {subject.name} begins with {before.as_json() or 'no tuning'}")
        elif in_force not in {None, receipt.body["remembered"]["before_attempt"]}:
            done.append(f"the tuning of {subject.name} stays: a later repair has changed it")
        others = [Tuning.from_json(row.tuning) for row in connection.execute(select(tunings.c.tuning))]
    for name in added:
        if any(name in each.packages for each in others):
            done.append(f"package {name} stays: another repair needs it")
        elif withdraw(name, setup.allowed, packages):
            done.append(f"package {name} was taken away")
    return done


def _has_written(receipt: Receipt) -> bool:
    """Whether the version of the data is another one since, as far as it is known.

    An improved layout is one that rewrote, if it does not tell the versions: it is not taken for undone.
    """
    version = receipt.body["version"]
    if _is_of_layout(receipt) and version["before"] is None:
        return True
    return version["before"] != version["after"] and not (version["before"] is None and not version["after"])


def _is_of_layout(receipt: Receipt) -> bool:
    return bool(receipt.body["remedy"] == slow_performance.NAME)


def _data(receipt: Receipt, subject: Subject, setup: Setup, *, with_later_changes: bool) -> Iterator[str]:
    if not _has_written(receipt):
        return
    version = receipt.body["version"]
    if version["before"] is None:
        raise CannotUndo(
            f"receipt {receipt.id}: which version of {subject.name} was there before it is not known, so it cannot be "
            "brought back; nothing was undone"
        )
    versions, layouts = setup.pipeline.versions, setup.pipeline.layouts
    bring_back: Callable[[], str]
    if _is_of_layout(receipt) and layouts is not None:
        bring_back = partial(layouts.bring_back, subject.name, written_by(receipt))
    elif not _is_of_layout(receipt) and versions is not None:
        written = written_by(receipt)
        bring_back = partial(versions.bring_back, subject.name, written, with_later_changes=with_later_changes)
    else:
        raise CannotUndo(
            f"receipt {receipt.id}: no pipeline is known that could bring back version "
            f"{version['before'] or 'none'} of {subject.name}; name it in the policy file (pipeline: module:function)"
        )
    try:
        yield bring_back()
    except ChangedSince as changed:
        raise CannotUndo(
            f"receipt {receipt.id}: {redact(str(changed))}; nothing was undone "
            "(--with-later-changes takes that back, too)"
        ) from changed
    except Exception as error:
        said = redact(f"{type(error).__name__}: {error}")
        raise CannotUndo(f"receipt {receipt.id}: {said}; nothing was undone") from error


def written_by(receipt: Receipt) -> Written:
    """What a repair wrote, as its receipt tells. One of an older version tells the partition that had failed alone."""
    body = receipt.body
    failed = body["evidence"].get("partition")
    partitions = body.get("partitions", [failed] if failed else [])
    version = body["version"]
    return Written(
        version["before"], version["after"] or "", tuple(body.get("runs", (body["run"],))), tuple(partitions)
    )
