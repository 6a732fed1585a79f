"""Where commands write: results to standard output, everything else to standard error."""

import sys
from functools import cache

from rich.console import Console

_WIDTH_OF_A_FILE = 200


@cache
def output() -> Console:
    """Standard output, for what was asked for; a file or pipe has no width to fit into."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)


@cache
def notes() -> Console:
    """Standard error, for notes, progress and errors: they never end up in a pipe."""
    return Console(stderr=True, highlight=False)
