"""The tables of the store. What their rows mean is said by the packages that write them; a change needs a migration.

`subject` is what failed or is repaired: `asset:core/flight`, `op:job.op`, `check:core/flight:not_null`, `sensor:name`.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from escalation_sensors.store.utc import Utc

MOST_ATTEMPTS = 2
"""The protocol's: level 1 makes so many for one case, and then hands it on."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

failures = Table(
    "failures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "event_key", String(255), nullable=False, unique=True, comment="of the event observed: seen again, it is known"
    ),
    Column("at", Utc, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("code_location", String(255), nullable=False),
    Column("subject", String(1024), nullable=False),
    Column("partition", String(255)),
    Column("run_id", String(64)),
    Column("root_run_id", String(64)),
    Column("backfill_id", String(64)),
    Column("case_id", Integer, ForeignKey("cases.id")),
    Column("category", String(32), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("rule", String(128), nullable=False),
    Column("evidence", Text, nullable=False, comment="redacted"),
    Column("fingerprint", String(32), nullable=False, index=True),
    Column("recoverable", Boolean, nullable=False),
    Column("exception_type", String(255), nullable=False),
    Column("message", Text, nullable=False, comment="redacted and shortened"),
    Index(None, "code_location", "subject", "at"),
)

cases = Table(
    "cases",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code_location", String(255), nullable=False),
    Column("subject", String(1024), nullable=False),
    Column("root_run_id", String(64)),
    Column("backfill_id", String(64)),
    Column("first_failure_at", Utc, nullable=False),
    Column("budget_seconds", Float, nullable=False),
    Column("state", String(16), nullable=False, comment="open, repaired, passed_on, canceled"),
    Column("reason", Text, nullable=False, server_default="", comment="why it was passed on"),
    Column("ended_at", Utc),
    Index(None, "code_location", "subject", "state"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", Integer, ForeignKey("cases.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("category", String(32), nullable=False),
    Column("fingerprint", String(32), nullable=False, index=True),
    Column("remedy", String(64), nullable=False, comment="or plain"),
    Column("tuning", JSON, nullable=False),
    Column("change", Text, nullable=False, comment="what is different this time, in one line"),
    Column("run_id", String(64), comment="of the run that is the attempt"),
    Column("begun_at", Utc, nullable=False),
    Column("deadline_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column(
        "outcome",
        String(16),
        nullable=False,
        server_default="running",
        comment="running, repaired, failed, lost, canceled",
    ),
    Column("not_before", Utc, comment="when its execution may begin; empty is at once"),
    Column("root_run_id", String(64), comment="of the run whose failure it answers"),
    Column("version_before", String(255), comment="of the data that it changed itself, where its proof comes later"),
    Column("version_after", String(255)),
    UniqueConstraint("case_id", "number"),
    CheckConstraint(f"number BETWEEN 1 AND {MOST_ATTEMPTS}", name="number"),
    Index(None, "run_id"),
)

attempt_steps = Table(
    "attempt_steps",
    metadata,
    Column("attempt_id", Integer, ForeignKey("attempts.id"), primary_key=True),
    Column("step_key", String(512), primary_key=True),
    Column("has_ended", Boolean, nullable=False),
)

tunings = Table(
    "tunings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code_location", String(255), nullable=False),
    Column("subject", String(1024), nullable=False),
    Column("tuning", JSON, nullable=False),
    Column("set_at", Utc, nullable=False),
    Column("attempt_id", Integer, ForeignKey("attempts.id")),
    Column("good_runs", Integer, nullable=False, server_default="0"),
    UniqueConstraint("code_location", "subject"),
)

receipts = Table(
    "receipts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("attempt_id", Integer, ForeignKey("attempts.id"), nullable=False, unique=True),
    Column("at", Utc, nullable=False),
    Column("body", JSON, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("undone_at", Utc),
    Column("undone_by", String(255)),
)

undos = Table(
    "undos",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("receipt_id", Integer, ForeignKey("receipts.id"), nullable=False, unique=True),
    Column("body", JSON, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
)

chain_heads = Table(
    "chain_heads",
    metadata,
    Column("chain", String(32), primary_key=True, comment="receipts or undos"),
    Column("length", Integer, nullable=False),
    Column("hash", String(64), nullable=False, comment="of the newest"),
)

proposals = Table(
    "proposals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", Integer, ForeignKey("cases.id"), nullable=False),
    Column("at", Utc, nullable=False),
    Column("remedy", String(64), nullable=False),
    Column("plan", JSON, nullable=False),
    Column("state", String(16), nullable=False, server_default="open", comment="open, approved, rejected, carried_out"),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("step_key", String(512), primary_key=True),
    Column("at", Utc, nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("code_location", String(255), nullable=False, server_default=""),
    Column("subject", String(1024), nullable=False, server_default=""),
    Column("partition", String(255), nullable=False, server_default=""),
    Column("started_at", Utc),
)

durations = Table(
    "durations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code_location", String(255), nullable=False),
    Column("subject", String(1024), nullable=False),
    Column("run_id", String(64), nullable=False),
    Column("at", Utc, nullable=False, comment="of the end of an execution that succeeded"),
    Column("seconds", Float, nullable=False),
    Column("partitions", Integer, nullable=False, server_default="1"),
    Index(None, "code_location", "subject", "id"),
)

cursors = Table(
    "cursors",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("value", Text, nullable=False),
    Column("at", Utc, nullable=False),
)
