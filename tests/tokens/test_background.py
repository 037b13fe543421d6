"""The thread that a session's network work runs on: results, interrupts, cancellation, and its end."""

import _thread
import asyncio
import concurrent.futures
import os
import signal
import sys
import threading
import traceback
import warnings
from functools import partial

import pytest
from interrupts import interrupt_at
from lab import wait_for
from tokens.fakes import nothing

from cognito_nb.errors import NotSignedInError
from cognito_nb.tokens import background as background_module
from cognito_nb.tokens.background import Background

STEPS = 200  # more than a call of `run` takes


class Busy:
    """A coroutine that waits, for ever if not told how long, and notes what happens to it."""

    def __init__(self, *, tidy_steps=1, seconds=None):
        self.started, self.cancelled, self.tidied = threading.Event(), threading.Event(), threading.Event()
        self._tidy_steps, self._seconds = tidy_steps, seconds

    async def work(self):
        self.started.set()
        try:
            await (asyncio.Event().wait() if self._seconds is None else asyncio.sleep(self._seconds))
        finally:
            self.cancelled.set()
            for _ in range(self._tidy_steps):
                await asyncio.sleep(0)
            self.tidied.set()


async def value(result):
    return result


async def failing(error):
    raise error


async def ident():
    return threading.get_ident()


def wait_in(background, busy):
    background.run(busy.work())


@pytest.fixture
def background():
    background = Background(nothing)
    yield background
    background.stop()


@pytest.fixture(params=["drive", "adrive"])
def drive(request, background):
    """Drive a generator from blocking code, and from an event loop."""
    if request.param == "drive":
        return background.drive
    return lambda steps: asyncio.run(background.adrive(steps))


def in_thread(call):
    """Run in a thread; the future tells how it ended."""
    executor = concurrent.futures.ThreadPoolExecutor(1)
    future = executor.submit(call)
    executor.shutdown(wait=False)
    return future


def test_background_starts_no_thread_before_it_has_work():
    """Making a session or transport costs no thread."""
    before = threading.active_count()
    Background(nothing)
    assert threading.active_count() == before


def test_run_returns_the_result(background):
    """The caller gets what the coroutine returned."""
    assert background.run(value("result")) == "result"


def test_run_raises_the_error(background):
    """The caller gets what the coroutine raised."""
    with pytest.raises(ZeroDivisionError):
        background.run(failing(ZeroDivisionError()))


def test_run_raises_a_foreign_error_without_its_frames(background):
    """A bug's frames hold forms and tokens, which a traceback with locals would show; the error itself stays."""

    async def fault():
        form = {"code": "the-code"}
        try:
            form["missing"]
        except KeyError as error:
            raise ValueError(str(error)) from error

    with pytest.raises(ValueError, match="missing") as caught:
        background.run(fault())
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "the-code" not in "".join(shown.format())


def test_arun_returns_the_result(background):
    """The same from an event loop."""
    assert asyncio.run(background.arun(value("result"))) == "result"


def test_arun_raises_the_error(background):
    """The same from an event loop."""
    with pytest.raises(ZeroDivisionError):
        asyncio.run(background.arun(failing(ZeroDivisionError())))


def test_all_work_runs_on_one_thread(background):
    """Blocking callers and several event loops share the one thread, which is none of theirs."""
    loops = [in_thread(lambda: asyncio.run(background.arun(ident()))) for _ in range(4)]
    idents = {background.run(ident()), *(loop.result(5) for loop in loops)}
    assert len(idents) == 1
    assert threading.get_ident() not in idents


def test_run_waits_longer_than_one_step(background, monkeypatch):
    """The steps of waiting, which keep it interruptible, do not bound it."""
    monkeypatch.setattr(background_module, "_STEP", 0.001)
    assert background.run(asyncio.sleep(0.02, "late")) == "late"


def test_run_raises_an_interrupt_after_the_coroutine_has_tidied_up(background):
    """Interrupting the kernel cancels what runs, and it may still withdraw the pending sign-in."""
    busy = Busy()

    async def interrupted():
        _thread.interrupt_main()
        await busy.work()

    with pytest.raises(KeyboardInterrupt):
        background.run(interrupted())
    assert busy.tidied.is_set()


