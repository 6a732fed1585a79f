"""`redact`: every kind in turn over the text, until none changes it. What is a secret, the tables of kinds say."""

import itertools
import re
from collections.abc import Iterator

from escalation_sensors.redaction.addresses import ADDRESSES
from escalation_sensors.redaction.blocks import BLOCKS
from escalation_sensors.redaction.commands import COMMANDS
from escalation_sensors.redaction.headers import HEADERS
from escalation_sensors.redaction.kind import ANY_MARK, Begins, Kind, mark
from escalation_sensors.redaction.lines import LINES
from escalation_sensors.redaction.named_values import NAMED
from escalation_sensors.redaction.reading import Reading
from escalation_sensors.redaction.tokens import TOKENS

# What is known by its look comes first: its mark says more than the mark of the name that it stands under.
KINDS: tuple[Kind, ...] = (*BLOCKS, *TOKENS, *ADDRESSES, *HEADERS, *COMMANDS, *LINES, *NAMED)

_COMPILED = tuple((kind, kind.compiled()) for kind in KINDS)
_SEARCHED_FOR = (Begins.ANYWHERE, Begins.BEFORE_A_NAME)
_ROUNDS = 6
_LONGEST_MARK = 40
_SHORTEST_REST = 4


def redact(text: str) -> str:
    """`text` with a mark like `[redacted:password]` in the place of every secret. Never raises.

    Takes time in proportion to the length of the text, and leaves a text that it has redacted as it is.
    """
    reading, unchanged = Reading(text), 0
    for kind, pattern in itertools.chain.from_iterable(itertools.repeat(_COMPILED, _ROUNDS)):
        redacted = _without(kind, pattern, reading) if reading.may_hold(kind.needs, kind.begins) else reading.text
        unchanged += 1
        if redacted != reading.text:
            reading, unchanged = reading.redacted(redacted), 0
        if unchanged == len(_COMPILED):
            return reading.text
    # Made to be so by somebody: each secret taken out makes another one.
    return mark("text")


def _without(kind: Kind, pattern: re.Pattern[str], reading: Reading) -> str:
    text, pieces = reading.text, list[str]()
    written = position = 0
    beginnings = None if kind.begins in _SEARCHED_FOR else iter(reading.beginnings(kind.begins))
    while found := _next(pattern, text, position, beginnings):
        position = max(found.end(), position + 1)
        if found.lastgroup is None:
            continue  # a mark
        start, end = found.span(found.lastgroup)
        end = _past_marks(text, start, end)
        if start == end or kind.harmless(found):
            continue
        pieces += [text[written:start], mark(kind.name_of(found) if kind.name_of else kind.name)]
        written = end
        position = max(position, end)
    return "".join([*pieces, text[written:]]) if pieces else text


def _next(pattern: re.Pattern[str], text: str, position: int, beginnings: Iterator[int] | None) -> re.Match[str] | None:
    """What is found first from a position on; at one of the beginnings, if there are any given."""
    if beginnings is None:
        return pattern.search(text, position)
    for start in beginnings:
        if start >= position and (found := pattern.match(text, start)):
            return found
    return None


def _past_marks(text: str, start: int, end: int) -> int:
    """Where a secret ends that begins with a mark or runs into one: its start, if only the mark is there."""
    last, until = None, end + _LONGEST_MARK
    if "[" not in text[start:until]:
        return end
    for last in ANY_MARK.finditer(text, start, until):
        if last.start() == start and end - last.end() < _SHORTEST_REST:
            return start
        if last.end() >= end:
            break
    return last.end() if last and last.start() < end < last.end() else end
