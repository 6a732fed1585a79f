"""Which other processes of this machine hold a file: by the kernel's list of locks, else by what they have open.

Linux alone tells; elsewhere nothing is found. Says nothing of what is to be done about it.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from escalation_sensors.level1.held import ProcessHolder

PROCESSES = Path("/proc")
MOST_PATHS = 50
"""So many of the paths in a text are looked at."""
_URL = re.compile(r"\b(?:sqlite|duckdb)(?:\+\w+)?:///([^\s\"'?]+)")
_QUOTED = re.compile(r"\"([^\"\n]{1,1024})\"|'([^'\n]{1,1024})'")
_BARE = re.compile(r"(?<![\w.:/])/[^\s\"'`,;:()\[\]{}<>]{1,1024}")
_KIND, _PROCESS, _FILE = 3, 4, 5
"""Of a line of the kernel's list (`1: POSIX ADVISORY WRITE 15533 fe:00:3287503 128 128`)."""
_INDEX = "-shm"
"""What SQLite appends to a database's name for the file that its writers lock in WAL mode."""
_LOCK_FILE = re.compile(r"lock|\.pid$", re.IGNORECASE)
"""How files are called that are there only to be held. No file is opened to find out: who closes a file that it has
locked elsewhere, as SQLite and DuckDB lock theirs, loses those locks."""


@dataclass(frozen=True)
class _Lock:
    process: int
    writes: bool
    device: str
    inode: int


def paths_in(text: str) -> list[str]:
    """The files that a text names, by a path or a database's URL, and that exist."""
    named = _URL.findall(text)
    named += [first or second for first, second in _QUOTED.findall(text)]
    named += [each.rstrip(".") for each in _BARE.findall(text)]
    return [path for path in dict.fromkeys(named[:MOST_PATHS]) if _is_file(path)]


def lock_files_of(paths: Iterable[str]) -> list[str]:
    """The lock files that lie beside some files and are called after them: `lake.db.publish.lock`."""
    beside = [each for path in map(Path, paths) for each in path.parent.glob(f"{escape(path.name)}*lock")]
    return [str(each) for each in beside[:MOST_PATHS] if _is_file(str(each))]


def own_open_files(leave_out: Iterable[str] = ()) -> list[str]:
    """The files that this process has open, but for those that `leave_out` names, or that lie in folders it names.

    What a database keeps beside itself (`-wal`) is left out with it.
    """
    left_out = [os.path.realpath(each) for each in leave_out if each]
    opened = dict.fromkeys(_open_files("self"))
    return [
        path
        for path in opened
        if not any(path == each or path.startswith((f"{each}/", f"{each}-")) for each in left_out)
    ]


def holders_of(paths: Iterable[str], *, only_writers: bool = False) -> list[ProcessHolder]:
    """The other processes that hold one of some files, writers first.

    That is who has locked it for writing; else, unless `only_writers`, who has locked it at all; else, of a lock file,
    or where locks are not listed, who has it open. A SQLite database in WAL mode is locked by each that reads it, which
    holds up nobody.
    """
    locks = _locks()
    writers, readers = dict[int, ProcessHolder](), dict[int, ProcessHolder]()
    for path in dict.fromkeys(os.path.realpath(each) for each in paths):
        name = path.removesuffix(_INDEX)
        in_wal = _is_file(name + _INDEX)
        on_file = [lock for each in {name, name + _INDEX} for lock in locks or () if _is_on(lock, each)]
        for lock in on_file:
            holder = ProcessHolder(lock.process, _command(lock.process), name)
            if lock.writes:
                writers.setdefault(lock.process, holder)
            elif not in_wal:
                readers.setdefault(lock.process, holder)
        if not on_file and not only_writers and (locks is None or _LOCK_FILE.search(Path(name).name)):
            for process in _with_open(name):
                readers.setdefault(process, ProcessHolder(process, _command(process), name))
    return [*writers.values(), *([] if only_writers else (each for p, each in readers.items() if p not in writers))]


def process_here(process: int) -> ProcessHolder | None:
    """A process by its number; None if none of that number runs here, or it is this one."""
    if process == os.getpid() or not runs(process):
        return None
    return ProcessHolder(process, _command(process))


def still_holds(process: int, path: str) -> bool:
    """Whether a process still holds a file."""
    return runs(process) and any(each.process == process for each in holders_of([path]))


def runs(process: int) -> bool:
    """Whether a process still holds what it held: one that has ended and was not waited for has given it back."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True  # as somebody else
    try:
        stat = (PROCESSES / str(process) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return True  # no such files here
    return stat.rpartition(")")[2].split()[:1] != ["Z"]


def _locks() -> list[_Lock] | None:
    """All locks of other processes; None where the kernel does not list them. One that waits (`->`) has none."""
    try:
        lines = (PROCESSES / "locks").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    found = []
    for line in lines:
        fields = line.split()
        if len(fields) <= _FILE or not fields[_PROCESS].isdigit() or int(fields[_PROCESS]) == os.getpid():
            continue  # an arrow before its kind moves the fields of one that waits
        device, _, inode = fields[_FILE].rpartition(":")
        if inode.isdigit():
            found.append(_Lock(int(fields[_PROCESS]), fields[_KIND] == "WRITE", device, int(inode)))
    return found


def _is_on(lock: _Lock, path: str) -> bool:
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return False
    if lock.inode != found.st_ino:
        return False
    device = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}"
    # A file system in layers numbers its devices otherwise than the kernel's list does.
    return device == lock.device or path in _open_files(str(lock.process))


def _with_open(path: str) -> Iterator[int]:
    for process in _numbers():
        if process != os.getpid() and path in _open_files(str(process)):
            yield process


def _numbers() -> list[int]:
    try:
        return sorted(int(each.name) for each in PROCESSES.iterdir() if each.name.isdigit())
    except OSError:
        return []


def _open_files(process: str) -> Iterator[str]:
    """The regular files that a process has open, as far as this one may know."""
    folder = PROCESSES / process / "fd"
    try:
        numbers = list(folder.iterdir())
    except OSError:
        return
    for number in numbers:
        try:
            path = str(number.readlink())
        except OSError:
            continue  # closed meanwhile
        if path.startswith("/") and not path.startswith(("/dev/", "/proc/", "/sys/")) and _is_file(path):
            yield path


def _command(process: int) -> str:
    """What a process is called; never its arguments, in which there may be secrets."""
    try:
        return (PROCESSES / str(process) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False
