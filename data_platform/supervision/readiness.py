"""When the platform can be used: the webserver answers and has loaded the definitions.

Asked over GraphQL as anybody would. A definition that does not load is reported in one line; the
webserver shows all of it. A code server that does not answer yet says nothing about the definitions: it listens
once it has loaded them, or has failed to.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

_QUERY = """{ workspaceOrError { ... on Workspace { locationEntries {
  loadStatus locationOrLoadError { __typename ... on PythonError { message cause { message } } } } } } }"""
_ASK_EVERY_SECONDS = 0.2
_ANSWER_WITHIN_SECONDS = 5.0
_REPORT_UNREACHABLE_AFTER_SECONDS = 20.0
_LOADING, _UNREACHABLE = "", "unreachable"


def wait_until_ready(
    url: str, *, code_server_log: Path, give_up: Callable[[], bool], tell: Callable[[str], None]
) -> None:
    """Return when the definitions are loaded; meanwhile tell what keeps them from loading, each thing once."""
    started = time.monotonic()
    told = _LOADING
    while not give_up():
        error = _load_error(url)
        if error is None:
            return
        # Until the code server listens it is unreachable: true, and no news.
        waited = time.monotonic() - started
        expected = error == _UNREACHABLE and waited < _REPORT_UNREACHABLE_AFTER_SECONDS
        if error not in {_LOADING, told} and not expected:
            slow = f"the code server is still starting after {waited:.0f} s, its log is {code_server_log}"
            tell(slow if error == _UNREACHABLE else f"the definitions do not load: {error}")
            told = error
        time.sleep(_ASK_EVERY_SECONDS)


def _load_error(url: str) -> str | None:
    """None when all is loaded, `_LOADING`, `_UNREACHABLE`, else the error's first line."""
    request = urllib.request.Request(  # noqa: S310 - our own webserver
        f"{url}/graphql", json.dumps({"query": _QUERY}).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=_ANSWER_WITHIN_SECONDS) as response:  # noqa: S310 - as above
            entries = json.load(response)["data"]["workspaceOrError"]["locationEntries"]
    except (OSError, ValueError, KeyError, TypeError):
        return _LOADING  # it is starting: no answer yet, or one without data
    for entry in entries:
        loaded = entry["locationOrLoadError"] or {}
        if loaded.get("__typename") == "PythonError":
            if "DagsterUserCodeUnreachableError" in loaded["message"]:
                return _UNREACHABLE
            innermost = loaded.get("cause") or loaded
            return str(innermost["message"]).strip().partition("\n")[0]
        if entry["loadStatus"] != "LOADED" or not loaded:
            return _LOADING
    return None if entries else _LOADING
