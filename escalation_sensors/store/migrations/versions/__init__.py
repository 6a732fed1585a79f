"""Migrations of the store, by Alembic; the oldest first."""
