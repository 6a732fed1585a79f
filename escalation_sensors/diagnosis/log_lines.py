"""Lines of structured logs as the plain lines that a person would read: level, then what is said.

A line of JSON (`{"level": "error", "msg": …}`), of pairs (`level=error msg="…"`), or Google's (`E0501 … x.go:7] …`)
becomes `ERROR …`, and a text printed as one string its lines, so that one reader does for all. What a line then means
is for `log_reading.py` to say.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

LONGEST_TEXT = 200_000
"""Characters; of a longer text the middle is left out, since causes stand near the ends."""
_MOST_JSON_CHARACTERS = 20_000

_LEVELS = ("level", "severity", "levelname", "lvl", "log.level", "loglevel", "@level", "log_level", "priority")
_SAYS = ("message", "msg", "event", "@message", "textPayload", "body", "description", "log", "statusMessage")
_ERRORS = (
    "error", "err", "exception", "exc_info", "exc", "error.message", "errorMessage", "error_message", "cause", "reason",
    "stack_trace", "stacktrace", "stackTrace", "error.stack_trace", "traceback", "stack", "detail", "details", "thrown",
)  # fmt: skip
_INNER = (
    "type",
    "class",
    "name",
    "kind",
    "errorType",
    "message",
    "msg",
    "reason",
    "stack_trace",
    "stackTrace",
    "stack",
)
_LEVEL_OF = {
    "DEBUG": "DEBUG", "TRACE": "DEBUG", "INFO": "INFO", "INFORMATION": "INFO", "NOTICE": "INFO", "DEFAULT": "INFO",
    "WARN": "WARNING", "WARNING": "WARNING", "ERROR": "ERROR", "ERR": "ERROR", "EROR": "ERROR", "FATAL": "FATAL",
    "CRITICAL": "CRITICAL", "CRIT": "CRITICAL", "ALERT": "CRITICAL", "EMERGENCY": "CRITICAL", "PANIC": "FATAL",
    "DPANIC": "FATAL", "SEVERE": "ERROR", "I": "INFO", "W": "WARNING", "E": "ERROR", "F": "FATAL",
}  # fmt: skip
_PAIR = re.compile(r'(?<![\w.])([\w.@]+)=(?:"((?:[^"\\]|\\.)*)"|(\S+))')
_GOOGLE = re.compile(r"^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [\w./-]+:\d+\] ")
_STRUCTURED = ('{"', "level=", "lvl=", ".go:", "] ", "\\n")
"""Without any of these no line is structured."""
_ESCAPED, _UNESCAPED = re.compile(r'\\+([ntr"])'), {"n": "\n", "t": "\t", "r": "", '"': '"'}
_ESCAPED_LINES = 3
"""From so many on, `\\n` is the end of a line of a text that was printed as one string, not a part of a path."""


def readable(text: str) -> str:
    """A text without its middle if it is longer than anybody reads, its structured lines written plainly."""
    half = LONGEST_TEXT // 2
    text = text if len(text) <= LONGEST_TEXT else f"{text[:half]}\n…\n{text[-half:]}"
    if not any(hint in text for hint in _STRUCTURED):
        return text
    return "\n".join(plain for line in text.splitlines() for plain in _plain(line))


def _plain(line: str) -> Iterator[str]:
    if line.endswith("}") and '{"' in line and len(line) <= _MOST_JSON_CHARACTERS:
        before, _, _ = line.partition('{"')
        if (said := _of_json(line[len(before) :])) is not None:
            yield from said
            return
    if "level=" in line or "lvl=" in line:
        pairs = {key: quoted.replace('\\"', '"') or bare for key, quoted, bare in _PAIR.findall(line)}
        if (said := _said(pairs)) is not None:
            yield from said
            return
    if match := _GOOGLE.match(line):
        yield f"{_LEVEL_OF[match[1]]} {line[match.end() :]}"
        return
    if line.count("\\n") >= _ESCAPED_LINES:
        yield from _ESCAPED.sub(lambda match: _UNESCAPED[match[1]], line).splitlines()
        return
    yield line


def _of_json(text: str) -> list[str] | None:
    try:
        entry = json.loads(text)
    except ValueError:
        return None
    return _said(entry) if isinstance(entry, dict) else None


def _said(entry: Mapping[str, Any]) -> list[str] | None:
    """The plain lines of an entry; None if it is no line of a log."""
    level = next((_LEVEL_OF.get(str(entry[key]).upper()) for key in _LEVELS if key in entry), None)
    if level is None:
        return None
    lines = [line for key in (*_SAYS, *_ERRORS) if key in entry for line in _texts(entry[key])]
    if not lines:
        return None
    first, *rest = dict.fromkeys(lines)  # a stack often begins with the message
    # One after the other, so that a traceback within stays one; each an error of its own where none is indented.
    plain = any(line[:1].isspace() or line.startswith("Traceback") for line in rest)
    return [f"{level} {first}", *(rest if plain else [f"{level} {line}" for line in rest])]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        inner = [str(value[key]) for key in _INNER if isinstance(value.get(key), str | int)]
        value = ": ".join(inner) if inner else json.dumps(value)
    elif isinstance(value, list):
        value = "\n".join(map(str, value))
    yield from (line for line in str(value).splitlines() if line.strip())
