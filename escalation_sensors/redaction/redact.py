"""`redact`: every kind in turn over the text, until nothing changes. What is a secret, the tables of kinds say."""

import re

from escalation_sensors.redaction.addresses import ADDRESSES
from escalation_sensors.redaction.blocks import BLOCKS
from escalation_sensors.redaction.commands import COMMANDS
from escalation_sensors.redaction.headers import HEADERS
from escalation_sensors.redaction.kind import ANY_MARK, Kind, mark
from escalation_sensors.redaction.lines import LINES
from escalation_sensors.redaction.names import NAMED
from escalation_sensors.redaction.tokens import TOKENS

# What is known by its look comes first: its mark says more than the mark of the name that it stands under.
KINDS: tuple[Kind, ...] = (*BLOCKS, *TOKENS, *ADDRESSES, *HEADERS, *COMMANDS, *LINES, *NAMED)

_COMPILED = tuple((kind, kind.compiled()) for kind in KINDS)
_ROUNDS = 6
_LONGEST_MARK = 40
_SHORTEST_REST = 4


def redact(text: str) -> str:
    """`text` with a mark like `[redacted:password]` in the place of every secret. Never raises.

    Takes time in proportion to the length of the text, and leaves a text that it has redacted as it is.
    """
    for _ in range(_ROUNDS):
        redacted = _once(text)
        if redacted == text:
            return text
        text = redacted
    # Made to be so by somebody: each secret taken out makes another one.
    return mark("text")


def _once(text: str) -> str:
    lowered = text.lower()
    for kind, pattern in _COMPILED:
        if kind.needs and not any(needed in lowered for needed in kind.needs):
            continue
        text = _without(kind, pattern, text)
    return text


def _without(kind: Kind, pattern: re.Pattern[str], text: str) -> str:
    pieces: list[str] = []
    written = position = 0
    while found := pattern.search(text, position):
        position = max(found.end(), position + 1)
        start, end = found.span(found.lastgroup) if found.lastgroup else (0, 0)
        end = _past_marks(text, start, end)
        if start == end or kind.harmless(found):
            continue
        pieces += [text[written:start], mark(kind.name_of(found) if kind.name_of else kind.name)]
        written = end
        position = max(position, end)
    return "".join([*pieces, text[written:]]) if pieces else text


def _past_marks(text: str, start: int, end: int) -> int:
    """Where a secret ends that begins with a mark or runs into one: its start, if only the mark is there."""
    last = None
    for last in ANY_MARK.finditer(text, start, min(end + _LONGEST_MARK, len(text))):
        if last.start() == start and end - last.end() < _SHORTEST_REST:
            return start
        if last.end() >= end:
            break
    return last.end() if last and last.start() < end < last.end() else end
