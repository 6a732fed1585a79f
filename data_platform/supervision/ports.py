"""Ports of the loopback interface: whether one is free, and a free one."""

import socket

from data_platform.supervision.errors import SupervisionError

LOOPBACK = "127.0.0.1"


def port_is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen()
        except OSError:
            return False
    return True


def require_free_port(port: int, what: str, variable: str) -> None:
    """Refuse a port that is in use.

    Raises:
        SupervisionError: it is in use; names what wants it and the variable that chooses another.
    """
    if not port_is_free(port):
        raise SupervisionError(f"port {port} for the {what} is in use: stop what uses it, or set {variable} to another")


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
