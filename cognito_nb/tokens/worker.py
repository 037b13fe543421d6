"""A thread for calls that may block, beside the session's event loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import queue
import threading
from typing import TYPE_CHECKING, TypeVar

from ..errors import NotSignedInError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..errors import CognitoError

__all__ = ["Worker"]

T = TypeVar("T")


class Worker:
    """A daemon thread that makes one call after the other; it starts with the first, and nobody waits for it at exit.

    A call that was begun or queued is made whole, though its caller has gone: what is queued after it relies on that.

    Parameters
    ----------
    explain : callable
        Makes of whatever a call raises what its caller gets; the frames, whose locals may be secret, are left out.
    """

    def __init__(self, explain: Callable[[Exception], CognitoError]) -> None:
        self._explain = explain
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] | None = None
        self._closed = False

    def submit(self, call: Callable[[], T]) -> concurrent.futures.Future[T]:
        """Queue a call.

        Raises
        ------
        NotSignedInError
            After `close`: nobody would end the thread that it needs.
        """
        if self._closed:
            raise NotSignedInError("This session is closed.", hint="Run %cognito_login.")
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        future.set_running_or_notify_cancel()  # from here on it cannot be cancelled

        def job() -> None:
            try:
                result = call()
            except Exception as error:  # noqa: BLE001 - keyrings raise what their system does
                failure = self._explain(error).with_traceback(None)
                failure.__context__ = failure.__cause__ = None
            else:
                future.set_result(result)
                return
            future.set_exception(failure)

        if self._jobs is None:
            self._jobs = queue.SimpleQueue()
            threading.Thread(target=_serve, args=(self._jobs,), name="cognito_nb worker", daemon=True).start()
        self._jobs.put(job)
        return future

    async def run(self, call: Callable[[], T], *, timeout: float) -> T:  # noqa: ASYNC109 - asyncio.timeout, inside
        """Await what comes of a call, without blocking the event loop.

        Parameters
        ----------
        call : callable
            What to do.
        timeout : float
            Seconds to wait; the call itself is not ended.

        Raises
        ------
        TimeoutError
            If it takes longer.
        CognitoError
            What `explain` made of its failure, or after `close`.
        """
        future = self.submit(call)
        async with asyncio.timeout(timeout):
            return await asyncio.wrap_future(future)

    def close(self) -> None:
        """End the thread after what is queued; it is not waited for."""
        self._closed = True
        jobs, self._jobs = self._jobs, None
        if jobs is not None:
            jobs.put(None)


def _serve(jobs: queue.SimpleQueue[Callable[[], None] | None]) -> None:
    while (job := jobs.get()) is not None:
        job()
        del job  # it holds what it has written
