"""Codes that stand in a text: SQLSTATE, vendor numbers, errno, HTTP status, exit codes and signals.

Each becomes `kind:value`. What a code means is said by rules. Codes that an exception carries: `exceptions.py`.
"""

import errno
import re
import signal
from collections.abc import Callable, Iterator
from functools import lru_cache
from http import HTTPStatus

_Make = Callable[[re.Match[str]], str | None]
LONGEST_TEXT = 200_000
"""Characters; of a longer text the middle is left out, since causes stand near the ends."""


@lru_cache(maxsize=64)  # a text is looked at as a message, as a link and as a whole
def codes_in(text: str) -> frozenset[str]:
    """All codes that the text names."""
    return frozenset(_codes(text))


def _codes(text: str) -> Iterator[str]:
    lower = text.lower()
    for hints, pattern, make in _PATTERNS:
        if any(hint in lower for hint in hints):
            for match in pattern.finditer(text):
                if code := make(match):
                    yield code


LAST_HTTP_STATUS = 599
FIRST_SIGNAL_EXIT, SIGNALS = 128, 32
"""A shell tells a process that a signal ended by its number above 128."""


def errno_code(number: int) -> str | None:
    """`errno:ECONNREFUSED` for 111; None for a number that is none."""
    name = errno.errorcode.get(number)
    return f"errno:{name}" if name else None


def exit_code(number: int) -> str:
    """`exit:1`; a process ended by a signal, told as -9 or 137, is `signal:9`."""
    if number < 0:
        return f"signal:{-number}"
    number_of_signal = number - FIRST_SIGNAL_EXIT
    return f"signal:{number_of_signal}" if 0 < number_of_signal < SIGNALS else f"exit:{number}"


def http_code(status: int) -> str | None:
    """`http:503`; None for what is no failure."""
    return f"http:{status}" if HTTPStatus.MULTIPLE_CHOICES <= status <= LAST_HTTP_STATUS else None


def _cloud_of(text: str) -> str:
    """Whose XML an error's body is: AWS and Azure write it alike."""
    return "azure" if "ErrorCode:" in text or "x-ms-" in text or ".core.windows.net" in text else "aws"


def _named(kind: str, *, upper: bool = False) -> _Make:
    return lambda match: f"{kind}:{match[1].upper() if upper else match[1]}"


def _number(kind: str) -> _Make:
    return lambda match: f"{kind}:{int(match[1])}"


def _signal(match: re.Match[str]) -> str | None:
    try:
        return f"signal:{int(signal.Signals[match[1].upper()])}"
    except KeyError:
        return None


def _p(
    hints: str, pattern: str, make: _Make, flags: int = re.IGNORECASE
) -> tuple[tuple[str, ...], re.Pattern[str], _Make]:
    return tuple(hints.split("|")), re.compile(pattern, flags), make


