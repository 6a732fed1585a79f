"""Runs the supervisor as a process of its own: `python -m … HOME '{"name": ["command", "argument"]}'`."""

import json
import os
import sys
from pathlib import Path

from data_platform.supervision.child import Child, ChildSpec
from data_platform.supervision.home_lock import HomeLock
from data_platform.supervision.supervisor import Supervisor


def main() -> None:
    home = Path(sys.argv[1])
    home.mkdir(parents=True, exist_ok=True)
    children = [
        Child(ChildSpec(name, command, dict(os.environ), home), home)
        for name, command in json.loads(sys.argv[2]).items()
    ]
    with HomeLock(home) as lock:
        Supervisor(children, lock_descriptor=lock.descriptor, tell=lambda line: print(line, flush=True)).run()


if __name__ == "__main__":
    main()
