"""An exception that Dagster stored as text, as links of a chain. One in flight: `diagnosis/exceptions.py`."""

import builtins

from escalation_sensors.dagster_internals import ErrorInfo
from escalation_sensors.diagnosis.codes_in_text import codes_in
from escalation_sensors.diagnosis.failure import Link
from escalation_sensors.diagnosis.wrappers import is_wrapper

MOST_LINKS = 20


def links_of_info(info: ErrorInfo) -> tuple[Link, ...]:
    """The chain, innermost cause first; wrappers are left out, unless there is nothing else."""
    links = [_link(each) for each in reversed(chain_of(info))]
    return tuple(link for link in links if not is_wrapper(link.types)) or tuple(links)


def chain_of(info: ErrorInfo) -> list[ErrorInfo]:
    """The exception and what it was raised from, outermost first."""
    chain: list[ErrorInfo] = []
    at: ErrorInfo | None = info
    while at is not None and len(chain) < MOST_LINKS:
        chain.append(at)
        at = at.cause or at.context
    return chain


def _link(info: ErrorInfo) -> Link:
    message = (info.message or "").strip()
    name = info.cls_name or ""
    head, colon, rest = message.partition(": ")
    # Python writes the module before the class: `duckdb.OutOfMemoryException: …`.
    qualified = head if name and (head == name or head.endswith(f".{name}")) else name
    said = rest if colon and qualified == head else message
    return Link(_types(qualified), said, codes_in(said))


def _types(name: str) -> tuple[str, ...]:
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, BaseException):
        return tuple(each.__name__ for each in kind.__mro__ if each not in {object, BaseException, Exception}) or (
            name,
        )
    return (name,) if name else ()
