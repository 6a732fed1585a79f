"""Where commands write: results to standard output, everything else to standard error."""

from functools import cache

from rich.console import Console


@cache
def output() -> Console:
    """Standard output, for what was asked for."""
    return Console(highlight=False)


@cache
def notes() -> Console:
    """Standard error, for notes, progress and errors: they never end up in a pipe."""
    return Console(stderr=True, highlight=False)
