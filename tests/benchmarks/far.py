"""A user pool that is far away: on this machine, behind proxies that let every byte take its time.

The latency is the network's, not the server's: a client that opens a connection early, or sends two requests at once,
gains what it would gain on a real line. Issuer and domain have addresses of their own, as they have at AWS.
"""

import asyncio
import contextlib
import threading
from urllib.parse import urlsplit

from cognito_nb.local_pool import LocalUserPool

__all__ = ["FarPool", "Line"]


class FarPool(LocalUserPool):
    """A user pool whose two addresses are those of proxies."""

    issuer_origin = ""

    @property
    def issuer(self):
        return f"{self.issuer_origin or self.domain}/{self.user_pool_id}"

    @contextlib.contextmanager
    def at_a_distance(self, round_trip):
        """Listen, `round_trip` seconds away from everybody."""
        with self, Line(self.domain, round_trip) as domain, Line(self.domain, round_trip) as issuer:
            near = self.domain
            self.domain, self.issuer_origin = domain.url, issuer.url
            try:
                yield self
            finally:
                self.domain, self.issuer_origin = near, ""


class Line:
    """A TCP proxy on 127.0.0.1 that delays both directions by half a round trip, in a thread of its own.

    To connect costs a round trip too. The operating system answers the client's handshake at once, so the first bytes
    wait for as long as the handshake would have taken.
    """

    def __init__(self, url, round_trip):
        parts = urlsplit(url)
        self._scheme, self._target, self._round_trip = parts.scheme, (parts.hostname, parts.port), round_trip
        self._loop = asyncio.new_event_loop()
        self._open = set()  # asyncio alone would forget the task of a connection whose client has closed it
        self._thread = threading.Thread(target=self._loop.run_forever, name="line", daemon=True)

    def __enter__(self):
        self._thread.start()
        self._server = self._call(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.url = f"{self._scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *_):
        self._call(self._hang_up())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _hang_up(self):
        self._server.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _connected(self, reader, writer):
        open_at = self._loop.time() + self._round_trip
        self._open.add(task := asyncio.current_task())
        task.add_done_callback(self._open.discard)
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        try:
            await asyncio.gather(self._carry(reader, far_writer, open_at), self._carry(far_reader, writer, open_at))
        except* (OSError, asyncio.CancelledError):
            pass  # one side is gone, or the line is; the other side hears of it by what follows
        finally:
            writer.close()
            far_writer.close()

    async def _carry(self, reader, writer, open_at):
        """Carry one direction: chunks are on the line side by side, and stay in order."""
        on_the_line = asyncio.Queue()

        async def arrive():
            while True:
                due, chunk = await on_the_line.get()
                await asyncio.sleep(due - self._loop.time())
                if not chunk:
                    writer.write_eof()
                    return
                writer.write(chunk)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(arrive())
            chunk = b"?"
            while chunk:
                chunk = await reader.read(65536)
                on_the_line.put_nowait((max(self._loop.time(), open_at) + self._round_trip / 2, chunk))
