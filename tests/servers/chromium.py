"""The Chromium that browser tests drive: found, or on Debian installed as root (`python -m tests.servers.chromium`).

Playwright's own download is not used: it would come from a place that the lock knows nothing of.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_INSTALL_WITHIN_SECONDS = 900


def find_chromium() -> Path | None:
    """The browser named by CHROMIUM, else one on the PATH, else one where macOS keeps them."""
    named = os.environ.get("CHROMIUM")
    found = [shutil.which(named) if named else None, *map(shutil.which, _NAMES)]
    found += [path for path in _MACOS if Path(path).exists()]
    return next((Path(path) for path in found if path), None)


def require_chromium() -> Path:
    """The browser; fails the test with the way out where there is none."""
    found = find_chromium()
    assert found is not None, _WAY_OUT
    return found


_WAY_OUT = "no Chromium found: install it (Debian: apt-get install chromium) or Chrome, or set CHROMIUM=/path/to/it"


def _is_debian() -> bool:
    release = Path("/etc/os-release")
    return release.exists() and "ID=debian" in release.read_text(encoding="utf-8").splitlines()


def _install() -> None:
    print("installing chromium for the browser tests (apt-get)", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]):
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_INSTALL_WITHIN_SECONDS, check=False
        )
        if done.returncode:
            print((done.stderr.strip().splitlines() or ["apt-get failed"])[-1], file=sys.stderr)


def _main() -> int:
    if find_chromium() is None and _is_debian() and os.geteuid() == 0:
        _install()
    if find_chromium() is None:
        print(_WAY_OUT, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
