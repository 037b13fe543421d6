"""A thread for calls that may block: in order, whole, and without what a failure's frames hold."""

import asyncio
import threading

import pytest
from tokens.fakes import until

from cognito_nb.errors import CognitoError, NetworkError, NotSignedInError
from cognito_nb.tokens.worker import Worker


@pytest.fixture
def worker():
    worker = Worker(lambda error: NetworkError(type(error).__name__))
    yield worker
    worker.close()


def test_no_thread_before_there_is_work():
    """A store that is never asked costs nothing."""
    before = threading.active_count()
    Worker(NetworkError)
    assert threading.active_count() <= before


def test_run_returns_the_result_without_blocking_the_loop(worker):
    """Other tasks go on while the call takes its time."""
    go_on = threading.Event()

    async def run():
        running = asyncio.create_task(worker.run(lambda: go_on.wait(10) and "done", timeout=10))
        await asyncio.sleep(0)
        go_on.set()  # which the loop could not do if it were blocked
        return await running

    assert asyncio.run(run()) == "done"


def test_calls_are_made_one_after_the_other(worker):
    """Also when nobody waits for the first."""
    made, go_on = [], threading.Event()
    worker.submit(lambda: go_on.wait(10) and made.append(1))
    last = worker.submit(lambda: made.append(2))
    go_on.set()
    last.result(10)
    assert made == [1, 2]


def test_a_call_whose_caller_has_gone_is_made_all_the_same(worker):
    """Cancelled or out of time, queued or begun: what comes after it relies on that."""
    made, go_on = [], threading.Event()

    async def give_up():
        with pytest.raises(TimeoutError):
            await worker.run(lambda: go_on.wait(10) and made.append("begun"), timeout=0.01)
        queued = asyncio.create_task(worker.run(lambda: made.append("queued"), timeout=10))
        await asyncio.sleep(0)
        queued.cancel()
        go_on.set()
        await until(lambda: len(made) == 2)

    asyncio.run(give_up())
    assert made == ["begun", "queued"]


def test_a_failure_comes_explained_and_without_its_frames(worker):
    """Their locals are what was written; and the next call is made."""

    def fail():
        secret = "a-refresh-token"
        raise ValueError(secret)

    error = worker.submit(fail).exception(10)
    assert isinstance(error, CognitoError)
    assert error.message == "ValueError"
    assert (error.__traceback__, error.__context__, error.__cause__) == (None, None, None)
    assert worker.submit(lambda: "next").result(10) == "next"


def test_close_ends_the_thread_after_what_is_queued(worker):
    """Nobody waits for it."""
    go_on = threading.Event()
    worker.submit(lambda: go_on.wait(10))
    last = worker.submit(threading.current_thread)
    worker.close()
    worker.close()
    assert not last.done()
    go_on.set()
    thread = last.result(10)
    thread.join(10)
    assert not thread.is_alive()


def test_a_call_after_close_is_refused(worker):
    """Nobody would end the thread that it needs."""
    worker.close()
    before = threading.active_count()
    with pytest.raises(NotSignedInError, match="closed"):
        worker.submit(lambda: None)
    assert threading.active_count() <= before
