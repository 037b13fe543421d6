"""HTTP by hand: requests byte for byte, on sockets that a test may also leave open."""

import socket


def connect(port, address="127.0.0.1"):
    connection = socket.create_connection((address, port), 5)
    connection.settimeout(5)
    return connection


def send(port, head, address="127.0.0.1"):
    """Send bytes; returns all that comes back before the connection ends."""
    with connect(port, address) as connection:
        connection.sendall(head)
        return read(connection)


def read(connection):
    answer = b""
    try:
        while part := connection.recv(65536):
            answer += part
    except ConnectionResetError:  # it did not care to read all
        pass
    return answer


def request(port, target="/", *, method="GET", host=None, fields=(), address="127.0.0.1"):
    """Send one request; returns status, head and body."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host or f'localhost:{port}'}", *fields, "", ""]
    head, _, body = send(port, "\r\n".join(lines).encode(), address).partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode(), body.decode()


def is_open(port):
    """Tell whether anybody listens there."""
    try:
        connect(port).close()
    except ConnectionRefusedError:
        return False
    return True
