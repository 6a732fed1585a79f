"""What a kind of secret is, and the mark in its place. Which kinds there are is said in the tables beside it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

MARK = r"\[redacted:[a-z0-9-]+\]"
ANY_MARK = re.compile(MARK)


def mark(name: str) -> str:
    """What stands in the place of a secret of the kind `name`."""
    return f"[redacted:{name}]"


def never(found: re.Match[str]) -> bool:  # noqa: ARG001 - one of the judgements
    """The judgement of a pattern that nothing harmless matches."""
    return False


class Begins(Enum):
    """Where what is looked for can begin. Where that is in a text, `reading.py` finds once for all kinds."""

    ANYWHERE = auto()
    AT_A_SCHEME = auto()
    """Of an address, or at the `jdbc:` before it."""
    BEFORE_A_NAME = auto()
    """Anywhere, in a text that has one."""
    AT_A_NAME = auto()
    ON_THE_LINE_OF_A_NAME = auto()
    """At its beginning, with less than 64 characters before the name."""
    ON_A_LINE = auto()
    """At its beginning."""


@dataclass(frozen=True)
class Kind:
    """A kind of secret: its name in the mark, and where it stands.

    The secret is the last group that `pattern` closes, else the whole match. Repetitions are possessive or bounded,
    so that a text is read in linear time: whatever a pattern reads without bound, it must take. A secret in a
    lookahead is read again from its beginning when `harmless` says it is none. `name_of` says a kind that depends on
    what was found. Most kinds are in few texts, and searching takes time: a text that holds none of `needs`, in small
    letters, is not searched, and what `begins` at a name or a scheme is looked for nowhere else.
    """

    name: str
    pattern: str
    harmless: Callable[[re.Match[str]], bool] = never
    name_of: Callable[[re.Match[str]], str] | None = None
    needs: tuple[str, ...] = ()
    begins: Begins = Begins.ANYWHERE

    def compiled(self) -> re.Pattern[str]:
        """The pattern, which steps over marks: their names are words that it may look for."""
        has_groups = re.compile(self.pattern).groups > 0
        pattern = f"(?:{self.pattern})" if has_groups else f"(?P<secret>{self.pattern})"
        return re.compile(f"{MARK}|{pattern}", re.MULTILINE)
