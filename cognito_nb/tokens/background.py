"""One thread with an event loop, on which all network work of a session runs.

Sync and async callers share it, so there is one HTTP client, one warm connection and one refresh for all of them; the
caller's own event loop is never blocked, and a blocked main thread stays interruptible.

An interrupt may break into any Python code of the main thread, also between taking a lock and noting that it is taken:
`threading.Condition`, and with it events and `concurrent.futures.Future`, then stay locked for good. So whoever may be
interrupted waits for bare locks only, which are taken and given back in a single step.
"""

from __future__ import annotations

import _thread
import asyncio
import concurrent.futures
import contextlib
import os
import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar

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
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        call = _Call(coroutine, lambda call: _settle(future, call))
        future.add_done_callback(lambda future: self._cancel(call) if future.cancelled() else None)
        self._start(call)
        return future

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine and wait for it; an interrupt cancels it, lets it tidy up, and is raised again."""
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise RuntimeError("a callback on the session's own thread cannot wait for it: use another thread")
        ended = _taken_lock()
        call = _Call(coroutine, lambda _: ended.release())
        try:
            self._start(call)
            while not ended.acquire(timeout=_STEP):
                pass
        except BaseException:
            self._cancel(call)
            if not call.has_ended:
                ended.acquire(timeout=_CLEAN_UP)
            raise
        return call.result()

    async def arun(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine and await it on the caller's own event loop; cancellation is passed on."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()

        def wake(_: object) -> None:
            with contextlib.suppress(RuntimeError):  # the waiting loop is closed by now
                loop.call_soon_threadsafe(ended.set)

        call = _Call(coroutine, wake)
        try:
            self._start(call)
            await ended.wait()
        except BaseException:
            self._cancel(call)
            raise
        return call.result()

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
            loop, thread = self._loop, self._thread
            if loop is None or thread is None:
                return
            with contextlib.suppress(RuntimeError):  # it was told, by a call that was interrupted, and is closed by now
                loop.call_soon_threadsafe(loop.stop)
            self._loop = self._thread = None
        if thread is not threading.current_thread():
            thread.join(_CLEAN_UP)

    def stop_later(self) -> None:
        """End the thread in a moment, once whoever waits has got an answer; for a session that ended by itself."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._loop.call_later, _CLEAN_UP, self.stop)

    def _start(self, call: _Call[T]) -> None:
        if os.getpid() != self._process:
            call.drop()
            raise NotSignedInError(
                "A session cannot be used in a forked process.",
                hint="Make the calls in the parent, or sign in again in the child.",
            )
        if self._loop is None:
            self._open()
        with self._lock:  # queued before or refused after the end of the loop, never lost on it
            if self._loop is not None and not self._stopped:
                call.is_queued = True
                self._loop.call_soon_threadsafe(call.begin)
                return
        call.drop()
        raise _closed()

    def _cancel(self, call: _Call[T]) -> None:
        if call.has_ended:
            return
        with self._lock:
            if self._loop is not None:
                with contextlib.suppress(RuntimeError):  # the loop is closed, and the task has ended with it
                    self._loop.call_soon_threadsafe(call.cancel)
                return
        if not call.is_queued:
            call.drop()

    def _open(self) -> None:
        """Start the thread from another one that no interrupt reaches: `Thread.start` waits for an event."""
        opened, errors = _taken_lock(), list[BaseException]()
        thread = threading.Thread(target=self._serve, args=(opened, errors), name="cognito_nb", daemon=True)

        def start() -> None:
            try:
                thread.start()
            except BaseException as error:  # noqa: BLE001 - whoever waits gets it
                errors.append(error)
                opened.release()

        _thread.start_new_thread(start, ())
        while not opened.acquire(timeout=_STEP):
            pass
        if errors:
            raise errors[0]

    def _serve(self, opened: threading.Lock, errors: list[BaseException]) -> None:
        try:
            with self._lock:
                if self._loop is not None or self._stopped:  # another caller was faster
                    return
                self._thread, self._loop = threading.current_thread(), asyncio.new_event_loop()
                loop = self._loop
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it
            errors.append(error)
            return
        finally:
            opened.release()
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


class _Call(Generic[T]):
    """A coroutine, run as a task, that tells when it has ended: after a cancellation too, once it has tidied up.

    All but the constructor, `drop` and `result` is called on the loop.
    """

    value: T

    def __init__(self, coroutine: Coroutine[Any, Any, T], tell: Callable[[_Call[T]], object]) -> None:
        self.error: BaseException | None = None
        self.is_queued = self.has_ended = False
        self._coroutine = coroutine
        self._tell = tell
        self._task: asyncio.Task[T] | None = None

    def begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._coroutine)
        self._task.add_done_callback(self._end)

    def cancel(self) -> None:
        if self._task is None:  # an interrupt came before it was queued
            self.drop()
        else:
            self._task.cancel()

    def drop(self) -> None:
        """Give up a coroutine that will not be begun."""
        self._coroutine.close()
        self.error = _closed()
        self.has_ended = True
        self._tell(self)

    def result(self) -> T:
        if self.error is None:
            return self.value
        error, self.error = self.error, None  # no circle of the error and the frames in its traceback
        try:
            raise error
        finally:
            del error

    def _end(self, task: asyncio.Task[T]) -> None:
        """Note the outcome; a task that ends cancelled, unasked, was ended by `Background.stop`."""
        self.error = _closed() if task.cancelled() else task.exception()
        if self.error is None:
            self.value = task.result()
        elif isinstance(self.error, Exception):  # its frames hold forms and tokens, and %xmode Verbose prints locals
            self.error.__context__ = self.error.__cause__ = None
            self.error = self.error.with_traceback(None)
        self.has_ended = True
        self._tell(self)


def _settle(future: concurrent.futures.Future[T], call: _Call[T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if call.error is None:
        future.set_result(call.value)
    else:
        future.set_exception(call.error)


def _taken_lock() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


def _closed() -> NotSignedInError:
    return NotSignedInError("This session is closed.", hint="Run %cognito_login.")
