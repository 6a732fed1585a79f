"""A limit on the memory of a process and all that it starts, whose breach is a real kill with signal 9.

The kernel's own out-of-memory killer where a control group may be made (as root on Linux); else a thread that kills
whatever of them holds the most once they hold too much together, as the kernel would.
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    import subprocess

V1, V2 = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")
LOOK_SECONDS = 0.05


@dataclass
class MemoryLimit:
    """`before` is put before a command, so that it runs within the limit; `kills` counts."""

    by: str
    before: list[str]
    kills: Callable[[], int]
    watch: "Callable[[subprocess.Popen[str]], None]"


@contextmanager
def memory_limit(limit_bytes: int) -> Iterator[MemoryLimit]:
    group = _control_group(limit_bytes)
    if group is None:
        watcher = _Watcher(limit_bytes)
        try:
            yield MemoryLimit("a watching thread", [], lambda: watcher.kills, watcher.start)
        finally:
            watcher.ended.set()
        return
    before = ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', str(group / "cgroup.procs")]
    try:
        yield MemoryLimit("the kernel", before, lambda: _kernels_kills(group), lambda _process: None)
    finally:
        _remove(group)


def _remove(group: Path) -> None:
    """The kernel takes a moment to see that the last process of a group is gone."""
    for _ in range(100):
        with suppress(OSError):
            group.rmdir()
            return
        time.sleep(LOOK_SECONDS)


def _control_group(limit_bytes: int) -> Path | None:
    name = f"escalation-test-{uuid.uuid4().hex[:8]}"
    for root, limit in ((V1, "memory.limit_in_bytes"), (V2, "memory.max")):
        group = root / name
        try:
            if not (root / "cgroup.procs").exists():
                continue
            group.mkdir()
        except OSError:
            continue
        try:
            (group / limit).write_text(str(limit_bytes), encoding="ascii")
        except OSError:
            group.rmdir()
            continue
        return group
    return None


def _kernels_kills(group: Path) -> int:
    for name in ("memory.oom_control", "memory.events"):
        with suppress(OSError):
            lines = dict(line.split() for line in (group / name).read_text(encoding="ascii").splitlines())
            return int(lines.get("oom_kill", 0))
    return 0


class _Watcher:
    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes, self.kills, self.ended = limit_bytes, 0, threading.Event()

    def start(self, process: "subprocess.Popen[str]") -> None:
        threading.Thread(target=self._run, args=(psutil.Process(process.pid),), daemon=True).start()

    def _run(self, root: psutil.Process) -> None:
        while not self.ended.wait(LOOK_SECONDS):
            held = {}
            with suppress(psutil.Error):
                for each in [root, *root.children(recursive=True)]:
                    with suppress(psutil.Error):
                        held[each] = each.memory_info().rss
            if sum(held.values()) > self.limit_bytes:
                with suppress(psutil.Error):
                    max(held, key=lambda each: held[each]).kill()
                    self.kills += 1
                self.ended.wait(1)