def test_run_interrupted_before_the_coroutine_has_begun_leaves_nothing(background, monkeypatch):
    """An interrupt in the first instant neither hangs nor leaves a coroutine that was never awaited."""

    def interrupt(_call):
        raise KeyboardInterrupt

    busy = Busy()
    monkeypatch.setattr(background, "_start", interrupt)
    with pytest.raises(KeyboardInterrupt):
        background.run(busy.work())
    assert not busy.started.is_set()


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")  # interrupted before `run` had it
@pytest.mark.parametrize("is_first", [True, False])
def test_run_survives_an_interrupt_at_any_step(is_first):
    """Whichever step it breaks into, the thread lives, and the next call gets its result; also in the very first."""
    interrupted = []
    for step in range(STEPS):
        background = Background(nothing)
        if not is_first:
            background.run(value(0))
        interrupted.append(interrupt_at(step, partial(wait_in, background, Busy(seconds=0.001))))
        assert in_thread(partial(wait_in, background, Busy(seconds=0))).result(5) is None
        background.stop()
    assert all(interrupted[:20])
    assert not interrupted[-1]


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")  # interrupted before `run` had it
def test_run_leaves_nothing_running_after_an_interrupt_at_any_step(background):
    """What was begun has been cancelled and has tidied up when the interrupt is raised."""
    background.run(value(0))
    for step in range(STEPS):
        busy = Busy(seconds=0.001)
        interrupt_at(step, partial(wait_in, background, busy))
        assert busy.started.is_set() == busy.tidied.is_set()


