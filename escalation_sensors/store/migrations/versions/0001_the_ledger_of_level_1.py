"""The ledger of level 1."""

import sqlalchemy as sa
from alembic import op

from escalation_sensors.store.utc import Utc

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "cases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_location", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=1024), nullable=False),
        sa.Column("root_run_id", sa.String(length=64), nullable=True),
        sa.Column("backfill_id", sa.String(length=64), nullable=True),
        sa.Column("first_failure_at", Utc(), nullable=False),
        sa.Column("budget_seconds", sa.Float(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="open, repaired, passed_on"),
        sa.Column("reason", sa.Text(), server_default="", nullable=False, comment="why it was passed on"),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_cases_code_location_subject_state"), ["code_location", "subject", "state"], unique=False
        )

    op.create_table(
        "cursors",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_cursors")),
    )
    op.create_table(
        "heartbeats",
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("step_key", sa.String(length=512), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "step_key", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("remedy", sa.String(length=64), nullable=False, comment="or plain"),
        sa.Column("tuning", sa.JSON(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False, comment="what is different this time, in one line"),
        sa.Column("run_id", sa.String(length=64), nullable=True, comment="of the run that is the attempt"),
        sa.Column("begun_at", Utc(), nullable=False),
        sa.Column("deadline_at", Utc(), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.Column(
            "outcome",
            sa.String(length=16),
            server_default="running",
            nullable=False,
            comment="running, repaired, failed, lost",
        ),
        sa.CheckConstraint("number BETWEEN 1 AND 2", name=op.f("ck_attempts_number")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_attempts_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_attempts_case_id_number")),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attempts_fingerprint"), ["fingerprint"], unique=False)
        batch_op.create_index(batch_op.f("ix_attempts_run_id"), ["run_id"], unique=False)

    op.create_table(
        "failures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "event_key", sa.String(length=255), nullable=False, comment="of the event observed: seen again, it is known"
        ),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("code_location", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=1024), nullable=False),
        sa.Column("partition", sa.String(length=255), nullable=True),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.Column("root_run_id", sa.String(length=64), nullable=True),
        sa.Column("backfill_id", sa.String(length=64), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("rule", sa.String(length=128), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False, comment="redacted"),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("recoverable", sa.Boolean(), nullable=False),
        sa.Column("exception_type", sa.String(length=255), nullable=False),
        sa.Column("message", sa.Text(), nullable=False, comment="redacted and shortened"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_failures_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failures")),
        sa.UniqueConstraint("event_key", name=op.f("uq_failures_event_key")),
    )
    with op.batch_alter_table("failures", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_failures_code_location_subject_at"), ["code_location", "subject", "at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_failures_fingerprint"), ["fingerprint"], unique=False)

    op.create_table(
        "proposals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("remedy", sa.String(length=64), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column(
            "state",
            sa.String(length=16),
            server_default="open",
            nullable=False,
            comment="open, approved, rejected, carried_out",
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_proposals_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_table(
        "receipts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("undone_at", Utc(), nullable=True),
        sa.Column("undone_by", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_receipts_attempt_id_attempts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("attempt_id", name=op.f("uq_receipts_attempt_id")),
        sa.UniqueConstraint("hash", name=op.f("uq_receipts_hash")),
    )
    op.create_table(
        "tunings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_location", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=1024), nullable=False),
        sa.Column("tuning", sa.JSON(), nullable=False),
        sa.Column("set_at", Utc(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=True),
        sa.Column("good_runs", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_tunings_attempt_id_attempts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tunings")),
        sa.UniqueConstraint("code_location", "subject", name=op.f("uq_tunings_code_location_subject")),
    )
