"""A failure as an exception and a message that somebody else observed: a traceback, a log, a line of JSON."""

from escalation_sensors.diagnosis.codes_in_text import codes_in
from escalation_sensors.diagnosis.failure import Failure, Link

_MOST_LINES_OF_A_MESSAGE = 4


def failure_from(exception: str, message: str) -> Failure:
    """A failure of a type (qualified, bare, or unknown: empty) and what it said, which may be a whole log."""
    if not exception:
        return Failure(text=message)
    is_log = message.count("\n") >= _MOST_LINES_OF_A_MESSAGE
    link = Link((exception,), message, codes_in(message), quoted=True)
    return Failure(links=(link,), text=message if is_log else "")
