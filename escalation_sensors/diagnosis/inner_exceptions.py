"""Exceptions that a message tells of within its own text, the innermost first: a client prints what it caught.

`(driver.Error) …`, `<class '…'>` and the next line, `{host: AuthFailed('…')}`, `(Caused by X('…'))`, and the chains of
`Type=…,Message=…,Source=…` that .NET services write.
"""

import re
from collections.abc import Iterator

_WRAPPED = re.compile(r"^\((?P<type>(?:[A-Za-z_]\w*\.)+[A-Z]\w*)\) (?P<message>.*)", re.DOTALL)
_INNER_CLASS = re.compile(r"^<class '(?P<type>[\w.]+)'>\n(?P<message>.*)", re.DOTALL | re.MULTILINE)
_DOTNET = re.compile(r"Type=(?P<type>[\w.]+), ?Message=(?P<message>.*?)(?=,\s?Source=|\Z)", re.DOTALL)
_CALLED = re.compile(
    r"(?:: |Caused by |raised )(?P<type>(?:[a-z_]\w*\.)*(?!Pars)[A-Z][A-Za-z]*"
    r"(?:Error|Exception|Failed|Failure|Refused|Shutdown|TimedOut|Timeout|Operation|Denied|Unavailable))"
    r"(?:\((?:(?P<quote>['\"])(?P<message>[^\n]{0,2000}?)(?P=quote)\s*[,)}]|\d|\))|>)"
)
"""A parser's error is left out: whose text did not parse, ours or theirs, its class does not say."""
_IN_A_SENTENCE = re.compile(
    r"(?:^|[\s(\[;])(?P<type>(?:[A-Za-z_][\w$]*\.)*(?!Pars)[A-Z][\w$]*(?:Error|Exception|Failure|Timeout|Fault)): "
    r"(?P<message>[^\n]+)"
)
"""`Lost task 0.0: java.lang.OutOfMemoryError: Java heap space`."""
_NAME_AND_VALUE = re.compile(r"Error name - (?P<type>\w+), Error value - (?P<message>.*)", re.DOTALL)


def inner_exceptions(message: str) -> Iterator[tuple[str, str]]:
    """Class and message of each, the innermost first; nothing for a message that tells of none."""
    if "Type=" in message and "Message=" in message:
        yield from ((match["type"], match["message"]) for match in reversed(list(_DOTNET.finditer(message))))
    if match := _WRAPPED.match(message) or _INNER_CLASS.search(message) or _NAME_AND_VALUE.search(message):
        yield match["type"], match["message"]
    elif called := list(_CALLED.finditer(message)):
        yield called[-1]["type"], called[-1]["message"] or ""
    elif ("Exception: " in message or "Error: " in message) and (said := list(_IN_A_SENTENCE.finditer(message))):
        yield said[-1]["type"].replace("$", "."), said[-1]["message"]
