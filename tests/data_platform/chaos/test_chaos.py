"""Chaos end to end with a few quick faults, and its command line."""

import json
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from data_platform.chaos.catalog import UnknownExperiment, chosen, experiments
from data_platform.chaos.report import LEAST_A_CATEGORY, LEAST_FAULTS, LEAST_TRIALS
from data_platform.chaos.run import run_chaos
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
