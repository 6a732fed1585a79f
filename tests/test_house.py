"""The rules of the house, read from the source: who may import whom, and what a file may be called."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LONGEST_FIRST

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGES = ("data_platform", "resources", "escalation_sensors")
MODULES = [path for package in PACKAGES for path in sorted((CHECKOUT / package).rglob("*.py"))]
FORBIDDEN = {
    "resources": ("data_platform", "escalation_sensors", "tests"),
    "escalation_sensors": ("data_platform", "resources", "tests"),
    "data_platform": ("tests",),
}
PURE = ("diagnosis/", "redaction/", "level1/budget.py", "level1/tuning.py", "level1/situation.py")
"""Parts of the ladder that take values and return values."""
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
MAX_DOCSTRING_LINES = 10


def imported(path: Path) -> Iterator[str]:
    """Every name the file imports, wherever in it, as written: package.module or package.module.name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def test_there_are_modules_to_look_at() -> None:
    assert len(MODULES) > 20


def test_imports_go_only_the_permitted_way() -> None:
    wrong = [
        f"{path}: {name}"
        for path in MODULES
        for name in imported(path)
        if name.split(".")[0] in FORBIDDEN[path.relative_to(CHECKOUT).parts[0]]
    ]
    assert not wrong


def test_no_import_is_relative() -> None:
    assert not [f"{path}: {name}" for path in MODULES for name in imported(path) if name.startswith(".")]


def test_what_is_private_of_dagsters_is_imported_in_one_file() -> None:
    wrong = [
        f"{path}: {name}"
        for path in MODULES
        if path != CHECKOUT / "escalation_sensors" / "dagster_internals.py"
        for name in imported(path)
        if name.startswith("dagster") and any(part.startswith("_") for part in name.split("."))
    ]
    assert not wrong


@pytest.mark.parametrize("pure", PURE)
def test_the_pure_parts_know_neither_dagster_nor_a_database(pure: str) -> None:
    paths = [path for path in MODULES if path.relative_to(CHECKOUT).as_posix().startswith(f"escalation_sensors/{pure}")]
    assert paths
    known = {name.split(".")[0] for path in paths for name in imported(path)}
    assert not known & {"dagster", "sqlalchemy", "alembic", "duckdb"}


def test_every_module_says_what_it_holds_in_at_most_ten_lines() -> None:
    docstrings = {path: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) for path in MODULES}
    wrong = [path for path, text in docstrings.items() if not text or len(text.splitlines()) > MAX_DOCSTRING_LINES]
    assert not wrong


def test_no_file_or_folder_has_a_vague_name() -> None:
    roots = [CHECKOUT / package for package in (*PACKAGES, "tests")]
    names = [path for root in roots for path in root.rglob("*") if set(path.stem.lower().split("_")) & VAGUE]
    assert not [path for path in names if "__pycache__" not in path.parts]


def test_the_tests_that_are_put_first_are_there() -> None:
    assert not [name for name in LONGEST_FIRST if not (CHECKOUT / "tests" / name).is_file()]


def test_pyproject_does_not_hide_the_workspace_from_dagster() -> None:
    assert "[tool.dg" not in (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_name_no_registry_and_hash_everything(name: str) -> None:
    text = (CHECKOUT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index-url" not in text
    pinned = [line for line in text.splitlines() if line and line[0].isalnum()]
    assert len(pinned) > 50
    assert not [line for line in pinned if "==" not in line or not line.endswith("\\")]


def test_what_tests_install_includes_exactly_what_runs() -> None:
    def pins(name: str) -> set[str]:
        lines = (CHECKOUT / name).read_text(encoding="utf-8").splitlines()
        return {line.split(";")[0].strip(" \\") for line in lines if line and line[0].isalnum()}

    assert pins("requirements.lock") <= pins("requirements-dev.lock")
