"""Writes the launcher `data-platform`, which runs `python -m data_platform` from this checkout.

`make` puts it into `.venv/bin`. An entry point of the wheel would be broken for those who
install the ladder alone, so there is none.
"""

import shlex
import sys
from pathlib import Path

from data_platform.settings import CHECKOUT

# -P: a folder called `resources` where the command is typed must not shadow the checkout's.
_LAUNCHER = """#!/bin/sh
PYTHONPATH={checkout}${{PYTHONPATH:+:$PYTHONPATH}}
export PYTHONPATH
exec {python} -P -m data_platform "$@"
"""


def write_launcher(path: Path) -> None:
    """Write the launcher for the running Python to `path`, executable."""
    text = _LAUNCHER.format(checkout=shlex.quote(str(CHECKOUT)), python=shlex.quote(sys.executable))
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


if __name__ == "__main__":
    write_launcher(Path(sys.argv[1]))
