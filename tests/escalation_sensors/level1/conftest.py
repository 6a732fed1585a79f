from collections.abc import Iterator
from pathlib import Path

import pytest

from escalation_sensors.level1.ledger import Ledger
from escalation_sensors.level1.process_ledger import forget_ledger, ledger_of_process
from escalation_sensors.level1.remedies import plain, source_unavailable


@pytest.fixture
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The ladder is on, and its store is a new one of the test's own."""
    monkeypatch.setenv("ESCALATION_STORE_URL", f"sqlite:///{tmp_path / 'escalation.db'}")
    monkeypatch.delenv("ESCALATION_DISABLED", raising=False)
    forget_ledger()
    yield
    forget_ledger()


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedies' own waits of seconds are short, for tests of something else; what a source asks for is kept."""
    monkeypatch.setattr(plain, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr(source_unavailable, "FIRST_WAIT_SECONDS", 0.1)


@pytest.fixture
def ledger(own_store: None) -> Ledger:
    """The ledger in that store, as the ladder itself opens it."""
    return ledger_of_process()
