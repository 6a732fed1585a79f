"""What the profile of every column adds to an audit of lineitem."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.audit import AUDIT, compiled
from benchmarks.compare import compare
from benchmarks.lineitem import lineitem_folder
from data_platform.figures import Figure, at_most

WITH_PROFILE = f"{__name__}:with_profile"
MAX_ADDED_RATIO = 0.5


def run(repeats: int) -> list[Figure]:
    """The seconds that the profile adds, as a share of those of an audit without.

    Raises:
        RuntimeError: an audit failed.
    """
    with lineitem_folder() as folder:
        trials = compare((AUDIT, WITH_PROFILE), folder, repeats)
    added = trials[WITH_PROFILE].seconds / trials[AUDIT].seconds - 1
    return [at_most("column profile, added to the audit", added, MAX_ADDED_RATIO, "x")]


def with_profile(folder: Path) -> Callable[[], int]:
    """The platform's audit with the profile."""
    return compiled(folder, profile=True)
