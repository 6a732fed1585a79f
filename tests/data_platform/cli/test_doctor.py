"""`data-platform doctor`: what is wrong is found and comes with a way out; what is right is said to be."""

import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_platform.cli import doctor
from data_platform.cli.findings import Finding, State, show
from data_platform.settings import CHECKOUT, load_settings
from data_platform.supervision.dagster_home import DAGSTER_YAML
from tests.data_platform.cli.conftest import Command, SmallLakehouse
from tests.servers.free_port import free_ports


def states(findings: object) -> list[State]:
    return [finding.state for finding in findings]  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _home(home: Path) -> None:
    home.mkdir()


def test_this_installation_is_sound() -> None:
    findings = [*doctor.python(), *doctor.packages(CHECKOUT / "requirements.lock"), *doctor.extensions()]
    assert states(findings) == [State.OK] * 3, findings


def test_packages_that_differ_from_the_lock_are_named(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        "dagster==0.0.1 \\\n    --hash=x\nabsent-package==2 \\\nabsent-on-unix==3 ; sys_platform == 'win32' \\\n"
    )
    (finding,) = doctor.packages(lock)
    assert finding.state is State.WARN
    assert "(locked: 0.0.1), absent-package missing (locked: 2)" in finding.told
    assert "absent-on-unix" not in finding.told


def test_a_clock_before_the_checkouts_own_files_is_wrong() -> None:
    assert states(doctor.clock(0.0)) == [State.FAIL]


def test_a_dagster_yaml_that_lacks_what_is_needed_fails_until_repaired(home: Path) -> None:
    settings = load_settings()
    assert states(doctor.dagster_home(settings)) == [State.WARN]
    settings.dagster_home.mkdir()
    file = settings.dagster_home / "dagster.yaml"
    file.write_text("telemetry: {enabled: false}\n")
    found = list(doctor.dagster_home(settings))
    assert [finding for finding in found if finding.state is State.FAIL and "freshness.enabled: true" in finding.told]
    doctor.repair_dagster_home(settings.dagster_home)
    assert states(doctor.dagster_home(settings)) == [State.OK]
    assert file.read_text() == DAGSTER_YAML
    assert (settings.dagster_home / "dagster.yaml.before-repair").read_text() == "telemetry: {enabled: false}\n"


@pytest.mark.parametrize("text", ["a: [1", "just words"])
def test_a_dagster_yaml_that_cannot_be_read_fails_in_one_line(text: str) -> None:
    settings = load_settings()
    settings.dagster_home.mkdir()
    (settings.dagster_home / "dagster.yaml").write_text(text)
    (finding,) = doctor.dagster_home(settings)
    assert finding.state is State.FAIL
    assert "\n" not in finding.told


def test_another_dagster_home_in_the_environment_is_warned_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    assert "is not the platform's" in next(doctor.dagster_home(load_settings())).told


def test_a_port_in_use_fails_unless_the_platform_itself_uses_it(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    webserver, weather = free_ports(2)
    monkeypatch.setenv("DATA_PLATFORM_WEBSERVER_PORT", str(webserver))
    monkeypatch.setenv("DATA_PLATFORM_WEATHER_API_PORT", str(weather))
    settings = load_settings()
    assert states(doctor.ports(settings)) == [State.OK, State.OK]
    with socket.create_server(("127.0.0.1", webserver)):
        first, _ = doctor.ports(settings)
        assert first.state is State.FAIL
        assert "DATA_PLATFORM_WEBSERVER_PORT" in first.way_out
        (home / "supervisor.pid").write_text(str(os.getpid()))
        assert states(doctor.ports(settings)) == [State.OK]


def test_a_missing_drop_folder_is_warned_of(home: Path) -> None:
    settings = load_settings()
    assert states(doctor.drop_folder(settings)) == [State.WARN]
    settings.drop_folder.mkdir(parents=True)
    assert states(doctor.drop_folder(settings)) == [State.OK]


def test_the_catalog_is_reached_as_a_query_reaches_it(small_lakehouse: SmallLakehouse) -> None:
    small_lakehouse.publish("core.one", "SELECT 1 AS id")
    (finding,) = doctor.catalog(load_settings())
    assert finding == Finding(State.OK, "catalog", "1 tables")


def test_a_catalog_that_is_no_database_fails(home: Path) -> None:
    (home / "lakehouse").mkdir()
    (home / "lakehouse" / "catalog.sqlite").write_text("not a database, and long enough to be looked at " * 50)
    assert states(doctor.catalog(load_settings())) == [State.FAIL]


def test_a_catalog_that_is_down_fails_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    monkeypatch.setenv("DATA_PLATFORM_CATALOG_URL", f"postgresql://me:hush-hush@127.0.0.1:{port}/lake")
    (finding,) = doctor.catalog(load_settings())
    assert finding.state is State.FAIL
    assert "hush-hush" not in finding.told
    assert "check DATA_PLATFORM_CATALOG_URL" in finding.told


def test_one_failure_makes_the_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert show([Finding(State.OK, "a", "fine"), Finding(State.WARN, "b", "so so")]) == 0
    assert show([Finding(State.FAIL, "a", "broken", "mend it"), Finding(State.OK, "b", "fine")]) == 1
    assert "fail  a             broken → mend it" in capsys.readouterr().out


def test_a_home_that_may_not_be_read_is_one_finding_among_the_others(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk(_: object) -> Iterator[Finding]:
        raise PermissionError(13, "Permission denied", "/home/of/another")

    monkeypatch.setattr(doctor, "disk", disk)  # root, as whom this may run, may read everything
    done = command("doctor")
    assert done.returncode == 1
    assert re.search(r"disk\s+/home/of/another: Permission denied", done.stdout)
    assert re.search(r"definitions\s+load, with", done.stdout)
