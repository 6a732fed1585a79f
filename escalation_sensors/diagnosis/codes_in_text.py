"""Codes that stand in a text: SQLSTATE, vendor numbers, errno, HTTP status, exit codes and signals.

Each becomes `kind:value`. What a code means is said by rules. Codes that an exception carries: `exceptions.py`.
"""

import re
import signal
from collections.abc import Callable, Iterator
from functools import lru_cache

from escalation_sensors.diagnosis.codes import errno_code, exit_code, http_code
from escalation_sensors.diagnosis.system_words import said_by_systems, windows_code

_Make = Callable[[re.Match[str]], str | None]
"""What a match says: a code, several with a blank between them, or none."""


@lru_cache(maxsize=64)  # a text is looked at as a message, as a link and as a whole
def codes_in(text: str) -> frozenset[str]:
    """All codes that the text names."""
    return frozenset(_codes(text))


def _codes(text: str) -> Iterator[str]:
    lower = text.lower()
    for hints, pattern, make in _PATTERNS:
        for hint in hints:  # written out, since it is the hottest loop of a diagnosis
            if hint in lower:
                for match in pattern.finditer(text):
                    if code := make(match):
                        yield from code.split(" ")
                break
    yield from said_by_systems(lower)


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


def _number_and_state(match: re.Match[str]) -> str | None:
    """What MySQL's and Snowflake's clients print: `1205 (HY000): …`, `100038 (22018): …`; two codes.

    Who speaks MySQL's protocol gives 1064 for all that it refuses, but not the state that MySQL gives with it.
    """
    number, longer, state, end = match.groups()
    if longer:
        return f"snowflake:{int(longer)} sqlstate:{state.upper()}"
    if not end:
        return None
    return f"sqlstate:{state.upper()}" + ("" if (number, state) == ("1064", "HY000") else f" mysql:{int(number)}")


def _errno_name(match: re.Match[str]) -> str:
    """`errno:ECONNREFUSED`; a name that could not be resolved is a host that cannot be reached."""
    name = match[1]
    return "errno:EHOSTUNREACH" if name.startswith("EAI") or name == "ENOTFOUND" else f"errno:{name}"


def _browser_error(match: re.Match[str]) -> str | None:
    """What Chrome says of a connection, as the errno that means it."""
    name = match[1].upper()
    if name == "TIMED_OUT":
        return "http:504"
    connecting = (
        "NAME_",
        "CONNECTION_",
        "INTERNET_",
        "ADDRESS_",
        "CERT_",
        "SSL_",
        "PROXY_",
        "TUNNEL_",
        "NETWORK_",
        "EMPTY_",
        "HTTP2_",
    )
    return "errno:EHOSTUNREACH" if name.startswith(connecting) else None


def _named_signal(match: re.Match[str]) -> str:
    return {"killed": "signal:9", "aborted": "signal:6"}.get(match[1].lower(), f"signal:{match[1].partition('/')[0]}")


def _status(match: re.Match[str]) -> str | None:
    return http_code(int(match[1]))


def _service(match: re.Match[str]) -> str:
    return f"service:{_IN_A_NAME.sub('_', match[1]).upper()}"


_IN_A_NAME = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def _p(
    hints: str, pattern: str, make: _Make, flags: int = re.IGNORECASE
) -> tuple[tuple[str, ...], re.Pattern[str], _Make]:
    return tuple(hints.split("|")), re.compile(pattern, flags), make


