"""Chaos end to end with a few quick faults, and its command line."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from data_platform.chaos import plain_retries
from data_platform.chaos.catalog import UnknownExperiment, chosen, experiments
from data_platform.chaos.experiment import Experiment, Shown, passed_on
from data_platform.chaos.overlapping_schedules import Worked, overlaps
from data_platform.chaos.report import LEAST_A_CATEGORY, LEAST_FAULTS, LEAST_TRIALS
from data_platform.chaos.run import run_chaos
from data_platform.chaos.scratch import Scratch
from data_platform.cli.app import app
from data_platform.cli.errors import CommandError
from escalation_sensors.diagnosis.category import Category

QUICK = (
    "a gzip that is cut short",
    "a column under its alias",
    "SQL with a syntax error",
    "healthy load of 3 orders",
)


def test_quick_faults_are_repaired_or_passed_on_and_reported(tmp_path: Path) -> None:
    assert run_chaos(chosen(QUICK), tmp_path, Console(quiet=True), is_whole=False) == 0
    table = json.loads((tmp_path / "chaos-table.json").read_text())
    by_group = {row["group"]: row for row in table["table"]}
    assert by_group["data_quality"]["repaired"] == by_group["data_quality"]["verified"] == 1
    assert by_group["schema_mismatch"]["repaired"] == 1
    assert by_group["code_defect"]["passed on"] == 1
    assert by_group["healthy run"]["seen"] == 0
    figures = {each["name"]: each for each in json.loads((tmp_path / "chaos.json").read_text())}
    assert set(figures["wrong repairs"]) == {"name", "value", "unit", "goal", "holds"}
    assert figures["rows lost"]["value"] == 0


def test_with_plain_retries_only_a_fault_that_needs_its_remedy_stays_and_one_that_passes_by_itself_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(plain_retries.VARIABLE, "1")
    run_chaos(
        chosen(["a gzip that is cut short", "a tool that ends with 1, once"]),
        tmp_path,
        Console(quiet=True),
        is_whole=False,
    )
    found = {
        each["name"]: each for each in json.loads((tmp_path / "chaos-plain-table.json").read_text())["experiments"]
    }
    assert not found["a gzip that is cut short"]["repaired"]
    assert found["a tool that ends with 1, once"]["repaired"]
    assert {attempt for each in found.values() for attempt in each["attempts"]} <= {"plain failed", "plain repaired"}
    assert not any(each["unexpected"] for each in found.values())
    monkeypatch.delenv(plain_retries.VARIABLE)
    assert run_chaos(chosen(["a zip that is cut short"]), tmp_path, Console(quiet=True), is_whole=False) == 0


def test_what_takes_long_by_itself_begins_once_nothing_that_is_measured_by_its_time_is_left(tmp_path: Path) -> None:
    told: list[str] = []

    def fault(name: str, category: Category) -> Experiment:
        def act(_: Scratch) -> Shown:
            told.append(name)
            return Shown((), succeeded=True)

        return passed_on(name, category, act, "none")

    ahead = replace(fault("killed", Category.OUT_OF_MEMORY), ahead=lambda _: told.append("begun"))
    timed = fault("timed", Category.PIPELINE_TIMEOUT)
    in_a_trial = replace(fault("trial", Category.PIPELINE_TIMEOUT), is_trial=True)
    run_chaos([timed, ahead, in_a_trial], tmp_path, Console(quiet=True), is_whole=False)
    assert told == ["timed", "begun", "killed", "trial"]


def test_the_schedules_overlap_where_two_worked_at_one_time() -> None:
    assert list(overlaps([Worked(0, 5), Worked(4, 9), Worked(9, 12)])) == [True, False]


def test_there_are_enough_faults_of_each_category_and_enough_trials() -> None:
    faults = [each for each in experiments() if not each.is_trial]
    assert len(faults) >= LEAST_FAULTS
    assert {each.group for each in faults} == set(Category)
    for category in Category:
        assert len([each for each in faults if each.group == category]) >= LEAST_A_CATEGORY, category
    assert len(experiments()) - len(faults) >= LEAST_TRIALS
    assert all(each.reason for each in experiments())


def test_an_unknown_name_is_one_line_with_the_nearest() -> None:
    with pytest.raises(UnknownExperiment, match="did you mean 'a gzip that is cut short'"):
        chosen(["a gzip that is short"])


def test_the_command_lists_and_refuses_unknown_names() -> None:
    listed = CliRunner().invoke(app, ["chaos", "--list"])
    assert listed.exit_code == 0
    refused = CliRunner().invoke(app, ["chaos", "--only", "no such thing at all"])
    assert isinstance(refused.exception, CommandError)
    assert "\n" not in str(refused.exception)
