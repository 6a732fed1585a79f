from collections.abc import Iterator
from pathlib import Path

import pytest

from escalation_sensors.level1.ledger import Ledger
from escalation_sensors.level1.process_ledger import forget_ledger, ledger_of_process


@pytest.fixture
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The ladder is on, and its store is a new one of the test's own."""
    monkeypatch.setenv("ESCALATION_STORE_URL", f"sqlite:///{tmp_path / 'escalation.db'}")
    monkeypatch.delenv("ESCALATION_DISABLED", raising=False)
    forget_ledger()
    yield
    forget_ledger()


@pytest.fixture
def ledger(own_store: None) -> Ledger:
    """The ledger in that store, as the ladder itself opens it."""
    return ledger_of_process()
