"""A text as kinds search it: in small letters, and where in it a name or an address can begin.

Found once for all kinds. What a name is the name of, is said in `secret_names.py`.
"""

import string
from collections.abc import Iterator, Sequence
from functools import cached_property

from escalation_sensors.redaction.kind import ANY_MARK, Begins
from escalation_sensors.redaction.secret_names import HELD

_MOST_BEFORE = 64
"""Characters of a name before what it holds, of a line before a name, and of a scheme: as the patterns have them."""
_OF_A_SCHEME = f"{string.ascii_letters}{string.digits}+.-"
_DRIVERS = "jdbc:"


class Reading:
    """One text. Positions are those of the text itself."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._absent: set[str] = set()

    def redacted(self, text: str) -> "Reading":
        """The same text with more marks in it: what was not in it before is not in it now."""
        reading = Reading(text)
        reading._absent = self._absent
        return reading

    def may_hold(self, needs: Sequence[str], begins: Begins) -> bool:
        """Whether it is worth a search for what needs one of these, in small letters, and begins so."""
        if needs and not any(map(self._holds, needs)):
            return False
        return begins is not Begins.BEFORE_A_NAME or bool(self._names)

    def beginnings(self, begins: Begins) -> Sequence[int]:
        """Where alone what begins so can begin, in order."""
        match begins:
            case Begins.AT_A_SCHEME:
                return self._schemes
            case Begins.AT_A_NAME:
                return self._names
            case Begins.ON_THE_LINE_OF_A_NAME:
                return self._lines_of_names
            case _:
                return [0, *(at + 1 for at in self._places("\n"))]

    @cached_property
    def _small(self) -> str:
        """The text in small letters as regular expressions compare them, each in its place, and without the marks."""
        text = self.text
        if "[redacted:" in text:
            text = ANY_MARK.sub(lambda found: "\0" * len(found[0]), text)
        if text.isascii():
            return text.lower()
        # Turkish dotted and dotless i, and the long s; the first of them would become two characters.
        return text.replace("\u0130", "i").lower().replace("\u0131", "i").replace("\u017f", "s")

    @cached_property
    def _names(self) -> list[int]:
        starts = {self._start_of_name(at) for word in HELD for at in self._places(word)}
        return sorted(start for start in starts if start is not None)

    @cached_property
    def _lines_of_names(self) -> list[int]:
        breaks = ((name, self.text.rfind("\n", max(0, name - _MOST_BEFORE), name)) for name in self._names)
        return sorted({at + 1 for name, at in breaks if at >= 0 or name <= _MOST_BEFORE})

    @cached_property
    def _schemes(self) -> list[int]:
        found: set[int] = set()
        for at in self._places("://"):
            least = max(0, at - _MOST_BEFORE)
            start = least + len(self.text[least:at].rstrip(_OF_A_SCHEME))
            found.add(start)
            if self._small.endswith("\\n", 0, start + 1):
                found.add(start + 1)  # the n is of an escaped line end
            if self._small.endswith(_DRIVERS, 0, start):
                found.add(start - len(_DRIVERS))
        return sorted(found)

    def _holds(self, word: str) -> bool:
        if word not in self._absent:
            if word in self._small:
                return True
            self._absent.add(word)
        return False

    def _places(self, word: str) -> Iterator[int]:
        at = self._small.find(word)
        while at >= 0:
            yield at
            at = self._small.find(word, at + 1)

    def _start_of_name(self, at: int) -> int | None:
        """Where the name begins that has a character at `at`; None if that is too far away."""
        least = max(0, at - _MOST_BEFORE)
        while at > least and _is_of_a_name(self.text[at - 1]):
            at -= 1
        return None if at and _is_of_a_name(self.text[at - 1]) else at


def _is_of_a_name(character: str) -> bool:
    return character.isalnum() or character in "_.-"
