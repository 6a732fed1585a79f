"""An exception in flight as links of a chain: unwrapped, with the codes it carries. No library has to be importable."""

from collections.abc import Iterator
from typing import Any

from escalation_sensors.diagnosis.category import Category
from escalation_sensors.diagnosis.codes import errno_code, exit_code, frame_codes, http_code
from escalation_sensors.diagnosis.codes_in_text import codes_in
from escalation_sensors.diagnosis.failure import Link
from escalation_sensors.diagnosis.wrappers import is_wrapper

MOST_LINKS = 20
STATED = "escalation_category"
"""An exception that knows its cause has this attribute, a category's name; it is believed before all rules."""
STATED_RECOVERABLE = "escalation_recoverable"
"""False beside it: no attempt could pass."""
SQLSTATE_CHARACTERS = 5


def links_of(error: BaseException) -> tuple[Link, ...]:
    """The chain of an exception, innermost cause first; what was only being handled when it was raised comes last.

    Wrappers (Dagster's, a retry library's) are left out, unless there is nothing else.
    """
    causes, contexts = _chain(error)
    links = [link_of(each) for each in [*reversed(causes), *contexts]]
    return tuple(link for link in links if not is_wrapper(link.types)) or tuple(links)


def link_of(error: BaseException) -> Link:
    """One exception, by itself."""
    message = _message(error)
    types = tuple(_name(each) for each in type(error).__mro__ if each not in {object, BaseException, Exception})
    return Link(
        types or (_name(type(error)),),
        message,
        frozenset(_carried(error)) | codes_in(message) | frame_codes(_raised_in(error)),
    )


def _raised_in(error: BaseException) -> str:
    """The function that raised it; empty if it was never raised."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return at.tb_frame.f_code.co_name if at is not None else ""


def _chain(error: BaseException) -> tuple[list[BaseException], list[BaseException]]:
    causes, contexts, seen = [error], [], {id(error)}
    at: BaseException | None = error
    while at is not None and len(seen) < MOST_LINKS:
        follow = _cause(at)
        if follow is None:
            if at.__context__ is not None and not at.__suppress_context__ and id(at.__context__) not in seen:
                seen.add(id(at.__context__))
                contexts.append(at.__context__)
                # What was being handled may itself have a cause, which counts before it.
                inner, more = _chain(at.__context__)
                contexts[-1:] = [*reversed(inner), *more]
            break
        if id(follow) in seen:
            break
        seen.add(id(follow))
        causes.append(follow)
        at = follow
    return causes, contexts


def _cause(error: BaseException) -> BaseException | None:
    """What an exception says it was raised from: by `from`, or as its libraries keep it."""
    if isinstance(error, BaseExceptionGroup):
        return error.exceptions[0]
    for each in (error.__cause__, _attribute(error, "user_exception"), _attribute(error, "orig")):
        if isinstance(each, BaseException):
            return each
    last_attempt = _attribute(error, "last_attempt")  # tenacity's RetryError holds a future
    found = (
        last_attempt.exception() if hasattr(last_attempt, "exception") and _attribute(last_attempt, "done") else None
    )
    return found if isinstance(found, BaseException) else None


def _carried(error: BaseException) -> Iterator[str]:
    for reader in (_stated, _of_the_system, _of_http, _of_a_database, _of_aws, _of_other_clouds):
        yield from reader(error)


def _stated(error: BaseException) -> Iterator[str]:
    stated = _attribute(error, STATED)
    if isinstance(stated, str) and stated in {each.value for each in Category}:
        yield f"stated:{stated}"
        if _attribute(error, STATED_RECOVERABLE) is False:
            yield "stated-final"


def _of_the_system(error: BaseException) -> Iterator[str]:
    code = errno_code(error.errno) if isinstance(error, OSError) and error.errno is not None else None
    if code:
        yield code
    if isinstance(status := _attribute(error, "returncode"), int):
        yield exit_code(status)


def _of_http(error: BaseException) -> Iterator[str]:
    if _package(error) == "airflow":
        return  # its base class has a status of its own, 500 whatever the cause
    response = _attribute(error, "response")
    statuses = [
        _attribute(response, "status_code"),
        *(_attribute(error, name) for name in ("status_code", "status", "code")),
    ]
    for status in statuses:
        if isinstance(status, int) and (code := http_code(int(status))):
            yield code


def _of_a_database(error: BaseException) -> Iterator[str]:
    for name in ("sqlstate", "pgcode"):
        if isinstance(value := _attribute(error, name), str) and len(value) == SQLSTATE_CHARACTERS:
            yield f"sqlstate:{value}"
    if isinstance(name := _attribute(error, "sqlite_errorname"), str):
        yield f"sqlite:{name}"
    if isinstance(name := _attribute(error, "error_name"), str):
        yield f"{_package(error)}:{name}"
    if full := _attribute(error.args[0] if error.args else None, "full_code"):
        yield f"oracle:{full}"
    vendor = _VENDORS.get(_package(error))
    numbers = (_attribute(error, "errno"), _attribute(error, "code"), *error.args[:1])
    number = next((each for each in numbers if isinstance(each, int) and not isinstance(each, bool)), None)
    if vendor and number is not None:
        yield f"{vendor}:{number}"


def _of_aws(error: BaseException) -> Iterator[str]:
    response = _attribute(error, "response")
    if not isinstance(response, dict):
        return
    if code := str(response.get("Error", {}).get("Code", "")):
        yield f"aws:{code}"
    if code := http_code(int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))) or "":
        yield code


def _of_other_clouds(error: BaseException) -> Iterator[str]:
    if isinstance(errors := _attribute(error, "errors"), list):
        yield from (f"google:{each['reason']}" for each in errors if isinstance(each, dict) and each.get("reason"))
    if _package(error) == "azure" and isinstance(code := _attribute(error, "error_code"), str):
        yield f"azure:{_attribute(code, 'value') or code}"


def _package(error: BaseException) -> str:
    return type(error).__module__.partition(".")[0].lstrip("_").lower()


_VENDORS = {
    "pymysql": "mysql",
    "mysqldb": "mysql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "asyncmy": "mysql",
    "aiomysql": "mysql",
    "snowflake": "snowflake",
    "clickhouse": "clickhouse",
    "clickhouse_driver": "clickhouse",
    "clickhouse_connect": "clickhouse",
    "pymssql": "mssql",
    "pymongo": "mongodb",
}


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as broken:  # noqa: BLE001 - a stranger's __str__ may do anything, and must not hide the failure
        return f"(its message cannot be shown: {type(broken).__name__})"


def _attribute(of: Any, name: str) -> Any:
    try:
        return getattr(of, name, None)
    except Exception:  # noqa: BLE001 - a stranger's property may do anything; what it would say is then not known
        return None


def _name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
