"""Packages that level 1 installs: pinned, hashed wheels of the allow-list, into a folder of the ladder's own.

A folder for each package and pin, so that what one repair brought can be taken away again alone.
"""

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from escalation_sensors.level1.allow_list import AllowList
from escalation_sensors.policy.policy import Packages
from escalation_sensors.redaction import redact

FOLDER_VARIABLE = "ESCALATION_PACKAGES"
INSTALL_SECONDS = 120.0


class InstallFailed(ImportError):
    """A package of the allow-list could not be installed; the last line of pip's, and what to do."""

    escalation_category = "missing_dependency"


def packages_folder() -> Path:
    """Where they are: `ESCALATION_PACKAGES`, else `escalation/packages` in the DAGSTER_HOME."""
    named = os.environ.get(FOLDER_VARIABLE)
    home = os.environ.get("DAGSTER_HOME") or tempfile.gettempdir()
    return Path(named) if named else Path(home) / "escalation" / "packages"


def folder_of(package: str, allowed: AllowList, folder: Path) -> Path:
    """Where a package of the allow-list is, or would be: it changes with the pin and the hashes."""
    return folder / f"{package}-{sha256(allowed.requirements[package].encode()).hexdigest()[:12]}"


def provide(names: Sequence[str], allowed: AllowList, settings: Packages, folder: Path) -> None:
    """Have the packages importable in this process, installed if they are not yet.

    What the project's own environment has comes first. A name that is not in the allow-list is left out.

    Raises:
        InstallFailed: pip could not install one.
    """
    for name in names:
        if name not in allowed.requirements:
            continue
        target = folder_of(name, allowed, folder)
        if not target.is_dir():
            _install(name, allowed.requirements[name], settings, target)
        if str(target) not in sys.path:
            sys.path.append(str(target))
    importlib.invalidate_caches()


def withdraw(name: str, allowed: AllowList, folder: Path) -> bool:
    """Take an installed package away again; whether it was there."""
    if name not in allowed.requirements:
        return False
    target = folder_of(name, allowed, folder)
    found = target.is_dir()
    shutil.rmtree(target, ignore_errors=True)
    return found


def _install(name: str, requirement: str, settings: Packages, target: Path) -> None:
    """Install into a folder beside the target, which is then put in its place: half an install is never seen."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".installing-") as scratch:
        listed = Path(scratch) / "requirements.txt"
        listed.write_text(f"{requirement}\n", encoding="utf-8")
        made = Path(scratch) / "made"
        source = ["--no-index", "--find-links", str(settings.wheels)] if settings.wheels else []
        command = [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"),
            *("--require-hashes", "--no-deps", "--only-binary", ":all:", "--target", str(made)),
            *source,
            *("--requirement", str(listed)),
        ]
        try:
            done = subprocess.run(  # noqa: S603 - the command is ours; its one variable part is a line of the allow-list
                command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise InstallFailed(f"{name}: pip did not end within {INSTALL_SECONDS:.0f} s") from error
        if done.returncode != 0 or not made.is_dir():
            said = (done.stderr or done.stdout).strip().splitlines() or ["pip said nothing"]
            raise InstallFailed(f"{name}: pip could not install it: {redact(said[-1])[:200]}; see the allow-list")
        try:
            made.rename(target)
        except OSError:
            if not target.is_dir():  # else another process was faster, with the same wheel
                raise
