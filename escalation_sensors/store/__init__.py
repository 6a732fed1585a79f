"""The incident store and ledger: SQLAlchemy tables on SQLite or PostgreSQL, and their migrations. No decisions."""

from escalation_sensors.store.store import Store, StoreError, store_url

__all__ = ["Store", "StoreError", "store_url"]
