"""A process that outlives the supervisor by a moment and takes its children along.

It reads process group ids from standard input: `+ID` adds one, `-ID` drops one, `done` means all is
stopped. When the input ends without that word, the supervisor was killed, and every group left is
ended: politely, then for good. It holds the home's lock meanwhile. Standard library only: it starts in 20 ms.
A pipe's end is noticed on Linux and macOS alike, unlike PR_SET_PDEATHSIG, and reaches grandchildren.
"""

import os
import signal
import sys
import time

GRACE_SECONDS = 10.0


def group_is_alive(group: int) -> bool:
    """Whether any process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says so of a group of which only a zombie is left
        return False
    return True


def signal_group(group: int, number: signal.Signals) -> None:
    """Signal every process of a group; one that is gone is no error."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def _end(groups: set[int]) -> None:
    for group in groups:
        signal_group(group, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and any(group_is_alive(group) for group in groups):
        time.sleep(0.05)
    for group in groups:
        signal_group(group, signal.SIGKILL)


def _main() -> None:
    # What ends the supervisor must not end this: a terminal's hang-up, a Ctrl-C, a polite kill of the whole tree.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        word = line.strip()
        if word == "done":
            return
        if word.startswith("+"):
            groups.add(int(word))
        elif word.startswith("-"):
            groups.discard(-int(word))
    _end(groups)


if __name__ == "__main__":
    _main()
