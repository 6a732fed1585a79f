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
{environment}exec {python} -P -m {module} "$@"
"""
# Where the platform keeps the ledger of its runs, unless another is named.
_LADDER = """: "${{DAGSTER_HOME:={home}}}" "${{ESCALATION_POLICY:={policy}}}"
export DAGSTER_HOME ESCALATION_POLICY
"""
MODULES = {"data-platform": "data_platform", "escalation": "escalation_sensors.cli.app"}


def write_launcher(path: Path) -> None:
    """Write the launcher of `path`'s name for the running Python, executable."""
    python, checkout = shlex.quote(sys.executable), shlex.quote(str(CHECKOUT))
    home, policy = (shlex.quote(str(CHECKOUT / name)) for name in (".data_platform/dagster", "escalation.yaml"))
    ladder = _LADDER.format(home=home, policy=policy) if path.name == "escalation" else ""
    text = _LAUNCHER.format(checkout=checkout, python=python, module=MODULES[path.name], environment=ladder)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


if __name__ == "__main__":
    for name in MODULES:
        write_launcher(Path(sys.argv[1]) / name)
