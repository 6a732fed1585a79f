"""Numbers that systems give as codes of the form `kind:value`, and what the place of an exception tells.

Which numbers stand in a text is for `codes_in_text.py` to find, which an exception carries for `exceptions.py`.
"""

import errno
import re
from http import HTTPStatus

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


_CONNECTING = frozenset(
    {"connect", "_connect", "create_connection", "open_connection", "sock_connect", "_connect_sock", "do_handshake"}
)


_SETTING = re.compile(
    r"\b(?:config|conf|cfg|settings|environ|env|options|opts|secrets|credentials|Variable)\b(?:\.\w+)*(?:\[|\.get\()"
)


def frame_codes(function: str, source: str = "") -> frozenset[str]:
    """What the place tells that an exception was raised in.

    `frame:connect` for the function of that name or one like it; `frame:setting` where its line of source reads one.
    """
    codes = {"frame:connect"} if function in _CONNECTING else set()
    return frozenset(codes | ({"frame:setting"} if _SETTING.search(source) else set()))


def http_code(status: int) -> str | None:
    """`http:503`; None for what is no failure."""
    return f"http:{status}" if HTTPStatus.MULTIPLE_CHOICES <= status <= LAST_HTTP_STATUS else None
