"""Which snapshots receipts name, so that maintenance keeps them: without them a repair could not be undone."""

from datetime import datetime, timedelta

from escalation_sensors.level1.pending_proof import versions_to_be_proved
from escalation_sensors.level1.receipt_book import receipts_of
from escalation_sensors.store import Store, StoreError, store_url

RETENTION = timedelta(days=30)
"""How long a receipt can be undone."""
MOST_RECEIPTS = 100_000


def store_of_process() -> Store | None:
    """The ladder's store; None where none was ever named, so that there are no receipts."""
    try:
        return Store(store_url())
    except StoreError:
        return None


def kept_snapshots(store: Store, now: datetime, retention: timedelta = RETENTION) -> frozenset[int]:
    """The snapshots that the receipts of the last `retention` name, and attempts that are to be proved.

    Raises:
        StoreError: the store cannot be reached.
    """
    if not store.is_ready():
        return frozenset()
    recent = [each for each in receipts_of(store, newest=MOST_RECEIPTS) if now - each.at < retention]
    named = [each.body.get("version", {}).get(when) for each in recent for when in ("before", "after")]
    named += versions_to_be_proved(store)
    return frozenset(int(version) for version in named if version and str(version).isdigit())
