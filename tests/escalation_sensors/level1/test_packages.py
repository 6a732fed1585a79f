"""Installing what is missing: only what the allow-list pins and hashes; a name out of an error is never enough."""

import base64
import hashlib
import sys
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.diagnosis import Diagnosis
from escalation_sensors.level1.allow_list import AllowListError, read_allow_list
from escalation_sensors.level1.ledger import Plan
from escalation_sensors.level1.packages import InstallFailed, folder_of, provide, withdraw
from escalation_sensors.level1.remedies import missing_dependency
from escalation_sensors.level1.situation import MayNotAct, Situation
from escalation_sensors.level1.tuning import Tuning
from escalation_sensors.policy.policy import Packages
from escalation_sensors.policy.policy_file import load_policy

MISSING = Diagnosis(Category.MISSING_DEPENDENCY, 1.0, "python.module_not_found", "", "f", recoverable=True)
HOSTILE = [
    "requessts", "python-dateutill", "urllib33", "../../etc/passwd", "--index-url=http://127.0.0.1", "-r/etc/passwd",
    "tinyrepair;import os", "tinyrepair @ http://127.0.0.1/x.whl", "git+https://127.0.0.1/x", "tinyrepair==9.9",
    "tinyrepair\nevil", "TINYREPAIR[evil]", "", ".", "..", "os.system('x')", "${HOME}", "`id`", "tiny repair", "\0",
] + [f"evil_{number}" for number in range(180)]  # fmt: skip