_STATES = "(hy|(0|(2|(3d|(3f|(34|(4|(5|(7|(x|(p0"
"""How a state of SQL may begin in brackets."""
_PATTERNS: tuple[tuple[tuple[str, ...], re.Pattern[str], _Make], ...] = (
    _p("errno", r"\berrno[ =:]*(\d{1,3})\b", lambda match: errno_code(int(match[1]))),
    _p(
        "econn|etimed|enotfound|eai_|ehost|enet|epipe|enoent|enospc|enomem|eacces|eperm|emfile|eaddr|eexist|ebusy|edquot|erofs",
        r"\b(E(?:CONN(?:REFUSED|RESET|ABORTED)|TIMEDOUT|NOTFOUND|AI_AGAIN|AI_NONAME|HOSTUNREACH|HOSTDOWN|NETUNREACH|NETDOWN|PIPE"
        r"|NOENT|NOSPC|NOMEM|ACCES|PERM|MFILE|NFILE|ADDRINUSE|ADDRNOTAVAIL|EXIST|BUSY|DQUOT|ROFS))\b",
        _errno_name,
        0,
    ),
    _p("too many open files", r"\btoo many open files\b", lambda _: "errno:EMFILE"),
    _p("net::err_", r"\bnet::ERR_(\w+)", _browser_error),
    _p("os error", r"\bos error (\d{1,3})\b", lambda match: errno_code(int(match[1]))),
    _p("sqlstate", r"\bsqlstate\W{0,3}([0-9A-Z]{5})\b", _named("sqlstate", upper=True)),
    _p("sql state", r"\bsql ?state(?: is)?[ =:]+'?([0-9A-Z]{5})\b", _named("sqlstate", upper=True)),
    _p("odbc|sql server|driver", r"[\[(']([0-9A-Z]{5})['\]][ ,(]", _named("sqlstate", upper=True), 0),
    # PostgreSQL's severity is in the server's language: FEHLER, ERREUR.
    _p(": ", r"^\w+: {1,2}(?=\w*\d)([0-9A-Z]{5}): ", _named("sqlstate"), re.MULTILINE),
    _p("ora-", r"\b(ORA-\d{5})\b", lambda match: f"oracle:{match[1].upper()}"),
    _p("oci-21500", r"\b(OCI-21500)\b", _named("oracle", upper=True)),
    _p("dpy-", r"\b(DPY-\d{4})\b", lambda match: f"oracle:{match[1].upper()}"),
    _p("dpi-", r"\b(DPI-\d{4})\b", lambda match: f"oracle:{match[1].upper()}"),
    _p("tns-|tns:", r"\b(TNS-\d{5})\b", lambda match: f"oracle:{match[1].upper()}"),
    _p("msg ", r"\bMsg (\d{2,5}), Level", _number("mssql")),
    _p("sql server|sqlexecdirectw|sqlexecute|sqldriverconnect", r"\((\d{2,5})\) \(SQL", _number("mssql")),
    _p("db-lib|pymssql", r"^\((\d{2,5}), b['\"]", _number("mssql")),
    _p("(", r"^\W*\((\d{4}), ['\"]", _number("mysql")),
    # Who speaks MySQL's protocol gives 1064 and 1105 for all, but not the state that MySQL gives with it.
    _p(
        "error 1|error 2|error 3|error 4|error 8|error 9",
        r"\bERROR (?!1064 \(HY000\))(\d{4}) \([0-9A-Z]{5}\)",
        _number("mysql"),
    ),
    # Go's client prints `Error 1406: …`, and newer ones the state in brackets.
    _p(
        "error 1|error 2|error 3",
        r"(?:^|[: ])Error ([123]\d{3})(?: \([0-9A-Z]{5}\))?: ",
        _number("mysql"),
        re.MULTILINE,
    ),
    _p("sqlstate xx000", r"\bERROR: (\d{4}) \(SQLSTATE XX000\)", _number("redshift")),
    _p("error code is: -", r"\bError code is: (-\d{1,2})\b", lambda match: exit_code(int(match[1]))),
    # node-postgres prints an error's fields as JSON.
    _p('"severity":', r'"code": ?"(?=[A-Z]*\d)([0-9A-Z]{5})"', _named("sqlstate"), 0),
    _p("code=-", r"(?<![\w-])code=(-\d{1,2})\b", lambda match: exit_code(int(match[1]))),
    _p("'error'", r"\(u?'ERROR', u?'([0-9A-Z]{5})', u?[\"']", _named("sqlstate"), 0),
    _p(_STATES, r"(?:\b(\d{4})|(?:^|: )(\d{6})) \(([0-9A-Z]{5})\)([: ]?)", _number_and_state),
    _p("code: ", r"\bCode: (\d{1,4})\. ?(?:DB::|Coordination::)", _number("clickhouse")),
    _p("an error occurred (", r"\bAn error occurred \(([\w.]+)\) when calling", _named("aws")),
    _p("an error occurred (", r"\bAn error occurred \((?:\w+\.)*([A-Za-z]{5,})\) when calling", _service),
    # AWS' other clients: Java's `(Service: Amazon S3; Status Code: 404; Error Code: NoSuchKey; …)`, Haskell's, Go's.
    _p("error code: ", r"\bService: [^;\n]{1,40}; Status Code: \d{3}; Error Code: ([\w.]+)", _named("aws")),
    _p("api error ", r"\bapi error ([A-Z]\w+): ", _named("aws"), 0),
    _p('errorcode \\"|errorcode "', r"\bErrorCode \\?\"([A-Z]\w+)", _named("aws"), 0),
    _p("amazonaws.|awssdk.", r"\b(?:amazonaws|awssdk)\.(?:\w+\.)+([A-Z]\w+?(?:Exception|Fault))\b", _named("aws"), 0),
    # PostgreSQL's log as CSV, and what clients of many databases print: `SQL Error [1062] [23000]: …`.
    _p('"error","|"fatal","|"panic","', r'"(?:ERROR|FATAL|PANIC)","([0-9A-Z]{5})"', _named("sqlstate"), 0),
    _p(
        "sql error [|sql 错误 [|sql-fehler [|erreur sql [",
        r"\bSQL[- ](?:Error|错误|Fehler)(?: \[-?\d+\])? \[([0-9A-Z]{5})\]",
        _named("sqlstate"),
    ),
    _p("sql error [", r"\bSQL Error \[(\d{4})\] \[[0-9A-Z]{5}\]", _number("mysql")),
    _p("state:|state =|state=|sqlstate", r"\bSQL ?State[:=]? ?\(?'?([0-9A-Z]{5})\b", _named("sqlstate", upper=True)),
    _p("<code>", r"<Code>([\w.]+)</Code>", lambda match: f"{_cloud_of(match.string)}:{match[1]}"),
    _p("0: |1: |2: |3: |4: |5: |6: |7: |8: |9: ", r"(?:^|Error: )(\d{6}): ", _named("snowflake"), re.MULTILINE),
    _p("exit 1", r"(?:^|\s)exit (1\d\d)$", lambda match: exit_code(int(match[1])), re.MULTILINE),
    _p("__type", r"\"__type\": ?\"(?:[\w.]+#)?(\w+)\"", _named("aws")),
    _p("errorcode:", r"\bErrorCode:\s*(\w+)", _named("azure")),
    _p("reason", r"\b[\"']?reason[\"']?[:=] ?[\"']?(\w+)", _named("google")),
    _p("sqlite_", r"\b(SQLITE_[A-Z_]+)\b", _named("sqlite")),
    _p("message=", r"^(\d{3}), message=", lambda match: http_code(int(match[1]))),
    _p("sql error", r"\(\w*sql error (?=\d|[A-Z]{2}\d)([0-9A-Z]{5})\)", _named("sqlstate", upper=True)),
    _p("'c': '", r"'C': '([0-9A-Z]{5})'", _named("sqlstate", upper=True)),
    _p("http_status", r"\bhttp_status(?:_code)?\W{1,4}(\d{3})\b", lambda match: http_code(int(match[1]))),
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
    _p("server error: |client error: ", r"\b(\d{3}) (?:Server|Client) Error: ", lambda match: http_code(int(match[1]))),
    _p(": 4|: 5", r"\b[A-Z][a-z]+[A-Z]\w+: ([45]\d\d) [A-Z][a-z]", _status, 0),
    _p("error '", r"\b(?:Server|Client) error '(\d{3}) ", lambda match: http_code(int(match[1]))),
    _p("status", r"\bstatus[\"']?[ :=]{1,3}[\"']?(\d{3})\b", lambda match: http_code(int(match[1]))),
    _p(
        "responded with|response|returned|got|replied",
        r"\b(?:responded with|response|returned|got|replied(?: with)?)(?: error:?| code| status| an?| http){0,2}"
        r" ([345]\d\d)\b",
        lambda match: http_code(int(match[1])),
    ),
    # An HTTP status as clients print it: `(404)` and `Reason:`, `TransportError(503, '…`, `403 Forbidden`, `[429]: `.
    _p("reason: ", r"^\((\d{3})\)\s+Reason: ", _status, re.MULTILINE),
    _p("(4|(5", r"^(?:[\w.]+: )?(?:\w+(?:Error|Exception))?\(([45]\d\d), ['\"]", _status, re.MULTILINE),
    _p("[4|[5", r"\b\w*Error: \[([45]\d\d)\]", _status),
    _p("error 4|error 5|code 4|code 5", r"(?m)^error (?:code )?([45]\d\d)[:.]", _status),
    _p("error code: 4|error code: 5", r"\bError code: ([45]\d\d)\b", _status),
    _p("400 |401 |403 |404 |409 |429 |500 |502 |503 |504 ", r"\A([45]\d\d) (?=[A-Z][a-z]+ )", _status, 0),
    _p("code=4|code=5", r"(?<![\w-])code=([45]\d\d)\b", _status),
    _p("httpstatuscode|protocol error", r"\b(?:HttpStatusCode|HTTP protocol error)\W{1,5}([45]\d\d)\b", _status),
    _p("an error: (", r"\breturned an error: \(([45]\d\d)\)", _status),
    _p(
        "bad req|unauth|forbid|not found|confl|gone|precond|too large|unproc|too many|internal serv|gateway|unavail"
        "|time-out|timeout|denied|exceeded|not allowed",
        r"(?<![\w.,:/-])([45]\d\d)\b[\])\s:-]{1,3}\(?(?:Bad Request|Unauthorized|Forbidden|Not Found|Conflict|Gone"
        r"|Method Not Allowed|Request Time-?out|Precondition Failed|(?:Payload|Request Entity|Content) Too Large"
        r"|Unprocessable|Too Many Requests|Internal Server Error|Bad Gateway|Service (?:Temporarily )?Unavailable"
        r"|Gateway Time-?out|Access Denied|Quota Exceeded)",
        _status,
    ),
    # gRPC's names: `StatusCode.NOT_FOUND`, `"status": "UNAVAILABLE"`, `PERMISSION_DENIED: …`.
    _p("statuscode.", r"\bStatusCode\.([A-Z_]+)", _named("grpc", upper=True)),
    _p(
        "cancelled|_argument|deadline|not_found|already_ex|_denied|exhausted|precond|aborted|out_of|unimpl|unavail"
        "|data_loss|unauth",
        r"\b(CANCELLED|INVALID_ARGUMENT|DEADLINE_EXCEEDED|NOT_FOUND|ALREADY_EXISTS|PERMISSION_DENIED|RESOURCE_EXHAUSTED"
        r"|FAILED_PRECONDITION|ABORTED|OUT_OF_RANGE|UNIMPLEMENTED|UNAVAILABLE|DATA_LOSS|UNAUTHENTICATED)(?=[:\"'])",
        _named("grpc"),
        0,
    ),
    # Names that services give: `'errorCode': 'QUERY_TIMEOUT'`, `ErrorCode=LeaseAlreadyPresent`, `'parsing_exception'`.
    _p(
        "code=|code:|code'|code\"|code =|'error'|\"error\"",
        r"(?:\berror_?code|\bcode_?name|\bcode|[\"']error)[\"']?\s?[:=]\s?[\"']?([A-Za-z][A-Za-z]*_?[A-Za-z_]{3,})",
        _service,
    ),
    _p("_exception'", r"'([a-z_]+_exception)'", _service, 0),
    # Numbers and states of databases in the forms of their other drivers.
    _p("errornumber|error number", r"\bSQL ?Error ?Number\W{1,3}(\d{2,6})", _number("mssql")),
    _p("[errorcode = ", r"\[ErrorCode = (\d{2,6})\]", _number("mssql")),
    _p("neo.", r"\bNeo\.((?:ClientError|TransientError|DatabaseError)\.\w+\.\w+)", _named("cypher"), 0),
    _p("aadsts", r"\bAADSTS(\d{4,7})\b", _number("entra")),
    _p("oauthexception", r"OAuthException\W[\s\S]{0,80}?\bcode\W{1,5}(\d{1,4})\b", _number("facebook")),
    _p("(#", r"\(#(\d{1,4})\) ", _number("facebook")),
    _p(" error:| error\n", r"(?m)\b([A-Z]{4,}(?:_[A-Z]+)*) ERROR(?::|$)", _named("drill"), 0),
    _p("teradata|[error ", r"(?i)teradata\W[\s\S]{0,80}?\[Error (\d{3,5})\]", _number("teradata")),
    _p("0x800", r"\b0x8007([0-9A-Fa-f]{4})\b", lambda match: windows_code(int(match[1], 16))),
    _p("mqrc|reason code|reason '2|reason 2", r"\b(?:MQRC_\w+|[Rr]eason(?: code)?)\W{1,3}'?(2\d{3})\b", _number("mq")),
    _p("[teradata ", r"\[Teradata [\w ]+\] \[Error (\d{2,5})\]", _number("teradata")),
    _p("sqlcode", r"\bSQLCODE[=: ]{1,2}-?(\d{3,5})\b", _number("ibm")),
    _p("sql0|sql1|sql3", r"\bSQL(0\d{3}|[1-9]\d{3,4}(?=[NCW]\b))", _number("ibm")),
    _p("semanticexception", r"\bSemanticException \[Error (\d{5})\]", _number("hive")),
    _p("(-1|(1|(2|(3|(4|(5|(6|(7", r"^\((-1\d{4}|[1-9]\d{1,2}), ['\"]", _number("hana")),
    _p("error [", r"\bERROR \[([0-9A-Z]{5})\]", _named("sqlstate"), 0),
    _p("('", r"^\W*\('([0-9A-Z]{5})', [\"']\[\1\]", _named("sqlstate"), 0),
    _p("winerror", r"\bWinError (\d{1,5})\b", lambda match: windows_code(int(match[1]))),
    _p(
        "exit",
        r"\bexit_?(?:status_?code|status|code)[\"']?[ :=]{1,3}(-?\d{1,3})\b",
        lambda match: exit_code(int(match[1])),
    ),
    _p(
        "exit",
        r"\bexit(?:ed|s)?(?:[ _](?:with|code|status|value)){1,3}(?: of)?[ :=]{0,8}\(?(-?\d{1,3})\b",
        lambda match: exit_code(int(match[1])),
    ),
    _p(
        "return",
        r"\breturn(?:ed)?[ _-]?(?:code|with|non-zero exit status)[ :=]{0,3}(-?\d{1,3})\b",
        lambda match: exit_code(int(match[1])),
    ),
    _p("signal", r"\bsignal[ :=]{1,2}(\d{1,2})\b", _number("signal")),
    _p(
        "signal: |status=",
        r"\b(?:error: signal: |code=killed, status=)(killed|9/KILL|aborted|6/ABRT|11/SEGV|15/TERM)",
        _named_signal,
    ),
    _p("sig", r"\b(SIG(?:KILL|TERM|SEGV|ABRT|INT|BUS|XCPU|HUP|PIPE|ILL|FPE|ALRM))\b", _signal),
    _p("[", r"\[([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+(?:\.[A-Z0-9_]+)*)\]", _named("spark"), 0),
    _p("error_name|name=", r"\b(?:error_?name|name)=['\"]?([A-Z][A-Z_]+)\b", _named("trino"), 0),
)
