"""Fetch: many signed requests, their answers in the order of the questions.

All network work runs on an event loop in a thread of its own, so the synchronous form works where an event loop runs
already, as in every notebook. URLs are taken in the caller's thread, and only as many as there is room for.

An interrupt loses nothing: what changes the state is a single step of C code or of bytecode, and those are not broken
into. A URL is taken and stored by one `deque.extend`; an answer is removed by a `del`, and returned with no call in
between, as Python handles signals in calls and loops only. Nor does it leave a lock taken: see `tokens.background`.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections import deque
from collections.abc import Sized
from itertools import count, islice
from types import GeneratorType
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from ..errors import NotSignedInError, SessionExpiredError
from ..tokens.background import Background
from .progress import progress_bar
from .runner import Place, Runner, running_loop

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CodeType, TracebackType
    from typing import Self

    import httpx

    from .runner import Answer, Slot
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
        self._source: Iterator[Slot] = zip(count(), iter(Place, None), asked, strict=False)
        self._source_error: Exception | None = None
        self._generator: CodeType | None = asked.gi_code if isinstance(asked, GeneratorType) else None
        self._slots: deque[Slot] = deque()
        self._held = held
        self._begun = -1
        self._given = 0
        self._raises = on_error == "raise"
        self._bar = progress_bar(self._total) if progress else None
        self._runner = Runner(sender)
        self._process = os.getpid()
        self._is_closed = False
        self._background = Background(sender.aclose)
        self._at_end = weakref.finalize(self, self._background.stop)
        self._loop = self._background.run(running_loop())

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
        if self._is_closed:
            return None
        self._begin()
        while (before := len(self._slots)) < self._held:
            self._pull()
            if len(self._slots) == before:
                break
            self._begin()
            if self._slots[0][1].has_answer:
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
        except BaseException as interrupt:
            inner = interrupt.__traceback__ and interrupt.__traceback__.tb_next
            if inner and inner.tb_frame.f_code is self._generator:  # it will give no more, which is not the end
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

    def _look(self, place: Place | None) -> tuple[httpx.Response | None, Exception | None]:
        """Return the next answer, or the error to raise; neither at the end, or if the fetch was closed meanwhile.

        Only those who ask for it get exceptions returned, so the type does not trouble the others with them.
        """
        answer = None if place is None else place.answer
        if answer is None:
            return None, None
        if self._bar is not None:
            self._bar.update()
        self._note(answer)
        if isinstance(answer, Exception) and (self._raises or isinstance(answer, _OVER)):
            return None, answer
        return cast("httpx.Response", answer), None

    def _note(self, answer: Answer) -> None:
        """Hear of an answer before it is given; twice, if an interrupt came in between."""

    def _forget(self) -> None:
        for _, place, _ in self._slots:
            place.put(None)
            place.tell()
        self._slots.clear()
        if self._bar is not None:
            self._bar.close()


class Fetch(_Fetching):
    """Iterator over answers; a context manager too, and `close` ends it early."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> httpx.Response:
        place = self._fill()
        if place is not None and not place.has_answer:
            _wait(place)
        answer, error = self._look(place)
        if answer is None and error is None:
            self.close()
            raise StopIteration
        self._given += 1
        del self._slots[0]  # from here on no call
        if error is not None:
            raise error
        return answer  # type: ignore[return-value]

    def close(self) -> None:
        """Give up what is under way, and close the connections."""
        self._is_closed = True
        self._background.stop()
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
        if place is not None and not place.has_answer:
            await _await(place)
        answer, error = self._look(place)
        if answer is None and error is None:
            await self.aclose()
            raise StopAsyncIteration
        self._given += 1
        del self._slots[0]  # from here on no call
        if error is not None:
            raise error
        return answer  # type: ignore[return-value]

    async def aclose(self) -> None:
        """Give up what is under way, and close the connections."""
        self._is_closed = True
        await asyncio.to_thread(self._background.stop)  # it waits for the thread to end
        self._forget()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


def _wait(place: Place) -> None:
    told = threading.Lock()
    told.acquire()
    place.wake = told.release
    while not place.has_answer:
        told.acquire(timeout=_STEP)


async def _await(place: Place) -> None:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    place.wake = lambda: loop.call_soon_threadsafe(told.set)
    if not place.has_answer:
        await told.wait()
