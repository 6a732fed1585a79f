"""The chains of receipts and of their undos in the store, each with a head; and whether somebody has altered them.

Without the heads nobody would see that the newest was taken away. Who may write the store may forge it whole: the head
that `escalation verify` shows is to be compared with one that was kept elsewhere.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, update

from escalation_sensors.level1.receipt import FIRST, first_break, receipt_hash
from escalation_sensors.store.store import Store
from escalation_sensors.store.tables import chain_heads, receipts, undos

_CHAIN_LOCK = 7_205_141
"""PostgreSQL's advisory lock of the chains: two entries at once would both follow the same one."""


@dataclass(frozen=True)
class Verified:
    """How the chains are.

    Attributes:
        receipts, undone: how many receipts there are, and how many of them were undone.
        broken: what does not fit first, in one line; None if all is as it was written.
        head: the hash of the newest receipt, with which all before it are held.
    """

    receipts: int
    undone: int
    broken: str | None
    head: str


def next_link(connection: Connection, table: Table, body: Mapping[str, Any]) -> tuple[str, str]:
    """The previous hash and the hash of an entry that is about to be written; it is the head from now on.

    What is there does not count, but the head: after the newest entry was taken away, the next does not fit either.
    """
    _lock(connection)
    of_table = chain_heads.c.chain == table.name
    head = connection.execute(select(chain_heads).where(of_table)).mappings().first()
    previous = str(head["hash"]) if head is not None else FIRST
    hashed = receipt_hash(previous, body)
    if head is None:
        connection.execute(insert(chain_heads).values(chain=table.name, length=1, hash=hashed))
    else:
        connection.execute(update(chain_heads).where(of_table).values(length=head["length"] + 1, hash=hashed))
    return previous, hashed


def verify_chain(store: Store) -> Verified:
    """Whether receipts and undos are those that were written: none altered, taken away or put in.

    Raises:
        StoreError: the store cannot be reached.
    """
    with store.transaction() as connection:  # else one that is written meanwhile would seem to be too many
        _lock(connection)
        written = [dict(row) for row in connection.execute(select(receipts).order_by(receipts.c.id)).mappings()]
        undone = [dict(row) for row in connection.execute(select(undos).order_by(undos.c.id)).mappings()]
        heads = {row.chain: (int(row.length), str(row.hash)) for row in connection.execute(select(chain_heads))}
    newest = str(written[-1]["hash"]) if written else FIRST
    return Verified(len(written), len(undone), next(_breaks(written, undone, heads), None), newest)


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":  # SQLite's transactions exclude one another as they are
        connection.execute(select(func.pg_advisory_xact_lock(_CHAIN_LOCK)))


def _breaks(
    written: list[dict[str, Any]], undone: list[dict[str, Any]], heads: Mapping[str, tuple[int, str]]
) -> Iterator[str]:
    for chain, word, rows in (("receipts", "receipt", written), ("undos", "undo", undone)):
        links = [(int(row["id"]), row["body"], str(row["previous_hash"]), str(row["hash"])) for row in rows]
        if (broken := first_break(links)) is not None:
            yield f"{word} {broken} does not fit the chain: it was altered, or one before it is gone"
        length, head = heads.get(chain, (None, None))
        if length is None:
            yield f"the head of the chain of {chain} is gone, so nobody can tell whether the newest are there"
        elif (length, head) != (len(links), links[-1][3] if links else FIRST):
            yield f"{length} {chain} were written and {len(links)} are there: the newest were taken away or put in"
    said = {each["receipt_id"]: each["body"] for each in undone}
    for row in written:
        body = said.get(row["id"])
        marked = (row["hash"], row["undone_at"].isoformat(), row["undone_by"] or "") if row["undone_at"] else None
        if marked != ((body["hash"], body["at"], body["by"]) if body else None):
            how = "undone" if marked else "not undone"
            yield f"receipt {row['id']} is marked as {how}, and that is not what was written"
