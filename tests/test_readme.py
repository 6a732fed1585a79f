"""Follows the README's recipes for a source and a model, word for word, in a copy of the checkout."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.servers.free_port import free_ports

CHECKOUT = Path(__file__).resolve().parents[1]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
WITHIN_SECONDS = 240


def block(language: str, containing: str) -> str:
    (found,) = [text for text in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if containing in text]
    return str(found)


def test_the_source_and_the_model_of_the_readme_work_as_they_stand_there(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    for package in ("data_platform", "resources", "escalation_sensors"):
        shutil.copytree(CHECKOUT / package, checkout / package, ignore=shutil.ignore_patterns("__pycache__"))
    contracts = checkout / "data_platform" / "contracts"
    for file, name in ((contracts / "raw.py", "class Holidays"), (contracts / "marts.py", "class HolidayTraffic")):
        file.write_text(f"{file.read_text()}\n\n{block('python', name)}")
    sources = checkout / "data_platform" / "sources.py"
    declared = sources.read_text()
    entry = block("python", 'name="holidays"')
    place = declared.index("        DeclaredSource(\n")
    sources.write_text(declared[:place] + entry + declared[place:])
    model = checkout / "data_platform" / "models" / "marts" / "holiday_traffic.sql"
    model.write_text(block("sql", "raw.holidays"))

    home = tmp_path / "home"
    (home / "holidays").mkdir(parents=True)
    (printf,) = re.findall(r"printf '(.+?)'", block("sh", "printf"))
    (home / "holidays" / "2013.csv").write_text(printf.replace("\\n", "\n"))
    environment = {
        **{
            name: value for name, value in os.environ.items() if not name.startswith(("DATA_PLATFORM_", "DAGSTER_HOME"))
        },
        "DATA_PLATFORM_HOME": str(home),
        "DATA_PLATFORM_TODAY": "2013-01-02",
        "DATA_PLATFORM_WEATHER_API_PORT": _free_port(),
    }
    run = _command(["run"], checkout, environment)
    assert run.returncode == 0, run.stdout + run.stderr
    query = _command(
        ["query", "--csv", "select holiday, scheduled_flights from marts.holiday_traffic"], checkout, environment
    )
    assert query.stdout.splitlines() == ["holiday,scheduled_flights", "New Year,842"], query.stderr


def test_the_file_that_the_readme_delivers_has_one_column_more_in_every_line(tmp_path: Path) -> None:
    file = tmp_path / ".data_platform" / "demo" / "drop" / "flights_2013-12-31.csv"
    file.parent.mkdir(parents=True)
    file.write_text("year,month\n2013,12\n2013,12\n")
    subprocess.run(["sh", "-c", block("sh", "gate")], cwd=tmp_path, check=True, timeout=30)
    assert file.read_text() == "year,month,gate\n2013,12,B12\n2013,12,B12\n"
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [file.name]


def test_each_recipe_takes_about_ten_lines() -> None:
    for language, containing in (("python", "class Holidays"), ("python", 'name="holidays"'), ("sql", "raw.holidays")):
        assert len(block(language, containing).splitlines()) <= 10


def test_the_files_that_the_readme_links_to_are_there() -> None:
    for link in re.findall(r"\]\((?!http)(.+?)\)", README):
        assert (CHECKOUT / link).is_file(), link


def _command(arguments: list[str], checkout: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "data_platform", *arguments]
    return subprocess.run(
        command, cwd=checkout, env=environment, capture_output=True, text=True, timeout=WITHIN_SECONDS, check=False
    )


def _free_port() -> str:
    return str(free_ports(1)[0])
