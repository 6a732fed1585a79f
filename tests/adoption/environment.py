"""Virtual environments of tests: beside the running one, with some packages in other versions, or with a wheel.

What the running environment has is seen through, so that one is made in seconds; what is installed counts before it.
They stay in `.environments` of the checkout, and are made anew when their lock changes. `make clean` removes them.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

CHECKOUT = Path(__file__).resolve().parent.parent.parent
KEPT_IN = CHECKOUT / ".environments"
INSTALL_SECONDS = 600


def python_of(environment: Path) -> Path:
    return environment / "bin" / "python"


def locked_environment(name: str, lock: Path) -> Path:
    """The environment with what a lock (with hashes) names on top; made when it is first asked for."""
    stamp = hashlib.sha256(f"{sys.prefix}\n{sys.version}\n{lock.read_text(encoding='utf-8')}".encode()).hexdigest()[:12]
    environment = KEPT_IN / f"{name}-{stamp}"
    KEPT_IN.mkdir(exist_ok=True)
    with FileLock(KEPT_IN / f"{name}.lock", timeout=INSTALL_SECONDS):
        if not (environment / "ready").exists():
            new_environment(environment)
            install(environment, "--require-hashes", "-r", str(lock))
            (environment / "ready").touch()
    return environment


def new_environment(folder: Path) -> Path:
    """An environment that sees what the running one has, and not the checkout; without packages of its own."""
    subprocess.run(
        [sys.executable, "-m", "venv", "--clear", "--without-pip", folder], check=True, timeout=120, capture_output=True
    )
    (packages,) = (folder / "lib").glob("python3*/site-packages")
    seen = sorted({each for each in sys.path if each.endswith(("site-packages", "dist-packages"))}, key=sys.path.index)
    (packages / "seen_through.pth").write_text(
        "".join(f"import site; site.addsitedir({each!r})\n" for each in seen), encoding="utf-8"
    )
    return folder


def install(environment: Path, *what: str) -> None:
    """Install into an environment, and nowhere else."""
    command = [python_of(environment), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    done = subprocess.run(
        [*command, *what],
        cwd=environment,
        env=without_checkout(),
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"pip install {' '.join(what)}: {done.stderr[-2000:]}")


def without_checkout() -> dict[str, str]:
    """The environment variables of a stranger: nothing that points to this checkout, or to a ladder's store."""
    ours = ("PYTHONPATH", "DAGSTER_", "ESCALATION_", "PYTEST_", "COV_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def build_wheel(folder: Path) -> Path:
    """The wheel that adopters install, built from a copy: building leaves files beside the sources."""
    source = folder / "source"
    for name in ("escalation_sensors", "resources", "data_platform"):
        shutil.copytree(CHECKOUT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "pyproject.toml", source)
    built = folder / "built"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"),
            *("--disable-pip-version-check", "--wheel-dir", str(built), str(source)),
        ],
        check=True,
        timeout=300,
        env=without_checkout(),
    )
    (wheel,) = built.glob("*.whl")
    return wheel
