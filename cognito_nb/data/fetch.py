"""Fetch: many signed requests, their answers in the order of the questions.

All network work runs on an event loop in a thread of its own, so the synchronous form works where an event loop runs
already, as in every notebook. URLs are taken in the caller's thread, and only as many as there is room for.

An interrupt loses nothing: what changes the state is a single step of C code or of bytecode, and those are not broken
into. A URL is taken and stored by one `deque.extend`; an answer is removed by a `del` with no call after it.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import weakref
from collections import deque
from collections.abc import Sized
from itertools import count, islice
from types import GeneratorType
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from ..errors import NotSignedInError, SessionExpiredError
from ..tokens.background import Background
from .progress import progress_bar
from .runner import Runner, running_loop

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType
    from typing import Self

    import httpx

    from .runner import Answer, Place, Slot
    from .sender import Asked, Sender

__all__ = ["HELD", "AsyncFetch", "Fetch", "OnError"]

OnError: TypeAlias = Literal["raise", "return"]

HELD = 4  # times the concurrency: requests and answers that were not given yet
_STEP = 0.2  # seconds; on Windows an interrupt is only seen between waits
_OVER = (NotSignedInError, SessionExpiredError)  # no further request can succeed


class _Fetching:
    """What both forms share; it belongs to one thread or task at a time.

    Parameters
    ----------
    asked : iterable of str or httpx.Request
        What to ask for; may be endless.
    sender : Sender
        Sends one request; its coroutines run on this object's own loop.
    held : int
        Most requests and answers that were not given yet.
    on_error : {"raise", "return"}
        What becomes of a request that failed.
    progress : bool
        Whether to show a bar.
    """

    def __init__(
        self, asked: Iterable[Asked], sender: Sender, *, held: int, on_error: OnError = "raise", progress: bool = False
    ) -> None:
        if on_error not in ("raise", "return"):
            message = f'on_error must be "raise" or "return", not {on_error!r}'
            raise ValueError(message)
        if isinstance(asked, str):
            raise TypeError("this takes many URLs: put a single one in a list")
        self._total = len(asked) if isinstance(asked, Sized) else None
        self._source: Iterator[Slot] = zip(count(), iter(concurrent.futures.Future, None), asked, strict=False)
        self._source_error: Exception | None = None
        self._is_generator = isinstance(asked, GeneratorType)
        self._slots: deque[Slot] = deque()
        self._held = held
        self._begun = -1
        self._given = 0
        self._raises = on_error == "raise"
        self._bar = progress_bar(self._total) if progress else None
        self._runner = Runner(sender)
        self._process = os.getpid()
        background = Background(sender.aclose)
        self._stop = weakref.finalize(self, background.stop)
        self._loop = background.run(running_loop())

    def __repr__(self) -> str:
        total = "" if self._total is None else f" of {self._total}"
        return f"<{type(self).__name__}: {self._given}{total} given, {len(self._slots)} under way or waiting>"

    def _fill(self) -> Place | None:
        """Begin what there is room for; return where the next answer will be, or None at the end.

        One more is begun each time, and further ones as long as the caller would have to wait anyway: a source that is
        slow does not hold back what is there.
        """
        if os.getpid() != self._process:
            raise NotSignedInError("A fetch cannot go on in a forked process.", hint="Take its answers in the parent.")
        if not self._stop.alive:
            return None
        self._begin()
        while (before := len(self._slots)) < self._held:
            self._pull()
            if len(self._slots) == before:
                break
            self._begin()
            if self._slots[0][1].done():
                break
        if self._slots:
            return self._slots[0][1]
        if self._source_error is not None:
            raise self._source_error
        return None

    def _pull(self) -> None:
        if self._source_error is not None:
            return
        try:
            self._slots.extend(islice(self._source, 1))
        except Exception as error:
            if not self._slots:
                raise
            self._source_error = error  # its turn is when all that was asked for before has been given
        except BaseException:
            if self._is_generator:  # it will give no more, which must not look like the end
                self._source_error = RuntimeError("an interrupt has ended the generator that the URLs came from")
            raise

    def _begin(self) -> None:
        """Hand on the newest request; if an interrupt came in between, once more, which does nothing."""
        if not self._slots or self._slots[-1][0] == self._begun:
            return
        self._runner.queue.append(self._slots[-1])
        if self._runner.has_room():
            self._loop.call_soon_threadsafe(self._runner.go)
        self._begun = self._slots[-1][0]

    def _take(self, place: Place) -> httpx.Response | None:
        """Return an answer, or raise it; None if the fetch was closed meanwhile.

        Only those who ask for it get exceptions returned, so the type does not trouble the others with them.
        """
        answer = None if place.cancelled() else place.result()
        if answer is None:
            return None
        if self._bar is not None:
            self._bar.update()
        self._note(answer)
        error = answer if isinstance(answer, Exception) and (self._raises or isinstance(answer, _OVER)) else None
        self._given += 1
        del self._slots[0]  # and no call after it
        if error is not None:
            raise error
        return cast("httpx.Response", answer)

    def _note(self, answer: Answer) -> None:
        """Hear of an answer before it is given; twice, if an interrupt came in between."""

    def _forget(self) -> None:
        for _, place, _ in self._slots:
            place.cancel()
        self._slots.clear()
        if self._bar is not None:
            self._bar.close()


class Fetch(_Fetching):
    """Iterator over answers; a context manager too, and `close` ends it early."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> httpx.Response:
        place = self._fill()
        while place is not None and not place.done():
            with contextlib.suppress(TimeoutError, concurrent.futures.CancelledError):
                place.result(_STEP)
        answer = None if place is None else self._take(place)
        if answer is None:
            self.close()
            raise StopIteration
        return answer

    def close(self) -> None:
        """Give up what is under way, and close the connections."""
        self._stop()
        self._forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncFetch(_Fetching):
    """The same for ``async for``; after a cancelled wait it goes on where it was."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> httpx.Response:
        place = self._fill()
        if place is not None and not place.done():
            await _done(place)
        answer = None if place is None else self._take(place)
        if answer is None:
            await self.aclose()
            raise StopAsyncIteration
        return answer

    async def aclose(self) -> None:
        """Give up what is under way, and close the connections."""
        await asyncio.to_thread(self._stop)  # it waits for the thread to end
        self._forget()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


async def _done(place: Place) -> None:
    """Wait for an answer without a bond to it: `asyncio.wrap_future` would cancel it along with the waiting task."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def wake(_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the waiting loop is closed by now
            loop.call_soon_threadsafe(done.set)

    place.add_done_callback(wake)
    await done.wait()
