"""One trial of one candidate, `python -m benchmarks.trial module:function folder`; prints what `measure.py` reads."""

import importlib
import json
import resource
import sys
import time
from pathlib import Path


def peak_bytes() -> int:
    """The most memory this process was ever resident with."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not ru_maxrss, which on Linux a process inherits from the one that started it.
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Prepares the candidate, then times it: what it imports is not counted, what it loads is."""
    module, _, function = sys.argv[1].partition(":")
    run = getattr(importlib.import_module(module), function)(Path(sys.argv[2]))
    started = time.perf_counter()
    found = run()
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "peak_bytes": peak_bytes(), "found": str(found)}))  # noqa: T201 - its result


if __name__ == "__main__":
    main()
