"""A real HTTP server on loopback that answers as one experiment wants: request by request, or until some time."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    """One answer.

    Attributes:
        announced: how many bytes it says it will send, where that is a lie.
        stall_seconds: how long it sends nothing before it answers.
        hang_up: whether it closes the connection without a word.
        etag: of what it sends; who has that already is answered 304.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    announced: int | None = None
    stall_seconds: float = 0.0
    hang_up: bool = False
    etag: str = ""


class Served:
    """The server of one experiment; `requests` are the paths that were asked for."""

    def __init__(self, answer: Callable[[int, str], Answer], port: int = 0) -> None:
        self.requests: list[str] = []
        self.stopping = threading.Event()
        served = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 30

            def do_GET(self) -> None:
                served.requests.append(self.path)
                self._send(answer(len(served.requests), self.path))

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
                """Requests are not logged."""

            def _send(self, given: Answer) -> None:
                if given.stall_seconds and served.stopping.wait(given.stall_seconds):
                    return
                self.close_connection = True
                if given.hang_up:
                    return
                if given.etag and self.headers.get("If-None-Match") == given.etag:
                    given = Answer(304)
                self.send_response(given.status)
                size = len(given.body) if given.announced is None else given.announced
                validator = {"ETag": given.etag} if given.etag else {}
                for name, value in ({"Content-Length": str(size)} | given.headers | validator).items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(ConnectionError):  # whoever asked has gone
                    self.wfile.write(given.body)

        self.server = _Server(("127.0.0.1", port), Handler)

    @property
    def address(self) -> str:
        """Where it listens, as `http://host:port`."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def server_bind(self) -> None:
        """Bind without asking the name service for this machine's name."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no event."""


@contextmanager
def serving(answer: Callable[[int, str], Answer], port: int = 0) -> Iterator[Served]:
    """Serve within the block; `answer` is given the request's number, from 1, and its path."""
    served = Served(answer, port)
    thread = threading.Thread(target=served.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.stopping.set()
        served.server.shutdown()
        served.server.server_close()
