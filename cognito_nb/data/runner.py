"""Runner: the part of a fetch that lives on the event loop. It knows nothing of the iterator, which may be dropped."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from .sender import Asked, Sender

__all__ = ["Answer", "Place", "Runner", "Slot", "running_loop"]

Answer: TypeAlias = "httpx.Response | Exception"
Slot: TypeAlias = "tuple[int, Place, Asked]"


class Place:
    """Where an answer will be.

    No `concurrent.futures.Future`: an interrupt of the thread that waits could leave its lock taken for good. A caller
    that has to wait sets `wake`, and then looks whether the answer has come: it is there before anybody is woken.
    """

    __slots__ = ("answer", "has_answer", "is_begun", "wake")

    def __init__(self) -> None:
        self.answer: Answer | None = None  # once there is an answer, None means that there is none
        self.has_answer = self.is_begun = False
        self.wake: Callable[[], object] | None = None

    def put(self, answer: Answer | None) -> None:
        """Put the answer there, unless there is one."""
        if not self.has_answer:
            self.answer = answer
            self.has_answer = True

    def tell(self) -> None:
        """Wake who waits for the answer."""
        if self.wake is not None:
            with contextlib.suppress(RuntimeError):  # awake already, or its loop is closed by now
                self.wake()


class Runner:
    """Sends what stands in `queue`, as many at once as the sender allows.

    Another thread appends to `queue` and then, if `has_room`, has the loop call `go`. Waking the loop takes a system
    call, so while all is busy nobody does: who is done with one request looks into the queue itself.
    """

    def __init__(self, sender: Sender) -> None:
        self.queue: deque[Slot] = deque()
        self._sender = sender
        self._workers: set[asyncio.Task[None]] = set()

    def has_room(self) -> bool:
        """Tell whether another request may be under way; from any thread."""
        return len(self._workers) < self._sender.concurrency

    def go(self) -> None:
        """Begin what there is room for."""
        for _ in range(min(len(self.queue), self._sender.concurrency - len(self._workers))):
            worker = asyncio.get_running_loop().create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._leave)

    async def _work(self) -> None:
        while self.queue:
            number, place, asked = self.queue.popleft()
            if place.is_begun or place.has_answer:
                continue  # it stood there twice, or nobody wants it any more
            place.is_begun = True
            answer: Answer | None = None
            try:
                answer = await self._sender.send(number, asked)
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets it in its place
                error.__context__ = error.__cause__ = None  # frames hold tokens, and %xmode Verbose prints locals
                answer = error.with_traceback(None)
            finally:
                self._put(place, answer)

    def _leave(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        if not worker.cancelled():
            self.go()  # the other thread may have seen no room a moment ago

    def _put(self, place: Place, answer: Answer | None) -> None:
        """Wake the caller's thread after the turn of the loop, so that it finds all of its answers and wakes once."""
        place.put(answer)
        if place.wake is not None:  # else the caller will see the answer before it waits
            asyncio.get_running_loop().call_soon(place.tell)


async def running_loop() -> asyncio.AbstractEventLoop:
    """Return the loop that this runs on."""
    return asyncio.get_running_loop()
