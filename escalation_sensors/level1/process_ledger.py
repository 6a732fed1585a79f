"""The ledger of this process: opened once, and left alone for a while when it could not be reached.

Otherwise every step of a run would wait for a store that is down, each as long as its time-out.
"""

import time
from dataclasses import dataclass

from escalation_sensors.level1.ledger import Ledger
from escalation_sensors.store import Store, StoreError, store_url

LEFT_ALONE_SECONDS = 60.0


@dataclass
class _ProcessLedger:
    ledger: Ledger | None = None
    left_alone_until: float = 0.0
    because: str = ""


_THIS = _ProcessLedger()


def ledger_of_process() -> Ledger:
    """The ledger, its store made and brought up to date.

    Raises:
        StoreError: it cannot be reached, or could not a short while ago.
    """
    if time.monotonic() < _THIS.left_alone_until:
        raise StoreError(_THIS.because)
    if _THIS.ledger is None:
        try:
            store = Store(store_url())
            store.upgrade()
        except StoreError as error:
            leave_alone(error)
            raise
        _THIS.ledger = Ledger(store)
    return _THIS.ledger


def leave_alone(error: StoreError) -> None:
    """Have the ledger not be asked again for a while."""
    _THIS.left_alone_until, _THIS.because = time.monotonic() + LEFT_ALONE_SECONDS, str(error)


def forget_ledger() -> None:
    """Close the ledger; the next to ask opens it anew."""
    if _THIS.ledger is not None:
        _THIS.ledger.store.close()
    _THIS.ledger, _THIS.left_alone_until = None, 0.0
