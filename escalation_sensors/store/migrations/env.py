"""Run by Alembic: migrates over the connection that the store gives it."""

from alembic import context

from escalation_sensors.store.tables import metadata

# Its own table of the revision: Dagster's storage may be in the same database, and has `alembic_version`.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="escalation_version",
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
