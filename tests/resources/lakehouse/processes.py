"""Other processes for these tests, forked from a server that has imported the lakehouse but opened nothing.

What runs in them stands at module level in the test files.
"""

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess

DEADLINE_SECONDS = 180  # of a machine that has much else to do; nothing here is timed


def other_processes() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["resources.lakehouse.resource", "filelock", "psycopg2"])
    return context


@contextmanager
def running(target: Callable[..., None], *args: object) -> Iterator[BaseProcess]:
    """Runs `target` in another process, which is killed at the end of the block if it still runs then."""
    process = other_processes().Process(target=target, args=args, name=target.__name__)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join(DEADLINE_SECONDS)


def finish(process: BaseProcess) -> None:
    """Waits for a process that must end by itself and well."""
    process.join(DEADLINE_SECONDS)
    assert process.exitcode == 0, f"{process.name} ended with {process.exitcode}"