def test_arun_passes_cancellation_on(background):
    """A cancelled task of the caller ends the work too."""
    busy = Busy()

    async def main():
        task = asyncio.create_task(background.arun(busy.work()))
        await asyncio.to_thread(busy.started.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert busy.tidied.wait(5)


def test_submit_cancels_the_work_with_its_future(background):
    """The Cancel button of a view cancels the future that it holds."""
    busy = Busy()
    future = background.submit(busy.work())
    busy.started.wait(5)
    future.cancel()
    assert busy.tidied.wait(5)


def test_run_in_its_own_thread_is_refused(background):
    """A callback that waits for the loop it runs on would wait for ever."""

    async def inside():
        return background.run(value(1))

    with pytest.raises(RuntimeError, match="cannot wait"):
        background.run(inside())


def test_run_in_a_forked_child_is_refused(background, monkeypatch):
    """The refresh token's turn stays with the parent; no coroutine is left unawaited either."""
    background.run(value(1))
    with monkeypatch.context() as patch:
        patch.setattr(background, "_process", -1)
        with pytest.raises(NotSignedInError, match="forked"):
            background.run(value(1))


def test_stop_in_a_forked_child_leaves_the_parents_thread(background, monkeypatch):
    """The loop and its connections are the parent's."""
    background.run(value(1))
    with monkeypatch.context() as patch:
        patch.setattr(background, "_process", -1)
        background.stop()
    assert background.run(value(1)) == 1


def test_stop_in_a_forked_child_returns(background):
    """A child of multiprocessing ends at once, though it inherited a lock that a thread of the parent held."""
    background.run(value(1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn of any fork with threads
        with background._lock:
            child = os.fork()
            if child == 0:
                signal.alarm(5)
                try:
                    background.stop()
                    os._exit(0)
                finally:
                    os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_stop_ends_the_thread_and_tidies_up():
    """No thread is left, and the connections were closed on their own loop."""
    ended = threading.Event()

    async def at_end():
        ended.set()

    background = Background(at_end)
    background.run(value(1))
    thread = background._thread
    background.stop()
    assert (thread.is_alive(), ended.is_set()) == (False, True)


def test_stop_closes_the_loop_though_tidying_up_fails(monkeypatch):
    """Nothing that goes wrong at the end leaves an open loop behind."""
    background = Background(lambda: failing(OSError()))
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    background.run(value(1))
    loop = background._loop
    background.stop()
    assert loop.is_closed()


def test_stop_from_inside_ends_the_thread(background):
    """Closing a session in one of its own callbacks does not wait for itself."""

    async def inside():
        thread = background._thread
        background.stop()
        return thread

    thread = background.run(inside())
    thread.join(5)
    assert not thread.is_alive()


@pytest.mark.parametrize("times", [0, 1, 2])
def test_stop_may_come_at_any_time(background, times):
    """Stopping what never ran, or twice, is no error."""
    for _ in range(times):
        background.run(value(1))
        background.stop()
        background.stop()
        break
    background.stop()


def test_stop_gives_waiting_callers_an_error_of_ours(background):
    """A thread that waits for a refresh while the user signs out is told so."""
    busy = Busy()
    waiting = in_thread(lambda: background.run(busy.work()))
    busy.started.wait(5)
    background.stop()
    assert isinstance(waiting.exception(5), NotSignedInError)


def test_stop_does_not_look_like_a_cancellation_of_the_callers_task(background):
    """A task of the user's own loop gets an error, not a CancelledError that nobody sent."""
    busy = Busy()

    async def main():
        task = asyncio.create_task(background.arun(busy.work()))
        await asyncio.to_thread(busy.started.wait, 5)
        await asyncio.to_thread(background.stop)
        await task

    with pytest.raises(NotSignedInError):
        asyncio.run(main())


def test_stop_lets_cancelled_work_tidy_up(background):
    """A sign-in that is being withdrawn as its loop ends is withdrawn to the end."""
    busy = Busy(tidy_steps=50)
    future = background.submit(busy.work())
    busy.started.wait(5)
    future.cancel()
    background.stop()
    assert busy.tidied.is_set()


@pytest.mark.parametrize("form", ["run", "arun", "submit"])
def test_run_after_stop_is_refused(background, form):
    """A session that was closed stays closed: no thread comes back for it."""
    background.run(value(1))
    background.stop()
    call = {"run": background.run, "submit": background.submit, "arun": lambda work: asyncio.run(background.arun(work))}
    with pytest.raises(NotSignedInError, match="closed"):
        call[form](value(1))
    assert background._thread is None


def test_stop_loses_no_call_that_comes_at_the_same_time(monkeypatch):
    """Whoever calls while the loop ends gets a result or an error of ours, and never waits for ever."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(30):
            background = Background(nothing)
            background.run(value(1))
            calls = [in_thread(lambda background=background: background.run(value(1))) for _ in range(4)]
            background.stop()
            outcomes = {type(call.exception(5)) for call in calls}
            assert outcomes <= {type(None), NotSignedInError}
    finally:
        sys.setswitchinterval(interval)


def test_cancelling_a_future_of_a_loop_that_has_ended_is_no_error(background):
    """The Cancel button may be pressed after everything is over."""
    future = background.submit(value(1))
    future.result(5)
    background.stop()
    assert future.cancel() is False


def test_drive_returns_what_the_generator_returns(drive):
    """Each coroutine's result comes back from its yield."""

    def steps():
        first = yield value(1)
        second = yield value(2)
        return first + second

    assert drive(steps()) == 3


def test_drive_throws_errors_into_the_generator(drive):
    """The generator may catch the error of a step, and go on."""

    def steps():
        try:
            yield failing(ZeroDivisionError())
        except ZeroDivisionError:
            return (yield value("caught"))

    assert drive(steps()) == "caught"


def test_drive_raises_what_the_generator_does_not_catch(drive):
    """An error of a step ends the steps; those that tidy up still run."""
    tidied = []

    def steps():
        try:
            yield failing(ZeroDivisionError())
        except BaseException:
            tidied.append((yield value("withdrawn")))
            raise

    with pytest.raises(ZeroDivisionError):
        drive(steps())
    assert tidied == ["withdrawn"]


def test_drive_hands_an_interrupt_to_the_generator(background):
    """Interrupting a blocked cell runs the generator's tidying step."""
    tidied = []

    async def interrupted():
        _thread.interrupt_main()
        await asyncio.Event().wait()

    def steps():
        try:
            yield interrupted()
        except KeyboardInterrupt:
            tidied.append((yield value("withdrawn")))
            raise

    with pytest.raises(KeyboardInterrupt):
        background.drive(steps())
    assert tidied == ["withdrawn"]


def test_adrive_hands_cancellation_to_the_generator(background):
    """Cancelling the caller's task runs the generator's tidying step."""
    tidied, busy = [], Busy()

    def steps():
        try:
            yield busy.work()
        except asyncio.CancelledError:
            tidied.append((yield value("withdrawn")))
            raise

    async def main():
        task = asyncio.create_task(background.adrive(steps()))
        await asyncio.to_thread(busy.started.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert tidied == ["withdrawn"]


def test_drive_closes_the_generator(drive):
    """A generator that goes no further is closed in any case."""
    closed = []

    def steps():
        try:
            yield failing(ZeroDivisionError())
        finally:
            closed.append(True)

    with pytest.raises(ZeroDivisionError):
        drive(steps())
    assert closed == [True]


def test_background_leaves_no_thread_of_its_own():
    """Twenty sessions that were closed leave no thread."""
    backgrounds = [Background(nothing) for _ in range(20)]
    for background in backgrounds:
        background.run(value(1))
        background.stop()
    wait_for(lambda: not [thread for thread in threading.enumerate() if thread.name == "cognito_nb"], "threads", 5)
