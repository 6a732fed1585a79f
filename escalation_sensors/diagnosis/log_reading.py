"""A printed traceback or log as links of a chain. The cause is often not the last line; noise is often louder than it.

Reads Python tracebacks (causes of causes, other threads), Java's `Caused by:`, wrapped forms such as SQLAlchemy's
`(driver.Error) …`, and lines that a logger marked as errors. Which link is believed is the classifier's choice.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from escalation_sensors.diagnosis.codes import frame_codes
from escalation_sensors.diagnosis.codes_in_text import codes_in
from escalation_sensors.diagnosis.failure import Link
from escalation_sensors.diagnosis.inner_exceptions import inner_exceptions
from escalation_sensors.diagnosis.log_lines import readable
from escalation_sensors.diagnosis.wrappers import is_wrapper

MOST_LINKS = 12
LONGEST_MESSAGE_LINES = 12
_FEW_LINES = 40

_PREFIX = re.compile(
    r"^(?:[\s|+>$-]*(?:"
    r"\[?(?:\d\d)?\d\d[-/.]\d\d[-/.]\d\d(?:\d\d)?,?[T ][\d:.,]+(?: ?[+-]\d\d:?\d\d|Z| [A-Z]{3,4}(?= ))?\]?"  # a time
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?=[\w.-]+ [\w./-]+(?:\[\d+\])?: )[\w.-]+ [\w./-]+(?:\[\d+\])?:"  # syslog
    r"|##\[\w+\]|#\d+ \d+\.\d+ |\[\d+\]:? \[[\d-]+\]"
    r"|\d\d:\d\d:\d\d(?:[.,]\d+)?"
    r"|\{[\w./<>-]+:\d+\}|\[[\w./-]+:\d+\]"  # {file.py:12}
    r"|[\[(<]?(?:DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|SEVERE|TRACE)[\])>]?(?=[\s:|-])"
    r"|\[(?:thread|main|pool|stage|task|executor|\w+-\d+)[^\]]*\]"
    r"|[\w.-]+ - (?=[\[{A-Z])"
    r")[\s:|-]*)+"
)
_SAYS_ERROR = re.compile(
    r"^\W{0,8}(?:[\w./-]{1,40}: )?\[?(?:error|fatal|fatal error|failure|panic)\]?[:!] ?\S", re.IGNORECASE
)
_TROUBLE = re.compile(
    r"(?i)fail|error(?!s?[=: ]*0\b)|exception|abort|denied|refus|cannot|can't|could not|unable|invalid|missing"
    r"|not found|time(?:d )?out|exceed|reject|conflict|\b(?:lock|lag|took|lost)|deadlock"
    r"|already|skip|slow|delay|spill|overhead|unresponsive|unavailable|killed|corrupt"
)
"""What a line says that is about trouble, whatever its level."""
_LEVEL = re.compile(r"\b(DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|SEVERE|PANIC)\b")
_TYPED = re.compile(
    r"^(?:Caused by: |Suppressed: |Exception in thread \"[^\"]*\" |E\s+|: |(?:ERROR|[Ee]rror):? |-{2,3}> "
    r"|Un(?:handled|caught) exception[.:]? )?"
    r"(?P<type>(?:[A-Za-z_$][\w$]*\.)+[A-Z_][\w$]*|[A-Z]\w*(?:Error|Exception|Interrupt|Timeout|Warning|Failure|Exit"
    r"|Violation|Killed|Expired|Refused|NotFound|Unavailable|Invalid|Denied|Exceeded|Mismatch|Missing|Conflict|Aborted|Full))"
    r"(?: ?\([\w.:+-]*\))?(?:: (?P<message>.*)|:?\s*)$"
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


_AFTERMATH = re.compile(
    r"(?i)\b(?:disconnect(?:ing|ion)? failed|aborted connection \d"
    r"|(?:failed|error|exception|unable|problem|could not|cannot)(?: (?:to|while|when|in|during|on|of|the|trying))* "
    r"(?:clos(?:e|ing)|disconnect(?:ing)?|roll(?:ing)? ?back|clean(?:ing)?[ -]?up|tear(?:ing)? ?down"
    r"|shut(?:ting)? ?down|stop(?:ping)?|delet(?:e|ing) (?:the )?temp\w*|releas(?:e|ing))\b)"
)
"""What fails while a failed job is put away: it is told last, and is not the cause where another is told."""


def links_in(text: str) -> tuple[Link, ...]:
    """The exceptions and errors that a text tells of, the likeliest cause first; empty if it tells of none."""
    lines = readable(text).splitlines()
    chains = _chains(lines)
    links = [link for chain in reversed(chains) for link in chain]
    links += [_link((), message) for message in (*_error_lines(lines), *_warnings_of_errors(lines))]
    if not links and len(lines) < _FEW_LINES:  # a message without a class, not a log
        links = [_link((each,), said) for each, said in inner_exceptions(text)]
    unwrapped = [each for link in links for each in unwrapped_link(link)]
    before = [link for link in unwrapped if not _AFTERMATH.search(link.message)]
    return tuple(dict.fromkeys(before or unwrapped))[:MOST_LINKS]


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


def without_quiet_lines(text: str) -> str:
    """A log without the lines that its logger called informative: what went well is no evidence."""
    return "\n".join(line for line in text.splitlines() if not _is_quiet(line))


def telling_lines(text: str) -> str:
    """Of a log whose lines are all informative, those that tell of trouble and the one after each; all if none does."""
    lines = text.splitlines()
    told = [number for number, line in enumerate(lines) if _TROUBLE.search(without_prefix(line))]
    return "\n".join(lines[number] for number in sorted({*told, *(n + 1 for n in told if n + 1 < len(lines))})) or text


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
    source: str = ""  # and the line of source


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
    return [
        _without_wrappers([_link(each.types, each.message, each.frame, each.source) for each in chain])
        for chain in chains
    ]


def _without_wrappers(links: list[Link]) -> list[Link]:
    return [link for link in links if not is_wrapper(link.types)] + [link for link in links if is_wrapper(link.types)]


def _exceptions(lines: Sequence[str]) -> Iterator[_Found]:
    in_traceback = False
    frame = source = ""
    number = 0
    while number < len(lines):
        line = lines[number]
        bare = without_prefix(line)
        number += 1
        if _TRACEBACK.search(bare):
            in_traceback, frame, source = True, "", ""
            continue
        if in_traceback and (function := _IN_FUNCTION.match(line)):
            frame, source = function[1], lines[number] if number < len(lines) else ""
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
        relation = "caused_by" if bare.lstrip().startswith(("Caused by: ", "--")) else ""
        yield _Found((match["type"].replace("$", "."),), message, end, relation, frame, source)
        in_traceback, frame, source = False, "", ""
        number = end


def _whole_message(first: str, lines: Sequence[str], start: int) -> tuple[str, int]:
    """The message with the lines that go on with it, and where the next thing begins."""
    parts, number = [first], start
    while number < len(lines) and len(parts) < LONGEST_MESSAGE_LINES:
        line = lines[number]
        blank_then_end = not line.strip() or line.startswith((" ---> ", "---> "))
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
    """Lines that a logger or a tool marked as errors, last first; each with the indented lines after it."""
    for number in range(len(lines) - 1, -1, -1):
        line = lines[number]
        level = _LEVEL.search(line[:120])
        if (level and level[1] in {"ERROR", "FATAL", "CRITICAL", "SEVERE", "PANIC"}) or (
            not level and _SAYS_ERROR.match(line)
        ):
            message, _ = _whole_message(without_prefix(line), lines, number + 1)
            yield message


def _warnings_of_errors(lines: Sequence[str]) -> Iterator[str]:
    """Lines that a logger called warnings and that tell of an exception, last first: what failed was tried again."""
    for line in reversed(lines):
        if "WARN" in line[:120] and ("Exception: " in line or "Error: " in line):
            level = _LEVEL.search(line[:120])
            if level and level[1].startswith("WARN"):
                yield without_prefix(line)


def _is_quiet(line: str) -> bool:
    prefix = _PREFIX.match(line)
    level = _LEVEL.search(prefix[0]) if prefix else None
    return level is not None and level[1] in {"DEBUG", "INFO", "NOTICE"}


def _link(types: tuple[str, ...], message: str, frame: str = "", source: str = "") -> Link:
    return Link(types, message, codes_in(message) | frame_codes(frame, source), quoted=True)
