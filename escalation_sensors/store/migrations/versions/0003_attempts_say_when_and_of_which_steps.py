"""Attempts say when their execution may begin and of which steps it is; what a person terminated is called so."""

import sqlalchemy as sa
from alembic import op

from escalation_sensors.store.utc import Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OUTCOMES, _STATES = "running, repaired, failed, lost", "open, repaired, passed_on"


def upgrade() -> None:
    """Bring a store of revision 0002 to this one."""
    op.add_column(
        "attempts",
        sa.Column("not_before", Utc(), nullable=True, comment="when its execution may begin; empty is at once"),
    )
    op.add_column(
        "attempts",
        sa.Column("root_run_id", sa.String(length=64), nullable=True, comment="of the run whose failure it answers"),
    )
    op.create_table(
        "attempt_steps",
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("step_key", sa.String(length=512), nullable=False),
        sa.Column("has_ended", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_attempt_steps_attempt_id_attempts")),
        sa.PrimaryKeyConstraint("attempt_id", "step_key", name=op.f("pk_attempt_steps")),
    )
    _comment(f"{_OUTCOMES}, canceled", f"{_STATES}, canceled")


def downgrade() -> None:
    """Back to revision 0002; what waits begins at once, and an attempt is of every step of its subject."""
    op.drop_table("attempt_steps")
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_column("root_run_id")
        batch_op.drop_column("not_before")
    _comment(_OUTCOMES, _STATES)


def _comment(outcomes: str, states: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        return  # it keeps no comments
    op.alter_column("attempts", "outcome", comment=outcomes, existing_type=sa.String(16), existing_nullable=False)
    op.alter_column("cases", "state", comment=states, existing_type=sa.String(16), existing_nullable=False)