def wheel(folder: Path, name: str = "tinyrepair", version: str = "1.0") -> str:
    """A real wheel of one module; its line for the allow-list."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    records = []
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in files.items():
            archive.writestr(inside, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            records.append(f"{inside},sha256={digest},{len(text)}")
        archive.writestr(f"{info}/RECORD", "\n".join([*records, f"{info}/RECORD,,"]) + "\n")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


@pytest.fixture
def index() -> Iterator[tuple[str, list[str]]]:
    """An index that answers 404 to everything, and what it was asked for."""
    asked: list[str] = []

    class Index(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/simple", asked
    server.shutdown()
    thread.join(5)


@pytest.fixture(autouse=True)
def path_is_restored() -> Iterator[None]:
    before = list(sys.path)
    yield
    sys.path[:] = before
    sys.modules.pop("tinyrepair", None)


def planned(module: str, listed: Path, tuning: Tuning | None = None, said: str = "") -> Plan | MayNotAct:
    allowed = read_allow_list(listed, {"tiny_module": "tinyrepair"})
    now = datetime(2026, 1, 1, tzinfo=UTC)
    situation = Situation(
        MISSING,
        now,
        tuning=tuning or Tuning(),
        missing_module=module,
        allowed=allowed,
        said=said or f"No module {module}",
    )
    return missing_dependency.plan(situation)


def test_a_listed_package_is_installed_into_a_folder_of_its_own_and_taken_away_again(tmp_path: Path) -> None:
    listed = tmp_path / "allowed.txt"
    listed.write_text(f"# what level 1 may install\n{wheel(tmp_path / 'wheels')}\n")
    allowed = read_allow_list(listed, {})
    settings = Packages(listed, {}, tmp_path / "wheels")
    with pytest.raises(ModuleNotFoundError):
        import tinyrepair  # noqa: F401, PLC0415
    provide(["tinyrepair"], allowed, settings, tmp_path / "installed")
    import tinyrepair as found  # type: ignore[import-not-found, no-redef]  # noqa: PLC0415

    assert found.VERSION == "1.0"
    target = folder_of("tinyrepair", allowed, tmp_path / "installed")
    assert Path(found.__file__).parent == target
    assert withdraw("tinyrepair", allowed, tmp_path / "installed")
    assert not target.exists()


def test_a_wheel_whose_hash_is_another_is_refused_and_nothing_half_installed_stays(tmp_path: Path) -> None:
    line = wheel(tmp_path / "wheels")
    listed = tmp_path / "allowed.txt"
    listed.write_text(line[:-4] + ("0000" if not line.endswith("0000") else "1111") + "\n")
    settings = Packages(listed, {}, tmp_path / "wheels")
    with pytest.raises(InstallFailed, match="tinyrepair: pip could not install it"):
        provide(["tinyrepair"], read_allow_list(listed, {}), settings, tmp_path / "installed")
    assert list((tmp_path / "installed").iterdir()) == []


def test_two_hundred_hostile_names_send_no_request_anywhere(
    tmp_path: Path, index: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, asked = index
    monkeypatch.setenv("PIP_INDEX_URL", url)
    listed = tmp_path / "allowed.txt"
    listed.write_text(f"{wheel(tmp_path / 'wheels')}\n")
    allowed = read_allow_list(listed, {})
    assert len(HOSTILE) >= 200
    for name in HOSTILE:
        found = planned(name, listed)
        assert isinstance(found, MayNotAct), name
        text = planned("", listed, said=f"ModuleNotFoundError: No module named {name!r}; pip install {name}")
        assert isinstance(text, MayNotAct), name
        provide([name], allowed, Packages(listed), tmp_path / "installed")
    assert asked == []
    assert not (tmp_path / "installed").exists()
    with pytest.raises(InstallFailed):  # the index would have been asked: this one is listed
        provide(["tinyrepair"], allowed, Packages(listed), tmp_path / "installed")
    assert asked


def test_a_module_that_is_listed_under_its_packages_name_is_planned_with_the_line_for_the_requirements(
    tmp_path: Path,
) -> None:
    listed = tmp_path / "allowed.txt"
    line = wheel(tmp_path / "wheels")
    listed.write_text(f"{line}\n")
    found = planned("tiny_module.part", listed)
    assert isinstance(found, Plan)
    assert found.tuning.packages == ("tinyrepair",)
    assert found.proposed is not None
    assert line in found.proposed.effect


def test_what_was_installed_and_is_still_missing_is_handed_on(tmp_path: Path) -> None:
    listed = tmp_path / "allowed.txt"
    listed.write_text(f"{wheel(tmp_path / 'wheels')}\n")
    found = planned("tinyrepair", listed, Tuning(packages=("tinyrepair",)))
    assert isinstance(found, MayNotAct)
    assert "still cannot be imported" in found.reason


@pytest.mark.parametrize("spelling", ["TINYREPAIR", "tiny-repair", "tiny.repair", "tinyrepair_"])
def test_another_spelling_of_a_listed_package_is_another_module(tmp_path: Path, spelling: str) -> None:
    listed = tmp_path / "allowed.txt"
    listed.write_text(f"{wheel(tmp_path / 'wheels')}\n")
    assert isinstance(planned(spelling, listed), MayNotAct)


def test_a_module_that_is_not_listed_is_proposed(tmp_path: Path) -> None:
    listed = tmp_path / "allowed.txt"
    listed.write_text("")
    found = planned("humanise", listed)
    assert isinstance(found, MayNotAct)
    assert found.proposed is not None


@pytest.mark.parametrize("line", ["tinyrepair", "tinyrepair==1.0", "tinyrepair>=1 --hash=sha256:" + "a" * 64, "-e ."])
def test_a_line_that_is_not_pinned_and_hashed_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    listed = tmp_path / "allowed.txt"
    listed.write_text(f"# first\n\n{line}\n")
    with pytest.raises(AllowListError, match=r"allowed\.txt:3: "):
        read_allow_list(listed, {})


def test_an_extension_is_loaded_only_if_its_wheel_is_installed(tmp_path: Path) -> None:
    listed = tmp_path / "allowed.txt"
    listed.write_text("")
    there = planned("", listed, said='Extension "tpch" is not loaded; INSTALL tpch')
    assert isinstance(there, Plan)
    assert there.tuning.extensions == ("tpch",)
    assert isinstance(planned("", listed, said='Extension "spatial" is not loaded; INSTALL spatial'), MayNotAct)


def test_a_line_counts_where_its_marker_holds(tmp_path: Path) -> None:
    listed, digest = tmp_path / "allowed.txt", "sha256:" + "a" * 64
    listed.write_text(
        f"one==1.0 ; python_version < '3' --hash={digest}\n"
        f"two==1.0 ; python_version >= '3' \\\n    --hash={digest} \\\n    --hash={digest}\n"
    )
    assert read_allow_list(listed, {}).requirements == {"two": f"two==1.0 --hash={digest} --hash={digest}"}
    listed.write_text(f"one==1.0 ; no marker --hash={digest}\n")
    with pytest.raises(AllowListError, match=r"allowed\.txt:1: 'no marker' is no marker"):
        read_allow_list(listed, {})


def test_the_platforms_own_lock_is_an_allow_list() -> None:
    policy = load_policy(Path(__file__).parents[3] / "escalation.yaml")
    assert policy.packages.allow_list is not None
    allowed = read_allow_list(policy.packages.allow_list, policy.packages.modules)
    assert allowed.package_of("yaml.reader") == "pyyaml"
    assert allowed.package_of("colorama") is None or sys.platform == "win32"
