"""Heartbeats say of what they are, and how long executions take is kept."""

import sqlalchemy as sa
from alembic import op

from escalation_sensors.store.utc import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring a store of revision 0001 to this one."""
    with op.batch_alter_table("heartbeats", schema=None) as batch_op:
        batch_op.add_column(sa.Column("code_location", sa.String(length=255), server_default="", nullable=False))
        batch_op.add_column(sa.Column("subject", sa.String(length=1024), server_default="", nullable=False))
        batch_op.add_column(sa.Column("partition", sa.String(length=255), server_default="", nullable=False))
        batch_op.add_column(sa.Column("started_at", Utc(), nullable=True))
    op.create_table(
        "durations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_location", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=1024), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(), nullable=False, comment="of the end of an execution that succeeded"),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("partitions", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_durations")),
    )
    with op.batch_alter_table("durations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_durations_code_location_subject_id"), ["code_location", "subject", "id"], unique=False
        )


def downgrade() -> None:
    """Back to revision 0001; the durations are lost."""
    op.drop_table("durations")
    with op.batch_alter_table("heartbeats", schema=None) as batch_op:
        for column in ("started_at", "partition", "subject", "code_location"):
            batch_op.drop_column(column)
