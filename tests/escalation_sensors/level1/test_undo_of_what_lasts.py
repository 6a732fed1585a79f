"""Undo of what a repair leaves in the world or for the next runs: an installed package, a mapping of columns."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from escalation_sensors.level1.current_tuning import current_tuning
from escalation_sensors.level1.ledger import Ledger, Subject
from escalation_sensors.level1.packages import folder_of, packages_folder
from escalation_sensors.level1.proposals import proposals_of
from escalation_sensors.level1.receipt_book import receipts_of
from escalation_sensors.level1.recoverable import recoverable
from escalation_sensors.level1.setup import Setup
from escalation_sensors.level1.tuning import Tuning
from escalation_sensors.level1.tuning_memory import tuning_in_force
from escalation_sensors.level1.undo import undo
from escalation_sensors.policy.policy import Packages, Policy
from tests.escalation_sensors.level1.test_packages import wheel

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Setup]:
    """A policy that lets one package be installed; the path and the module are as before, afterwards."""
    monkeypatch.setenv("ESCALATION_PACKAGES", str(tmp_path / "installed"))
    monkeypatch.setattr(sys, "path", list(sys.path))
    listed = tmp_path / "allowed.txt"
    listed.write_text(f"{wheel(tmp_path / 'wheels')}\n")
    yield Setup(Policy(packages=Packages(listed, {}, tmp_path / "wheels")))
    sys.modules.pop("tinyrepair", None)


def needing_a_package(name: str) -> dg.AssetsDefinition:
    @dg.asset(name=name)
    def needs_it() -> str:
        import tinyrepair  # noqa: PLC0415

        return str(tinyrepair.VERSION)

    return needs_it


def forget_the_module() -> None:
    """As in another process, which has neither loaded it nor its folder on the path."""
    sys.modules.pop("tinyrepair", None)
    sys.path[:] = [each for each in sys.path if "tinyrepair" not in each]


def materialized(asset: dg.AssetsDefinition, setup: Setup) -> bool:
    return dg.materialize([recoverable(asset, setup)], raise_on_error=False).success


def undone(ledger: Ledger, setup: Setup, *, newest: int = 0) -> list[str]:
    of = receipts_of(ledger.store)[newest]
    return undo(ledger, of, setup, packages=packages_folder(), who="anna", now=NOW)


def test_an_installed_package_is_withdrawn_and_the_next_run_is_without_it(
    ledger: Ledger, setup: Setup, short_waits: None
) -> None:
    assert materialized(needing_a_package("one"), setup)
    folder = folder_of("tinyrepair", setup.allowed, packages_folder())
    assert folder.is_dir()
    assert undone(ledger, setup) == [
        "the next run of asset:one begins with no tuning",
        "package tinyrepair was taken away",
    ]
    assert not folder.exists()
    assert tuning_in_force(ledger.store, Subject("", "asset:one")) is None
    forget_the_module()
    assert not materialized(needing_a_package("one"), setup)
    assert proposals_of(ledger.store)[0]["remedy"] == "install_dependency"


def test_a_package_that_another_repair_needs_stays(ledger: Ledger, setup: Setup, short_waits: None) -> None:
    assert materialized(needing_a_package("one"), setup)
    forget_the_module()
    assert materialized(needing_a_package("two"), setup)
    folder = folder_of("tinyrepair", setup.allowed, packages_folder())
    assert undone(ledger, setup)[-1] == "package tinyrepair stays: another repair needs it"
    assert folder.is_dir()
    forget_the_module()
    assert materialized(needing_a_package("one"), setup)
    assert undone(ledger, setup, newest=1)[-1] == "package tinyrepair was taken away"
    assert not folder.exists()


class OtherColumns(ValueError):
    """A source that calls a column otherwise."""

    escalation_category = "schema_mismatch"

    def __init__(self) -> None:
        super().__init__("the source has other columns")
        self.expected_columns = {"tail_number": "VARCHAR"}
        self.found_columns = {"tailnum": "VARCHAR"}


def test_a_mapping_of_columns_is_forgotten_and_the_next_run_begins_without_it(
    ledger: Ledger, short_waits: None
) -> None:
    began: list[dict[str, str]] = []

    @dg.asset(metadata={"escalation/aliases": {"tail_number": ["tailnum"]}})
    def planes() -> None:
        began.append(dict(current_tuning().columns))
        if not began[-1]:
            raise OtherColumns

    subject, mapped = Subject("", "asset:planes"), {"tail_number": "tailnum"}
    assert materialized(planes, Setup())
    assert materialized(planes, Setup())
    assert began == [{}, mapped, mapped]
    assert tuning_in_force(ledger.store, subject) == Tuning(columns=mapped)
    assert undone(ledger, Setup()) == ["the next run of asset:planes begins with no tuning"]
    assert tuning_in_force(ledger.store, subject) is None
    assert not materialized(planes, Setup())
    assert began[3:] == [{}]  # and what a person undid is not done again unasked
    assert "tailnum" in proposals_of(ledger.store)[0]["plan"]["effect"]
