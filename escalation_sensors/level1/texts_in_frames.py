"""The texts and paths in the variables of the code that failed: what it was about, where its message names nothing.

They are only compared with files that others hold, and neither kept nor shown.
"""

import io
import os
from collections.abc import Iterable, Iterator
from traceback import walk_tb

MOST_TEXTS, MOST_CHARACTERS = 500, 1024


def texts_in_frames(error: BaseException) -> list[str]:
    """The texts, paths and names of files in the frames of an exception and of its causes, the innermost first."""
    found: list[str] = []
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        for frame, _ in reversed(list(walk_tb(at.__traceback__))):
            found += _texts(frame.f_locals.values())
        at = at.__cause__ or at.__context__
    return list(dict.fromkeys(found))[:MOST_TEXTS]


def _texts(values: Iterable[object]) -> Iterator[str]:
    for value in list(values):
        name = getattr(value, "name", None) if isinstance(value, io.IOBase) else value
        if isinstance(name, str | os.PathLike) and len(text := str(name)) <= MOST_CHARACTERS:
            yield text
