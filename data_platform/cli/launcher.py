"""Writes the launchers `data-platform` and `escalation`, which run the code of this checkout.

`make` puts them into `.venv/bin`. An entry point `data-platform` of the wheel would be broken for those who install the
ladder alone, so there is none; `escalation` is one there.
"""

import shlex
import sys
from pathlib import Path

from data_platform.settings import CHECKOUT

# -P: a folder called `resources` where the command is typed must not shadow the checkout's.
_LAUNCHER = """#!/bin/sh
PYTHONPATH={checkout}${{PYTHONPATH:+:$PYTHONPATH}}
export PYTHONPATH
exec {python} -P -m {module} "$@"
"""
MODULES = {"data-platform": "data_platform", "escalation": "escalation_sensors.cli.app"}


def write_launcher(path: Path) -> None:
    """Write the launcher of `path`'s name for the running Python, executable."""
    python, checkout = shlex.quote(sys.executable), shlex.quote(str(CHECKOUT))
    path.write_text(_LAUNCHER.format(checkout=checkout, python=python, module=MODULES[path.name]), encoding="utf-8")
    path.chmod(0o755)


if __name__ == "__main__":
    for name in MODULES:
        write_launcher(Path(sys.argv[1]) / name)
