"""One thread with an event loop, on which all network work of a session runs.

Sync and async callers share it, so there is one HTTP client, one warm connection and one refresh for all of them; the
caller's own event loop is never blocked, and a blocked main thread stays interruptible.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import functools
import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import NotSignedInError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

__all__ = ["Background"]

T = TypeVar("T")
_STEP = 0.2  # seconds; on Windows an interrupt is only seen between waits
_CLEAN_UP = 3.0  # seconds that a cancelled coroutine has to tidy up


class Background:
    """A daemon thread that runs coroutines; it starts with the first one.

    Parameters
    ----------
    at_end : callable
        Makes the coroutine that tidies up on the loop when it is stopped.
    """

    def __init__(self, at_end: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._at_end = at_end
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._process = os.getpid()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Start a coroutine on the loop.

        Raises
        ------
        NotSignedInError
            After `stop`, which also ends what still runs; and in a forked child: the thread, the connections and the
            refresh token's turn stay with the parent.
        """
        return self._start(coroutine, threading.Event())

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine and wait for it; an interrupt cancels it, lets it tidy up, and is raised again."""
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise RuntimeError("a callback on the session's own thread cannot wait for it: use another thread")
        tidied = threading.Event()
        future = self._start(coroutine, tidied)
        try:
            while not concurrent.futures.wait((future,), timeout=_STEP).done:
                pass
        except BaseException:
            future.cancel()
            tidied.wait(_CLEAN_UP)
            raise
        return future.result()

    async def arun(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine and await it on the caller's own event loop; cancellation is passed on."""
        return await asyncio.wrap_future(self.submit(coroutine))

    def drive(self, steps: Generator[Coroutine[Any, Any, Any], Any, T]) -> T:
        """Run a generator that yields coroutines, blocking for each: the synchronous face of a shared core."""
        with contextlib.closing(steps):
            try:
                coroutine = next(steps)
                while True:
                    try:
                        result = self.run(coroutine)
                    except BaseException as error:  # noqa: BLE001 - the generator decides
                        coroutine = steps.throw(error)
                    else:
                        coroutine = steps.send(result)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]

    async def adrive(self, steps: Generator[Coroutine[Any, Any, Any], Any, T]) -> T:
        """Run the same generator from an event loop, without blocking it."""
        with contextlib.closing(steps):
            try:
                coroutine = next(steps)
                while True:
                    try:
                        result = await self.arun(coroutine)
                    except BaseException as error:  # noqa: BLE001 - the generator decides
                        coroutine = steps.throw(error)
                    else:
                        coroutine = steps.send(result)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]

    def stop(self) -> None:
        """End the thread for good; what still runs is cancelled, and its callers get a NotSignedInError."""
        if os.getpid() != self._process:
            return
        with self._lock:
            self._stopped = True
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is None or thread is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        if thread is not threading.current_thread():
            thread.join(_CLEAN_UP)

    def stop_later(self) -> None:
        """End the thread in a moment, once whoever waits has got an answer; for a session that ended by itself."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._loop.call_later, _CLEAN_UP, self.stop)

    def _start(self, coroutine: Coroutine[Any, Any, T], tidied: threading.Event) -> concurrent.futures.Future[T]:
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        if os.getpid() != self._process:
            coroutine.close()
            raise NotSignedInError(
                "A session cannot be used in a forked process.",
                hint="Make the calls in the parent, or sign in again in the child.",
            )
        with self._lock:  # queued before or refused after the end of the loop, never lost on it
            if not self._stopped:
                loop = self._running_loop()
                loop.call_soon_threadsafe(_begin, loop, coroutine, future, tidied)
                return future
        coroutine.close()
        raise _closed()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._serve, args=(self._loop,), name="cognito_nb", daemon=True)
            self._thread.start()
        return self._loop

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        with contextlib.closing(loop):
            try:
                loop.run_forever()
            finally:
                loop.run_until_complete(self._wind_up())
                loop.run_until_complete(loop.shutdown_asyncgens())

    async def _wind_up(self) -> None:
        tidying = {task for task in asyncio.all_tasks() if task.cancelling()}
        if tidying:  # left to it, with the tasks that it has started for it
            await asyncio.wait(tidying, timeout=_CLEAN_UP / 2)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._at_end()


def _begin(
    loop: asyncio.AbstractEventLoop,
    coroutine: Coroutine[Any, Any, T],
    future: concurrent.futures.Future[T],
    tidied: threading.Event,
) -> None:
    """Run a coroutine as a task; `asyncio.run_coroutine_threadsafe` does not tell when a cancelled one has ended."""
    task = loop.create_task(coroutine)
    task.add_done_callback(functools.partial(_settle, future, tidied))

    def pass_on(future: concurrent.futures.Future[T]) -> None:
        if future.cancelled():
            with contextlib.suppress(RuntimeError):  # the loop is closed, and the task has ended with it
                loop.call_soon_threadsafe(task.cancel)

    future.add_done_callback(pass_on)


def _settle(future: concurrent.futures.Future[T], tidied: threading.Event, task: asyncio.Task[T]) -> None:
    """Give the task's outcome to its future; a task that ends cancelled, unasked, was ended by `Background.stop`."""
    tidied.set()
    error = _closed() if task.cancelled() else task.exception()
    if not future.set_running_or_notify_cancel():
        return
    if error is None:
        future.set_result(task.result())
        return
    if isinstance(error, Exception):  # its frames hold forms and tokens, and %xmode Verbose prints locals
        error.__context__ = error.__cause__ = None
        error = error.with_traceback(None)
    future.set_exception(error)


def _closed() -> NotSignedInError:
    return NotSignedInError("This session is closed.", hint="Run %cognito_login.")
