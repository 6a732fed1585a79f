"""Undos are chained like receipts, each chain has a head; attempts whose proof comes later say their versions."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

from escalation_sensors.store.utc import Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_FIRST = "0" * 64


def upgrade() -> None:
    """Bring a store of revision 0003 to this one; what was undone by then begins the chain of undos."""
    told = "of the data that it changed itself, where its proof comes later"
    op.add_column("attempts", sa.Column("version_before", sa.String(length=255), nullable=True, comment=told))
    op.add_column("attempts", sa.Column("version_after", sa.String(length=255), nullable=True))
    undos = op.create_table(
        "undos",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("receipt_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=op.f("fk_undos_receipt_id_receipts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_undos")),
        sa.UniqueConstraint("receipt_id", name=op.f("uq_undos_receipt_id")),
        sa.UniqueConstraint("hash", name=op.f("uq_undos_hash")),
    )
    heads = op.create_table(
        "chain_heads",
        sa.Column("chain", sa.String(length=32), nullable=False, comment="receipts or undos"),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False, comment="of the newest"),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_chain_heads")),
    )
    found = sa.table(
        "receipts", sa.column("id"), sa.column("hash"), sa.column("undone_at", Utc()), sa.column("undone_by")
    )
    rows = op.get_bind().execute(sa.select(found).order_by(found.c.id)).all()
    entries = []
    previous = _FIRST
    undone = sorted((row for row in rows if row.undone_at is not None), key=lambda row: (row.undone_at, row.id))
    for row in undone:
        body = {"receipt": row.id, "hash": row.hash, "at": row.undone_at.isoformat(), "by": row.undone_by or ""}
        text = json.dumps(body, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        hashed = hashlib.sha256(f"{previous}\n{text}".encode("ascii")).hexdigest()
        entries.append({"receipt_id": row.id, "body": body, "previous_hash": previous, "hash": hashed})
        previous = hashed
    if entries:
        op.bulk_insert(undos, entries)
    newest = rows[-1].hash if rows else _FIRST
    op.bulk_insert(
        heads,
        [
            {"chain": "receipts", "length": len(rows), "hash": newest},
            {"chain": "undos", "length": len(entries), "hash": previous},
        ],
    )


def downgrade() -> None:
    """Back to revision 0003; what an improved layout was before is not known any more, nor who altered an undo."""
    op.drop_table("chain_heads")
    op.drop_table("undos")
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_column("version_after")
        batch_op.drop_column("version_before")
