"""A printed traceback or log as links of a chain. The cause is often not the last line; noise is often louder than it.

Reads Python tracebacks (causes of causes, other threads), Java's `Caused by:`, wrapped forms such as SQLAlchemy's
`(driver.Error) …`, and lines that a logger marked as errors. Which link is believed is the classifier's choice.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from escalation_sensors.diagnosis.codes_in_text import LONGEST_TEXT, codes_in, frame_codes
from escalation_sensors.diagnosis.failure import Link
from escalation_sensors.diagnosis.inner_exceptions import inner_exceptions
from escalation_sensors.diagnosis.wrappers import is_wrapper

MOST_LINKS = 12
LONGEST_MESSAGE_LINES = 12
_FEW_LINES = 40

_PREFIX = re.compile(
    r"^(?:[\s|+>$-]*(?:"
    r"\[?\d{4}[-/]\d\d[-/]\d\d[T ][\d:.,]+(?: ?[+-]\d\d:?\d\d|Z| UTC)?\]?"  # a time
    r"|\d\d:\d\d:\d\d(?:[.,]\d+)?"
    r"|\{[\w./<>-]+:\d+\}|\[[\w./-]+:\d+\]"  # {file.py:12}
    r"|[\[(<]?(?:DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|SEVERE|TRACE)[\])>]?(?=[\s:|-])"
    r"|\[(?:thread|main|pool|stage|task|executor|\w+-\d+)[^\]]*\]"
    r"|[\w.-]+ - (?=[\[{A-Z])"
    r")[\s:|-]*)+"
)
_LEVEL = re.compile(r"\b(DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|SEVERE|PANIC)\b")
_TYPED = re.compile(
    r"^(?:Caused by: |Suppressed: |Exception in thread \"[^\"]*\" |E\s+|: |ERROR:? )?"
    r"(?P<type>(?:[A-Za-z_$][\w$]*\.)+[A-Z_]\w*|[A-Z]\w*(?:Error|Exception|Interrupt|Timeout|Warning|Failure|Exit"
    r"|Violation|Killed|Expired|Refused|NotFound|Unavailable|Invalid|Denied|Exceeded|Mismatch|Missing|Conflict|Aborted|Full))"
    r"(?:: (?P<message>.*)|:?\s*)$"
)
_IN_FUNCTION = re.compile(r'^[\s|]+File "[^"\n]*", line \d+, in (\w+)\s*$')
_LAST_OF_TRACEBACK = re.compile(r"^(?P<type>(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?:: (?P<message>.*)|:?)$")
_FRAME = re.compile(r"^\s+(?:File \"|at [\w$.<>/]+\(|\.\.\. \d+ more|[~^]+\s*$)")
_TRACEBACK = re.compile(r"Traceback \(most recent call last\):")
_CAUSE_OF_NEXT = "The above exception was the direct cause of the following exception"
_CONTEXT_OF_NEXT = "During handling of the above exception, another exception occurred"
_STATEMENT = re.compile(
    r"\n?\[(?:SQL|parameters): .*?(?=\n\[|\n\(Background|\Z)|\n?\(Background on this error at: [^)]*\)", re.DOTALL
)


def links_in(text: str) -> tuple[Link, ...]:
    """The exceptions and errors that a text tells of, the likeliest cause first; empty if it tells of none."""
    lines = shortened(text).splitlines()
    chains = _chains(lines)
    links = [link for chain in reversed(chains) for link in chain]
    links += [_link((), message) for message in _error_lines(lines)]
    if not links and len(lines) < _FEW_LINES:  # a message without a class, not a log
        links = [_link((each,), said) for each, said in inner_exceptions(text)]
    unwrapped = [each for link in links for each in unwrapped_link(link)]
    return tuple(dict.fromkeys(unwrapped))[:MOST_LINKS]


def unwrapped_link(link: Link) -> Iterator[Link]:
    """A link, preceded by those that its message tells of.

    SQLAlchemy writes `(psycopg2.errors.DeadlockDetected) …`, dlt `<class 'dlt.…'>` and on the next line what it says.
    """
    message = without_statement(link.message)
    for inner, said in inner_exceptions(message):
        yield Link((inner,), said, codes_in(said) | link.codes, link.quoted)
    yield link if message == link.message else Link(link.types, message, link.codes, link.quoted)


def without_statement(message: str) -> str:
    """A message without the statement and parameters that it quotes: their words are no evidence."""
    return _STATEMENT.sub("", message) if "[SQL: " in message or "[parameters: " in message else message


def shortened(text: str) -> str:
    """A text without its middle, if it is longer than anybody reads."""
    half = LONGEST_TEXT // 2
    return text if len(text) <= LONGEST_TEXT else f"{text[:half]}\n…\n{text[-half:]}"


def without_quiet_lines(text: str) -> str:
    """A log without the lines that its logger called informative: what went well is no evidence."""
    return "\n".join(line for line in text.splitlines() if not _is_quiet(line))


def without_prefix(line: str) -> str:
    """A line without the time, level and place that a logger wrote before it."""
    return _PREFIX.sub("", line, count=1)


@dataclass
class _Found:
    types: tuple[str, ...]
    message: str
    line: int
    relation: str  # "", "cause" (of the next), "context" (of the next), "caused_by" (the one before)
    frame: str = ""  # the function that it was raised in


def _chains(lines: Sequence[str]) -> list[list[Link]]:
    """Chains in the order in which they stand; in each the innermost cause first."""
    chains: list[list[_Found]] = []
    relation = ""
    for found in _exceptions(lines):
        if chains and (found.relation == "caused_by"):
            chains[-1].insert(0, found)
        elif chains and relation == "cause":
            chains[-1].append(found)
        elif chains and relation == "context":
            chains[-1].insert(0, found)  # what was being handled counts less
        else:
            chains.append([found])
        relation = _relation_after(lines, found.line)
    return [_without_wrappers([_link(each.types, each.message, each.frame) for each in chain]) for chain in chains]


def _without_wrappers(links: list[Link]) -> list[Link]:
    return [link for link in links if not is_wrapper(link.types)] + [link for link in links if is_wrapper(link.types)]


def _exceptions(lines: Sequence[str]) -> Iterator[_Found]:
    in_traceback = False
    frame = ""
    number = 0
    while number < len(lines):
        line = lines[number]
        bare = without_prefix(line)
        number += 1
        if _TRACEBACK.search(bare):
            in_traceback, frame = True, ""
            continue
        if in_traceback and (function := _IN_FUNCTION.match(line)):
            frame = function[1]
            continue
        if _FRAME.match(line) or (in_traceback and bare[:1].isspace()):
            continue
        match = (
            _TYPED.match(bare.lstrip("| ")) or (in_traceback and _LAST_OF_TRACEBACK.match(bare.lstrip("| "))) or None
        )
        if match is None or _is_quiet(line):
            in_traceback = in_traceback and line.startswith((" ", "|"))
            continue
        message, end = _whole_message(match["message"] or "", lines, number)
        relation = "caused_by" if bare.startswith("Caused by: ") else ""
        yield _Found((match["type"],), message, end, relation, frame)
        in_traceback, frame = False, ""
        number = end


def _whole_message(first: str, lines: Sequence[str], start: int) -> tuple[str, int]:
    """The message with the lines that go on with it, and where the next thing begins."""
    parts, number = [first], start
    while number < len(lines) and len(parts) < LONGEST_MESSAGE_LINES:
        line = lines[number]
        blank_then_end = not line.strip()
        begins_anew = (
            without_prefix(line) != line or _TYPED.match(line) or _FRAME.match(line) or _TRACEBACK.search(line)
        )
        if blank_then_end or (begins_anew and not line.startswith((" ", "\t"))) or _FRAME.match(line):
            break
        parts.append(line)
        number += 1
    return "\n".join(parts).strip(), number


def _relation_after(lines: Sequence[str], number: int) -> str:
    for line in lines[number : number + 3]:
        if _CAUSE_OF_NEXT in line:
            return "cause"
        if _CONTEXT_OF_NEXT in line:
            return "context"
    return ""


def _error_lines(lines: Sequence[str]) -> Iterator[str]:
    """Lines that a logger marked as errors, last first, each with the indented lines that follow it."""
    for number in range(len(lines) - 1, -1, -1):
        level = _LEVEL.search(lines[number][:120])
        if level and level[1] in {"ERROR", "FATAL", "CRITICAL", "SEVERE", "PANIC"}:
            message, _ = _whole_message(without_prefix(lines[number]), lines, number + 1)
            yield message


def _is_quiet(line: str) -> bool:
    prefix = _PREFIX.match(line)
    level = _LEVEL.search(prefix[0]) if prefix else None
    return level is not None and level[1] in {"DEBUG", "INFO", "NOTICE"}


def _link(types: tuple[str, ...], message: str, frame: str = "") -> Link:
    return Link(types, message, codes_in(message) | frame_codes(frame), quoted=True)
