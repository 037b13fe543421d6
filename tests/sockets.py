"""Ports that nobody uses."""

import contextlib
import socket


def free_ports(number):
    """Return ports of 127.0.0.1 that are free right now, all different."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
