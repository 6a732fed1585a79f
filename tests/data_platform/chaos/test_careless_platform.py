"""A platform that audits nothing and publishes whatever was delivered is judged wrong, in each fault and trial.

The experiments are real, and so is what they deliver; only the platform beneath them is a careless one.
"""

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

from data_platform.chaos.catalog import chosen
from data_platform.chaos.downloads import DownloadedFolder
from data_platform.chaos.experiment import Rows, Told
from data_platform.chaos.judging import judge
from data_platform.chaos.trials import ambiguous_schemas, over_tolerance
from resources.lakehouse import TableName

if TYPE_CHECKING:
    from data_platform.chaos.scratch import Scratch

REPAIRED = Told(
    failures=("data_quality",), remedies=("one",), outcomes=("repaired",), states=("repaired",), verified=(True,)
)
"""What a ladder that is careless, too, would say of itself."""
FAULTS = (
    "missing customers within the tolerance",
    "impossible amounts within the tolerance",
    "missing customers over the tolerance",
    "every order twice",
    "a gzip that is cut, with bad rows in it",
)
HEALTHY = "healthy load with 2 orders that are always set aside"
TRIALS = (HEALTHY, *(each.name for each in (*over_tolerance.TRIALS, *ambiguous_schemas.TRIALS)))


class CarelessPlatform:
    """Publishes what lies in the experiment's folder: by position, unaudited, with nothing set aside."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.settings = SimpleNamespace(landing_path=home / "landing", home=home)
        self.subjects: Any = SimpleNamespace(added_sources={}, added_models={})

    def folder(self, name: str) -> Path:
        """The folder of the experiment."""
        self.of_experiment = self.home / name
        self.of_experiment.mkdir()
        return self.of_experiment

    def run(self, _assets: Sequence[object], **_options: object) -> SimpleNamespace:
        """Downloads until it has all, and is content."""
        for declared in self.subjects.added_sources.values():
            if isinstance(declared.source, DownloadedFolder):
                for _ in range(2):
                    content = httpx.get(declared.source.url, timeout=5, trust_env=False).content
                (self.of_experiment / declared.source.pattern).write_bytes(content)
        return SimpleNamespace(success=True)

    def rows(self, table: TableName, columns: Sequence[str]) -> Rows:
        """All that was delivered."""
        if table.schema != "raw":
            return Rows()
        found = Rows()
        for file in self.of_experiment.iterdir():
            content = file.read_bytes()
            text = (gzip.decompress(content) if file.suffix == ".gz" else content).decode()
            rows = list(csv.reader(text.splitlines()))[1:]
            found += Rows(tuple("" if value == "NA" else value for value in row[: len(columns)]) for row in rows)
        return found


@pytest.mark.parametrize("name", FAULTS)
def test_bad_rows_that_a_repair_publishes_make_it_a_wrong_one(name: str, tmp_path: Path) -> None:
    (fault,) = chosen([name])
    shown = fault.act(cast("Scratch", CarelessPlatform(tmp_path)))
    assert shown.after
    verdict = judge(fault, shown, REPAIRED)
    assert verdict.wrongly_repaired
    assert verdict.is_harmful
    assert not verdict.repaired


@pytest.mark.parametrize("name", TRIALS)
def test_a_trial_in_which_bad_or_guessed_rows_are_published_is_judged_wrong(name: str, tmp_path: Path) -> None:
    (trial,) = chosen([name])
    shown = trial.act(cast("Scratch", CarelessPlatform(tmp_path)))
    assert shown.after
    verdict = judge(trial, shown, Told())
    assert "a run without the fault would not have published" in verdict.wrongly_repaired
