"""An API in a process of its own that costs its callers next to nothing: it answers every request with the same bytes.

Prints its port, and ends when its input does.
"""

import asyncio
import contextlib
import subprocess
import sys

__all__ = ["answering_server"]

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"id": 123}'


@contextlib.contextmanager
def answering_server():
    """Yield the URL of such a server."""
    command = [sys.executable, __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.stdin.close()


class Answers(asyncio.Protocol):
    def connection_made(self, transport):
        self._transport, self._received = transport, b""

    def data_received(self, data):
        *requests, self._received = (self._received + data).split(b"\r\n\r\n")
        self._transport.write(ANSWER * len(requests))


async def serve():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answers, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
