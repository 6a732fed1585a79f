"""The demo's weather API: hourly observations as paginated JSON on loopback, with ETags, and with faults on demand.

    python -m data_platform.demo.weather_api --port 3334

GET /weather?until=2013-12-31&page=2 · GET /health · GET, POST and DELETE /admin/faults. Standard library only: it has
to be up in well under a second.
"""

import argparse
import contextlib
import hashlib
import json
import signal
import socketserver
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import date
from http.server import BaseHTTPRequestHandler
from typing import Self
from urllib.parse import parse_qs, urlsplit

from data_platform.demo.weather_faults import DOCUMENT_FAULTS, Fault
from data_platform.demo.weather_pages import PAGE_SIZE_ROWS, Document, WeatherPages

HOST = "127.0.0.1"
_LARGEST_FAULT_BYTES = 10_000


class WeatherApi:
    """The server. As a context manager it serves from a thread; `url` is the endpoint's address.

    Attributes:
        requests: path and status of each request so far, for tests.
    """

    def __init__(self, port: int = 0, *, faults: Sequence[Fault] = (), page_size_rows: int = PAGE_SIZE_ROWS) -> None:
        self.pages = WeatherPages(page_size_rows)
        self.requests: list[tuple[str, int]] = []
        self.stopping = threading.Event()
        self._faults = [(fault, fault.times) for fault in faults]
        self._lock = threading.Lock()
        self._server = _Server((HOST, port), _Handler)
        self._server.api = self

    @property
    def address(self) -> str:
        """Where the server listens, as `http://host:port`."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The address of the weather endpoint."""
        return f"{self.address}/weather"

    @property
    def faults(self) -> list[Fault]:
        """The faults still to come."""
        with self._lock:
            return [fault for fault, _ in self._faults]

    def add_fault(self, fault: Fault) -> None:
        """Let `fault` happen from now on."""
        with self._lock:
            self._faults.append((fault, fault.times))

    def clear_faults(self) -> None:
        """Answer rightly from now on."""
        with self._lock:
            self._faults.clear()

    def take_fault(self, page: int) -> Fault | None:
        """The fault that is due on `page`, which then is used up once."""
        with self._lock:
            for position, (fault, left) in enumerate(self._faults):
                if fault.page in (None, page):
                    self._faults[position : position + 1] = [(fault, left - 1)] if left > 1 else []
                    return fault
        return None

    def serve_forever(self) -> None:
        """Serve until `stop`."""
        self._server.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """End the server and every answer that stalls."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, name="weather-api", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(socketserver.ThreadingTCPServer):
    # Not http.server.HTTPServer: it asks the name service for this machine's name.
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    api: WeatherApi

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up in the middle is no event; anything else is."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type] # narrower there


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30
    server: _Server

    def do_GET(self) -> None:
        """Answer a page, the health or the faults."""
        parts = urlsplit(self.path)
        if parts.path == "/weather":
            self._weather(parse_qs(parts.query))
        elif parts.path == "/health":
            self._send_json(200, {"status": "ok"})
        elif parts.path == "/admin/faults":
            self._send_json(200, [vars(fault) for fault in self.server.api.faults])
        else:
            self._send_json(404, {"error": f"there is no {parts.path}"})

    def do_POST(self) -> None:
        """Add a fault. The content type keeps a web page from doing it through a visitor's browser."""
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/admin/faults" or self.headers.get_content_type() != "application/json":
            self._send_json(404, {"error": "POST a fault as application/json to /admin/faults"}, close=True)
        elif length > _LARGEST_FAULT_BYTES:
            self._send_json(413, {"error": "too large"}, close=True)
        else:
            try:
                self.server.api.add_fault(Fault.from_json(json.loads(self.rfile.read(length))))
            except ValueError as error:
                self._send_json(400, {"error": str(error)})
            else:
                self._send_json(201, {"status": "added"})

    def do_DELETE(self) -> None:
        """Clear the faults."""
        if self.path == "/admin/faults":
            self.server.api.clear_faults()
            self._send_json(200, {"status": "cleared"})
        else:
            self._send_json(404, {"error": "DELETE /admin/faults"})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Requests are not logged: the platform's own log says what it asked for."""

    def _weather(self, query: dict[str, list[str]]) -> None:
        api = self.server.api
        try:
            page = max(1, int(query.get("page", ["1"])[0]))
            until = date.fromisoformat(query["until"][0]) if "until" in query else None
        except ValueError as error:
            self._send_json(400, {"error": str(error)})
            return
        fault = api.take_fault(page)
        document = api.pages.document(page, until)
        if fault is None:
            self._send_page(document)
        elif fault.kind in DOCUMENT_FAULTS:
            self._send_page(DOCUMENT_FAULTS[fault.kind](document, self.path))
        else:
            self._fail(fault, json.dumps(document).encode())

    def _fail(self, fault: Fault, body: bytes) -> None:
        if fault.kind == "status":
            after = fault.retry_after_seconds
            self._send_json(
                fault.status, {"error": "as asked for"}, {} if after is None else {"Retry-After": f"{after:g}"}
            )
        elif fault.kind == "garbage":
            self._send(200, b'{"data": [{"origin": "EWR", ', {"Content-Type": "application/json"})
        elif fault.kind == "twin":
            twins = body.replace(b'"temp":', b'"temp": 1.0, "temp":', 1)
            self._send(200, twins, {"Content-Type": "application/json"})
        elif fault.kind == "html":
            self._send(200, b"<!doctype html><title>Sign in</title>", {"Content-Type": "text/html; charset=utf-8"})
        elif fault.kind == "cut":
            self._send(200, body[: len(body) // 2], {"Content-Length": str(len(body))}, close=True)
        elif fault.kind == "drip":
            self._send(200, body[:1], {"Content-Length": str(len(body))}, close=True)
            for position in range(1, int(fault.seconds * 10)):
                if self.server.api.stopping.wait(0.1):
                    return
                self.wfile.write(body[position : position + 1])
        else:
            self.server.api.requests.append((self.path, 0))
            self.server.api.stopping.wait(fault.seconds)
            self.close_connection = True

    def _send_page(self, document: Document) -> None:
        body = json.dumps(document, separators=(",", ":")).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        if etag in self.headers.get("If-None-Match", ""):
            self._send(304, b"", {"ETag": etag})
        else:
            self._send(200, body, {"Content-Type": "application/json", "ETag": etag})

    def _send_json(
        self, status: int, document: object, headers: dict[str, str] | None = None, *, close: bool = False
    ) -> None:
        headers = {"Content-Type": "application/json", **(headers or {})}
        self._send(status, json.dumps(document).encode(), headers, close=close)

    def _send(self, status: int, body: bytes, headers: dict[str, str], *, close: bool = False) -> None:
        self.server.api.requests.append((self.path, status))
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        if close:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    def end(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    with contextlib.suppress(KeyboardInterrupt):
        yield


def main() -> int:
    """Serve until interrupted or terminated."""
    parser = argparse.ArgumentParser(prog="python -m data_platform.demo.weather_api", description="The weather API.")
    parser.add_argument("--port", type=int, default=3334)
    port = parser.parse_args().port
    try:
        api = WeatherApi(port)
    except OSError as error:
        print(f"weather API: cannot listen on {HOST}:{port}: {error.strerror}", file=sys.stderr)  # noqa: T201 - to whoever started it
        return 1
    with _ended_by_sigterm():
        print(f"weather API: {api.url}", flush=True)  # noqa: T201 - the one line a person starting it needs
        api.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
