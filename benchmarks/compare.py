"""How candidates are compared: each is timed alone, in a fresh process, in alternating order.

What is compared with what, and the goals, are each benchmark's own.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class Trials:
    """The trials of one candidate: seconds and peak resident bytes, as medians."""

    seconds: float
    peak_bytes: float


def compare(candidates: Sequence[str], folder: Path, repeats: int) -> Mapping[str, Trials]:
    """Times candidates, named `module:function`, each `repeats` times; every second round runs in reverse order.

    The function is given `folder` and prepares; what it returns is called and timed. All must find the same.

    Raises:
        RuntimeError: a candidate failed, or found something else than the others.
    """
    results: dict[str, list[_Trial]] = {candidate: [] for candidate in candidates}
    for repeat in range(repeats):
        for candidate in candidates if repeat % 2 == 0 else reversed(candidates):
            results[candidate].append(_try_alone(candidate, folder))
    found = {candidate: trials[0].found for candidate, trials in results.items()}
    if len(set(found.values())) > 1:
        raise RuntimeError(f"the candidates do not agree on what they found: {found}")
    return {
        candidate: Trials(median(each.seconds for each in trials), median(each.peak_bytes for each in trials))
        for candidate, trials in results.items()
    }


@dataclass(frozen=True)
class _Trial:
    seconds: float
    peak_bytes: int
    found: str


def _try_alone(candidate: str, folder: Path) -> _Trial:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.trial", candidate, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )
    if done.returncode:
        raise RuntimeError(f"{candidate} failed:\n{done.stderr[-2_000:]}")
    return _Trial(**json.loads(done.stdout.splitlines()[-1]))
