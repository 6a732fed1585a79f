"""When the platform can be used, by what a webserver answers over HTTP: each thing that is in the way is told once."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from data_platform.supervision import readiness
from data_platform.supervision.readiness import wait_until_ready


def entry(status: str, location: object) -> dict[str, object]:
    entries = [{"loadStatus": status, "locationOrLoadError": location}]
    return {"data": {"workspaceOrError": {"locationEntries": entries}}}


LOADED = entry("LOADED", {"__typename": "RepositoryLocation"})
BROKEN = entry("LOADED", {"__typename": "PythonError", "message": "wrapped", "cause": {"message": "no module x\nat"}})

UNREACHABLE = entry(
    "LOADED",
    {
        "__typename": "PythonError",
        "message": "dagster._core.errors.DagsterUserCodeUnreachableError: Could not reach user code server.",
        "cause": {"message": "grpc._channel._InactiveRpcError: Connection refused"},
    },
)


@contextmanager
def webserver(answers: Sequence[object]) -> Iterator[str]:
    """Answers so, one after the other; at last always the last."""
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.dumps(left.pop(0) if len(left) > 1 else left[0]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Requests are not logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def told_by(*answers: object) -> list[str]:
    told: list[str] = []
    with webserver(answers) as url:
        wait_until_ready(url, give_up=lambda: False, tell=told.append, code_server_log=Path("the.log"))
    return told


def test_an_answer_without_data_is_of_a_webserver_that_starts() -> None:
    assert told_by({"errors": [{"message": "not yet"}], "data": None}, entry("LOADING", None), LOADED) == []


def test_a_definition_that_does_not_load_is_told_once_in_one_line() -> None:
    assert told_by(BROKEN, BROKEN, LOADED) == ["the definitions do not load: no module x"]


def test_a_code_server_that_is_slow_to_start_is_not_called_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told_by(UNREACHABLE, LOADED) == []
    monkeypatch.setattr(readiness, "_REPORT_UNREACHABLE_AFTER_SECONDS", 0.0)
    assert told_by(UNREACHABLE, UNREACHABLE, BROKEN, LOADED) == [
        "the code server is still starting after 0 s, its log is the.log",
        "the definitions do not load: no module x",
    ]
