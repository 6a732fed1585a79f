"""`make` with stand-ins for Python: which one it takes, what it installs, and when it does not."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
TOOLS = ("sh", "make", "cksum", "tr", "cat", "touch", "rm", "awk", "mkdir", "chmod", "cp", "test", "kill", "dirname")

# Answers what the Makefile asks of a Python: its version, whether it has venv, to make one, to install, to write
# the launcher. Everything it is asked to install is noted in `installs`.
STAND_IN = """#!/bin/sh
case "$*" in
  *"not (3, 11)"*) exit {fits} ;;
  *"import venv"*) exit {lacks_venv} ;;
  *"%d.%d"*) echo 3.11 ;;
  *base_prefix*) echo {name} ;;
  *"-m venv"*) rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python && echo "venv {name}" >> made ;;
  *"-m pip install"*) test -e pip-fails && exit 1; for last; do :; done; echo "$last" >> made ;;
  *cli.launcher*) printf '#!/bin/sh\\necho "ran $*"\\n' > .venv/bin/data-platform; chmod +x .venv/bin/data-platform ;;
esac
"""


class Copy:
    """A copy of what `make` reads, in a folder with a space in its name, with a PATH of stand-ins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a checkout"
        self.bin = folder / "bin"
        self.folder.mkdir()
        self.bin.mkdir()
        for name in ("Makefile", "requirements.lock", "requirements-dev.lock"):
            shutil.copy(CHECKOUT / name, self.folder)
        for tool in TOOLS:
            path = shutil.which(tool)
            assert path, tool
            (self.bin / tool).symlink_to(path)

    def add_python(self, name: str, *, fits: bool = True, lacks_venv: bool = False) -> Path:
        path = self.bin / name
        path.write_text(STAND_IN.format(name=name, fits=int(not fits), lacks_venv=int(lacks_venv)))
        path.chmod(0o755)
        return path

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", *arguments],
            cwd=self.folder,
            env={"PATH": str(self.bin), "HOME": os.environ.get("HOME", "/")},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def made(self) -> list[str]:
        file = self.folder / "made"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def test_make_alone_lists_what_it_can_do(copy: Copy) -> None:
    listed = [line.split()[1] for line in copy.make().stdout.splitlines()]
    assert listed == ["help", "run", "up", "test", "bench", "compat", "chaos", "lint", "lock", "clean"]


def test_it_takes_the_newest_python_that_fits(copy: Copy) -> None:
    copy.add_python("python3.11")
    copy.add_python("python3.12")
    copy.add_python("python3.13", fits=False)
    done = copy.make("run")
    assert done.returncode == 0, done.stderr
    assert copy.made == ["venv python3.12", "requirements.lock"]
    assert done.stdout.splitlines()[-1] == "ran run"


def test_python_chooses_another_and_makes_the_environment_anew(copy: Copy) -> None:
    copy.add_python("python3.13")
    mine = copy.add_python("mine")
    copy.make("run")
    copy.make("run", f"PYTHON={mine}")
    assert copy.made == ["venv python3.13", "requirements.lock", "venv mine", "requirements.lock"]
    copy.make("run")
    assert len(copy.made) == 4


def test_a_second_run_installs_nothing(copy: Copy) -> None:
    copy.add_python("python3")
    copy.make("run")
    done = copy.make("run")
    assert done.stdout == "ran run\n"
    assert len(copy.made) == 2


def test_a_changed_lock_is_installed_into_the_same_environment(copy: Copy) -> None:
    copy.add_python("python3")
    copy.make("run")
    with (copy.folder / "requirements.lock").open("a") as lock:
        lock.write("more==1\n")
    copy.make("run")
    assert copy.made == ["venv python3", "requirements.lock", "requirements.lock"]


def test_an_install_that_broke_off_begins_with_a_new_environment(copy: Copy) -> None:
    copy.add_python("python3")
    (copy.folder / "pip-fails").touch()
    assert copy.make("run").returncode != 0
    (copy.folder / "pip-fails").unlink()
    assert copy.make("run").returncode == 0
    assert copy.made == ["venv python3", "venv python3", "requirements.lock"]


def test_a_checkout_that_was_moved_gets_a_new_environment(copy: Copy) -> None:
    copy.add_python("python3")
    copy.make("run")
    copy.folder = copy.folder.rename(copy.folder.with_name("moved"))
    copy.make("run")
    assert copy.made == ["venv python3", "requirements.lock"] * 2


def test_what_tests_need_includes_what_runs(copy: Copy) -> None:
    copy.add_python("python3")
    copy.make("test")
    copy.make("run")
    assert copy.made == ["venv python3", "requirements-dev.lock"]


def test_no_python_that_fits_is_one_line(copy: Copy) -> None:
    copy.add_python("python3", fits=False)
    first = copy.make("run").stderr.splitlines()[0]
    assert first.startswith("there is no Python 3.11, 3.12 or 3.13: install one, or name it")


def test_a_python_that_was_named_and_does_not_fit_is_one_line(copy: Copy) -> None:
    copy.add_python("python3")
    old = copy.add_python("old", fits=False)
    first = copy.make("run", f"PYTHON={old}").stderr.splitlines()[0]
    assert first.startswith(f"PYTHON={old} is not Python 3.11, 3.12 or 3.13")
    assert copy.made == []


def test_a_python_without_venv_is_one_line_that_says_what_to_install(copy: Copy) -> None:
    copy.add_python("python3", lacks_venv=True)
    first = copy.make("run").stderr.splitlines()[0]
    assert first == "python3 has no venv: apt-get install python3.11-venv"


def test_clean_says_what_it_removes_and_stops_nothing(copy: Copy) -> None:
    copy.add_python("python3")
    copy.make("run")
    state = copy.folder / ".data_platform"
    state.mkdir()
    (state / "supervisor.pid").write_text(f"{os.getpid()}\n")
    refused = copy.make("clean")
    assert refused.returncode != 0
    assert f"the platform is up (process {os.getpid()}): stop it first" in refused.stderr
    assert state.exists()
    (state / "supervisor.pid").unlink()
    done = copy.make("clean")
    assert done.stdout == "removing .venv, .environments and .data_platform\n"
    assert not state.exists()
    assert not (copy.folder / ".venv").exists()