_PATTERNS: tuple[tuple[tuple[str, ...], re.Pattern[str], _Make], ...] = (
    _p("errno", r"\berrno[ =:]*(\d{1,3})\b", lambda match: errno_code(int(match[1]))),
    _p("os error", r"\bos error (\d{1,3})\b", lambda match: errno_code(int(match[1]))),
    _p("sqlstate", r"\bsqlstate\W{0,3}([0-9A-Z]{5})\b", _named("sqlstate", upper=True)),
    _p("sql state", r"\bsql ?state(?: is)?[ =:]+'?([0-9A-Z]{5})\b", _named("sqlstate", upper=True)),
    _p("odbc|sql server|driver", r"[\[(']([0-9A-Z]{5})['\]][ ,(]", _named("sqlstate", upper=True), 0),
    # PostgreSQL's severity is in the server's language: FEHLER, ERREUR.
    _p(": ", r"^\w+: {1,2}(?=\w*\d)([0-9A-Z]{5}): ", _named("sqlstate"), re.MULTILINE),
    _p("ora-", r"\b(ORA-\d{5})\b", lambda match: f"oracle:{match[1].upper()}"),
    _p("dpy-", r"\b(DPY-\d{4})\b", lambda match: f"oracle:{match[1].upper()}"),
    _p("dpi-", r"\b(DPI-\d{4})\b", lambda match: f"oracle:{match[1].upper()}"),
    _p("tns-|tns:", r"\b(TNS-\d{5})\b", lambda match: f"oracle:{match[1].upper()}"),
    _p("msg ", r"\bMsg (\d{2,5}), Level", _number("mssql")),
    _p("sql server|sqlexecdirectw|sqlexecute|sqldriverconnect", r"\((\d{2,5})\) \(SQL", _number("mssql")),
    _p("db-lib|pymssql", r"^\((\d{2,5}), b['\"]", _number("mssql")),
    _p("(", r"^\W*\((\d{4}), ['\"]", _number("mysql")),
    _p("error ", r"\bERROR (\d{4}) \([0-9A-Z]{5}\)", _number("mysql")),
    _p("(", r"\b\d{4} \(([0-9A-Z]{5})\)[: ]", _named("sqlstate", upper=True)),
    _p("(", r"\b(\d{4}) \([0-9A-Z]{5}\)[: ]", _number("mysql")),
    _p("code: ", r"\bCode: (\d{1,4})\. ?(?:DB::|Coordination::)", _number("clickhouse")),
    _p("(", r"(?:^|: )(\d{6}) \([0-9A-Z]{5}\)", _number("snowflake")),
    _p("(", r"(?:^|: )\d{6} \(([0-9A-Z]{5})\)", _named("sqlstate", upper=True)),
    _p("an error occurred (", r"\bAn error occurred \(([\w.]+)\) when calling", _named("aws")),
    _p("<code>", r"<Code>([\w.]+)</Code>", lambda match: f"{_cloud_of(match.string)}:{match[1]}"),
    _p(": ", r"(?:^|Error: )(\d{6}): ", _named("snowflake"), re.MULTILINE),
    _p("exit 1", r"(?:^|\s)exit (1\d\d)$", lambda match: exit_code(int(match[1])), re.MULTILINE),
    _p("__type", r"\"__type\": ?\"(?:[\w.]+#)?(\w+)\"", _named("aws")),
    _p("errorcode:", r"\bErrorCode:\s*(\w+)", _named("azure")),
    _p("reason", r"\b[\"']?reason[\"']?[:=] ?[\"']?(\w+)", _named("google")),
    _p("sqlite_", r"\b(SQLITE_[A-Z_]+)\b", _named("sqlite")),
    _p("message=", r"^(\d{3}), message=", lambda match: http_code(int(match[1]))),
    _p("'c': '", r"'C': '([0-9A-Z]{5})'", _named("sqlstate", upper=True)),
    _p(
        "status code",
        r"\bstatus[ _]?code[\"']?(?: was| is| of)?[ :=]{0,3}(\d{3})\b",
        lambda match: http_code(int(match[1])),
    ),
    _p(
        "http",
        r"\bHTTP(?: Error| status| response)?(?:/[\d.]+)?[ :=]{1,2}(\d{3})\b",
        lambda match: http_code(int(match[1])),
    ),
    _p("error: ", r"\b(\d{3}) (?:Server|Client) Error: ", lambda match: http_code(int(match[1]))),
    _p("error '", r"\b(?:Server|Client) error '(\d{3}) ", lambda match: http_code(int(match[1]))),
    _p("status", r"\bstatus[\"']?[ :=]{1,3}[\"']?(\d{3})\b", lambda match: http_code(int(match[1]))),
    _p(
        "responded with|response|returned|got",
        r"\b(?:responded with|response|returned|got)(?: code| status| an?| http)? ([345]\d\d)\b",
        lambda match: http_code(int(match[1])),
    ),
    _p(
        "exit",
        r"\bexit(?:ed|s)?(?:[ _](?:with|code|status|value)){1,3}(?: of)?[ :=]{0,3}\(?(-?\d{1,3})\b",
        lambda match: exit_code(int(match[1])),
    ),
    _p(
        "return",
        r"\breturn(?:ed)?[ _-]?(?:code|with|non-zero exit status)[ :=]{0,3}(-?\d{1,3})\b",
        lambda match: exit_code(int(match[1])),
    ),
    _p("signal", r"\bsignal[ :=]{1,2}(\d{1,2})\b", _number("signal")),
    _p("sig", r"\b(SIG(?:KILL|TERM|SEGV|ABRT|INT|BUS|XCPU|HUP|PIPE|ILL|FPE|ALRM))\b", _signal),
    _p("[", r"\[([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+(?:\.[A-Z0-9_]+)*)\]", _named("spark"), 0),
    _p("error_name|name=", r"\b(?:error_?name|name)=['\"]?([A-Z][A-Z_]+)\b", _named("trino"), 0),
)
