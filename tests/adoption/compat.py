"""`make compat`: the contract tests of what is private of Dagster's, on its oldest, locked and newest version."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from tests.adoption.environment import CHECKOUT, locked_environment, python_of

VERSIONS = Path(__file__).parent / "dagster_versions"
CONTRACT = (
    "tests/escalation_sensors/test_dagster_internals.py",
    *(
        f"tests/escalation_sensors/level1/test_{name}.py"
        for name in ("recoverable", "shared_subjects", "waiting", "proof")
    ),
)
SECONDS = 900


def main() -> int:
    """How many versions failed."""
    pythons = {
        "oldest": python_of(locked_environment("dagster-oldest", VERSIONS / "oldest.lock")),
        f"locked ({version('dagster')})": Path(sys.executable),
        "newest": python_of(locked_environment("dagster-newest", VERSIONS / "newest.lock")),
    }
    failed = 0
    for name, python in pythons.items():
        print(f"== Dagster, {name}", flush=True)
        command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *CONTRACT]
        failed += bool(subprocess.run(command, cwd=CHECKOUT, timeout=SECONDS, check=False).returncode)
    return failed


if __name__ == "__main__":
    sys.exit(main())
