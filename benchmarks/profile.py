"""What the profile of every column adds to an audit of lineitem."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.audit import AUDIT, compiled
from benchmarks.lineitem import lineitem_folder
from benchmarks.measure import Measure, at_most, compare

WITH_PROFILE = f"{__name__}:with_profile"
MAX_ADDED_RATIO = 0.5


def run(repeats: int) -> list[Measure]:
    """The seconds that the profile adds, as a share of those of an audit without.

    Raises:
        RuntimeError: an audit failed.
    """
    with lineitem_folder() as folder:
        trials = compare((AUDIT, WITH_PROFILE), folder, repeats)
    added = trials[WITH_PROFILE].seconds / trials[AUDIT].seconds - 1
    return [at_most("column profile, added to the audit", added, MAX_ADDED_RATIO)]


def with_profile(folder: Path) -> Callable[[], int]:
    """The platform's audit with the profile."""
    return compiled(folder, profile=True)
