"""An API that does nothing but answer with the same JSON, so that what is measured is the client. Prints its port."""

import asyncio
import json

BODY = json.dumps({"id": 1, "items": [{"name": "x" * 20, "value": value} for value in range(6)]}).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
ANSWER = HEAD % len(BODY) + BODY


class Api(asyncio.Protocol):
    def connection_made(self, transport):
        self._transport, self._received = transport, b""

    def data_received(self, data):
        *requests, self._received = (self._received + data).split(b"\r\n\r\n")
        self._transport.write(ANSWER * len(requests))


async def main():
    server = await asyncio.get_running_loop().create_server(Api, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
