"""A free TCP port on loopback. Every server of the tests listens on one and on nothing else."""

import socket
import time


def free_ports(count: int) -> tuple[int, ...]:
    """Finds `count` different ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return tuple(each.getsockname()[1] for each in sockets)
    finally:
        for each in sockets:
            each.close()


def wait_for_port(port: int, *, timeout_seconds: float = 30.0) -> None:
    """Waits until somebody accepts connections on `port`."""
    end = time.monotonic() + timeout_seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return
