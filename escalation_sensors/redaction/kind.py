"""What a kind of secret is, and the mark in its place. Which kinds there are is said in the tables beside it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

MARK = r"\[redacted:[a-z0-9-]+\]"
ANY_MARK = re.compile(MARK)


def mark(name: str) -> str:
    """What stands in the place of a secret of the kind `name`."""
    return f"[redacted:{name}]"


def never(found: re.Match[str]) -> bool:  # noqa: ARG001 - one of the judgements
    """The judgement of a pattern that nothing harmless matches."""
    return False


@dataclass(frozen=True)
class Kind:
    """A kind of secret: its name in the mark, and where it stands.

    The secret is the last group that `pattern` closes, else the whole match. Repetitions are possessive or bounded,
    so that a text is read in linear time: whatever a pattern reads without bound, it must take. A secret in a
    lookahead is read again from its beginning when `harmless` says it is none. `name_of` says a kind that depends on
    what was found. A text that holds none of `needs`, in small letters, is not searched.
    """

    name: str
    pattern: str
    harmless: Callable[[re.Match[str]], bool] = never
    name_of: Callable[[re.Match[str]], str] | None = None
    needs: tuple[str, ...] = ()

    def compiled(self) -> re.Pattern[str]:
        """The pattern, which steps over marks: their names are words that it may look for."""
        has_groups = re.compile(self.pattern).groups > 0
        pattern = f"(?:{self.pattern})" if has_groups else f"(?P<secret>{self.pattern})"
        return re.compile(f"{MARK}|{pattern}", re.MULTILINE)
