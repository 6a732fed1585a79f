"""Definitions that do not load: one line that names the file and the line, whatever a person wrote into it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data_platform.cli.conftest import CHECKOUT


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("class Route(Contract)\n    pass\n", "SyntaxError: expected ':'"),
        ("Contarct\n", "NameError: name 'Contarct' is not defined"),
        ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'"),
    ],
)
def test_an_error_in_a_file_of_the_platform_is_one_line_that_names_file_and_line(
    home: Path, tmp_path: Path, written: str, told: str
) -> None:
    checkout = tmp_path / "checkout"
    for package in ("data_platform", "resources", "escalation_sensors"):
        shutil.copytree(CHECKOUT / package, checkout / package, ignore=shutil.ignore_patterns("__pycache__"))
    broken = checkout / "data_platform" / "contracts" / "marts.py"
    good = broken.read_text(encoding="utf-8")
    broken.write_text(good + written, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "data_platform", "maintain"],
        cwd=checkout,
        env=os.environ | {"COLUMNS": "500"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    line = len(good.splitlines()) + 1
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"error: the definitions do not load: {broken}:{line}: {told}; mend what the line names"
    )
    assert "Traceback" not in done.stderr
