"""How Alembic is run by the store; the migrations themselves are in `versions`."""
