"""Fetch: order, back-pressure, interrupts, errors in their place. Each test runs sync and async."""

import asyncio
import gc
import itertools
import os
import threading
import time

import httpx
import pytest
from data.api import API
from interrupts import interrupt_at
from tokens.fakes import new_tokens
from tokens.fakes import until as until_async

from cognito_nb.data.fetch import HELD
from cognito_nb.errors import NotSignedInError, SessionExpiredError, UntrustedOriginError

STEPS = 500  # more than it takes to read four answers


def texts(answers):
    return [answer.text for answer in answers]


def paths(number):
    return [f"/orders/{index}" for index in range(number)]


def until(condition):
    """Wait for what another thread does."""
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_fetch_gives_the_answers_in_the_order_of_the_urls(api):
    """Whatever order they arrive in: here every third comes after all that are under way with it."""
    api.slow = set(paths(300)[::3])
    assert texts(api.get(paths(300))) == [f"orders/{index}" for index in range(300)]


def test_fetch_waits_for_the_oldest_while_younger_ones_are_there(api):
    """A retried first answer still comes first."""
    api.answers["/orders/0"] = [503, 503, 200]
    assert texts(api.get(paths(50))) == [f"orders/{index}" for index in range(50)]


def test_fetch_has_no_more_under_way_than_allowed(api):
    """`concurrency` is the bound, and it is used."""
    api.get(paths(100), concurrency=7)
    assert api.most_under_way == 7


def test_fetch_takes_only_as_many_urls_as_there_is_room_for(api):
    """A slow reader holds back the requests: an endless generator is read up to four times `concurrency` ahead."""
    taken = itertools.count()
    fetch = api.fetch((f"/orders/{index}" for index in taken), concurrency=3)
    for read in range(1, 30):
        assert len(api.take(fetch, 1)) == 1
        assert next(taken) - read - (read - 1) <= HELD * 3
    until(lambda: not api.under_way)
    assert len(api.requests) <= 29 + HELD * 3


def test_fetch_fills_its_room_for_a_reader_that_has_to_wait(api):
    """All that may be under way is, and all that may be held is begun."""
    api.open.clear()
    threading.Timer(0, lambda: (until(lambda: api.under_way == 4), api.open.set())).start()
    fetch = api.fetch(paths(100), concurrency=4)
    api.take(fetch, 1)
    assert api.most_under_way == 4


def test_fetch_reads_a_slow_source_no_further_than_needed(api):
    """What has been answered is given before the next URL but one is asked for."""
    asked = []

    def urls():
        for path in paths(20):
            asked.append(path)
            until(lambda: len(api.requests) == len(asked) - 1 and not api.under_way)
            yield path

    fetch = api.fetch(urls())
    assert texts(api.take(fetch, 1)) == ["orders/0"]
    assert len(asked) <= 3


def test_fetch_takes_absolute_urls_and_requests(api):
    """Of any method, with a body."""
    requests = [f"{API}/a", httpx.URL(f"{API}/b"), httpx.Request("POST", f"{API}/c", json={"n": 1}), "d?x=1"]
    assert [answer.request.method for answer in api.get(requests)] == ["GET", "GET", "POST", "GET"]
    assert sorted(api.requests)[3] == ("POST", f"{API}/c", b'{"n":1}')
    assert sorted(api.urls()) == ["/a", "/b", "/c", "/d?x=1"]


def test_fetch_sends_one_request_object_as_often_as_it_is_given(api):
    """All at once too, each signed, and the object stays what it was."""
    request = httpx.Request("GET", f"{API}/a")
    api.get([request] * 20)
    assert len(api.tokens) == 20
    assert None not in api.tokens
    assert "authorization" not in request.headers


def test_fetch_leaves_no_token_on_what_it_gives(api):
    """A response holds its request (NL-07)."""
    [answer] = api.get(["/a"])
    assert "authorization" not in answer.request.headers


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "http://api.example.com/v1/", "https://api.example.com:8443/"]
)
def test_fetch_sends_no_token_to_another_origin(api, url):
    """It is refused before a byte is sent, in its place (HC-04)."""
    with pytest.raises(UntrustedOriginError):
        api.get([url])
    assert api.requests == []


@pytest.mark.parametrize("path", ["//evil.example/", "@evil.example/", ":8443/", ".evil.example/", "orders:batch"])
def test_fetch_appends_a_path_to_the_base_whatever_it_looks_like(api, path):
    """A path cannot change the host."""
    api.get([path])
    [(_, url, _)] = api.requests
    assert url.startswith(f"{API}/")


def test_fetch_raises_for_an_error_status_and_goes_on_behind_it(api):
    """The error has the answer; what comes after it is not lost."""
    api.answers["/orders/2"] = [404]
    fetch = api.fetch(paths(5))
    assert len(api.take(fetch, 2)) == 2
    with pytest.raises(httpx.HTTPStatusError, match=r"404 Not Found for GET .*/orders/2") as caught:
        api.take(fetch, 1)
    assert caught.value.response.status_code == 404
    assert texts(api.take(fetch)) == ["orders/3", "orders/4"]


def test_fetch_returns_errors_in_their_place_if_asked_to(api):
    """Results and URLs still belong together: a status, a broken connection, a URL that is none, a foreign host."""
    api.answers.update({"/orders/1": [500], "/orders/2": [httpx.ReadError]})
    urls = [*paths(3), "https://evil.example/", "https://api.example.com:port/", 7]
    first, *errors = api.get(urls, on_error="return", retries=0)
    assert first.status_code == 200
    kinds = [httpx.HTTPStatusError, httpx.ReadError, UntrustedOriginError, httpx.InvalidURL, TypeError]
    assert [type(error) for error in errors] == kinds


def test_fetch_keeps_no_frame_with_a_token_in_an_error(api):
    """`%xmode Verbose` prints the locals of a traceback."""
    api.answers["/a"] = [500]
    [error] = api.get(["/a"], on_error="return", retries=0)
    assert (error.__traceback__, error.__context__, error.__cause__) == (None, None, None)
    assert "authorization" not in error.request.headers


def test_fetch_renews_once_for_all_after_a_401(api):
    """Sixteen requests are refused: one refresh, and each is sent once more (HC-05, HC-06)."""
    old = api.source.tokens.access.token.reveal()

    def judge(request):
        return 401 if old in request.headers["authorization"] else 200

    api.answers = {path: [judge] for path in paths(64)}
    assert len(api.get(paths(64))) == 64
    assert len(api.pool.asked) == 1


def test_fetch_renews_expired_tokens_on_the_way(api):
    """Requests wait for one refresh and go out with what it brings."""
    fetch = api.fetch(paths(100), concurrency=4)
    api.take(fetch, 10)
    api.source.replace(api.source.tokens, new_tokens(left=-1))
    assert len(api.take(fetch)) == 90
    assert len(api.pool.asked) == 1
    assert len(set(api.tokens)) <= 3


def test_fetch_says_it_when_the_user_has_signed_out(api):
    """What was answered before is given, then the error, also with `on_error="return"`; nothing more is sent."""
    fetch = api.fetch(paths(500), concurrency=1, on_error="return")
    api.take(fetch, 1)
    until(lambda: not api.under_way)
    api.source.wipe()
    sent = len(api.requests)
    with pytest.raises(NotSignedInError, match="You are signed out"):
        api.take(fetch)
    assert len(api.requests) <= sent + 1


def test_fetch_says_it_when_the_session_has_expired(api):
    """A dead refresh token ends it with the reason."""
    api.source.replace(api.source.tokens, new_tokens(left=-1))
    api.pool.answers = [SessionExpiredError("invalid_grant")]
    with pytest.raises(SessionExpiredError):
        api.get(["/a"])


@pytest.mark.parametrize("api", ["sync"], indirect=True)
@pytest.mark.parametrize("kind", [list, iter])
def test_fetch_loses_nothing_to_an_interrupt_at_any_step(api, kind):
    """Whichever step it breaks into, the same iterator goes on: each answer once, in order, each URL asked for once."""
    interrupted = []
    for step in range(STEPS):
        api.requests.clear()
        fetch, got = api.fetch(kind(paths(4)), concurrency=2), []
        interrupted.append(interrupt_at(step, lambda fetch=fetch, got=got: got.extend(fetch)))
        got += fetch
        assert texts(got) == [f"orders/{index}" for index in range(4)]
        assert len(api.requests) == 4
    assert all(interrupted[:80])
    assert not interrupted[-1]


@pytest.mark.parametrize("api", ["sync"], indirect=True)
def test_fetch_ends_with_an_error_only_if_an_interrupt_has_ended_the_generator(api):
    """One that breaks into the fetch itself costs nothing; and in no case is an answer lost or given twice."""
    ends = set()
    for step in range(STEPS):
        urls, got = (path for path in paths(4)), []
        fetch = api.fetch(urls, concurrency=2)
        interrupt_at(step, lambda fetch=fetch, got=got: got.extend(fetch))
        try:
            got += iter(fetch)
        except RuntimeError:
            ends.add("broken")
            assert urls.gi_frame is None
        else:
            ends.add("whole")
            assert len(got) == 4
        assert texts(got) == [f"orders/{index}" for index in range(len(got))]
    assert ends == {"broken", "whole"}


@pytest.mark.parametrize("api", ["async"], indirect=True)
def test_fetch_loses_nothing_to_a_cancelled_wait(api):
    """A task that gives up waiting may take the same answer later."""

    async def main():
        api.open.clear()
        fetch = api.fetch(paths(10))
        waiting = asyncio.ensure_future(anext(fetch))
        await until_async(lambda: api.under_way)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        api.open.set()
        return [answer async for answer in fetch]

    assert texts(asyncio.run(main())) == [f"orders/{index}" for index in range(10)]


def test_fetch_raises_an_error_of_the_source_in_its_place(api):
    """What was asked for before it comes first."""

    def urls():
        yield "/a"
        yield "/b"
        raise OSError("no more")

    fetch = api.fetch(urls())
    assert texts(api.take(fetch, 2)) == ["a", "b"]
    with pytest.raises(OSError, match="no more"):
        api.take(fetch, 1)


def test_fetch_says_so_when_an_interrupt_has_ended_the_generator_of_its_urls(api):
    """What was asked for still comes; then an error instead of an end that looks complete."""

    def urls():
        yield "/a"
        raise KeyboardInterrupt

    fetch = api.fetch(urls())
    api.open.clear()
    with pytest.raises(KeyboardInterrupt):
        next(fetch) if not api.is_async else anext(fetch).send(None)
    api.open.set()
    assert texts(api.take(fetch, 1)) == ["a"]
    with pytest.raises(RuntimeError, match="an interrupt has ended the generator"):
        api.take(fetch, 1)


@pytest.mark.parametrize("api", ["sync"], indirect=True)
def test_fetch_works_in_a_running_event_loop(api):
    """As in every cell of a notebook."""

    async def cell():
        return api.take(api.fetch(paths(5)))

    assert len(asyncio.run(cell())) == 5


def test_fetch_closed_early_leaves_nothing_behind(api):
    """Neither thread nor request nor connection; then it is at its end."""
    api.open.clear()
    fetch = api.fetch(paths(100))
    threading.Timer(0, lambda: (until(lambda: api.under_way), api.open.set())).start()
    api.take(fetch, 1)
    api.open.clear()
    api.close(fetch)
    assert (api.closed, api.under_way) == (1, 0)
    assert api.take(fetch) == []


def test_fetch_read_to_its_end_closes_itself(api):
    """There is nothing to remember."""
    fetch = api.fetch(paths(3))
    api.take(fetch)
    assert api.closed == 1
    assert api.take(fetch) == []


def test_fetch_that_is_dropped_ends_its_thread(api):
    """A cell that was broken off and forgotten costs nothing."""
    fetch = api.fetch(paths(100))
    api.take(fetch, 1)
    api.fetches.clear()
    del fetch
    gc.collect()
    until(lambda: api.closed == 1)


def test_fetch_is_a_context_manager(api):
    """Leaving it closes it."""
    fetch = api.fetch(paths(100))
    if api.is_async:

        async def main():
            async with fetch:
                await anext(fetch)

        asyncio.run(main())
    else:
        with fetch:
            next(fetch)
    assert api.closed == 1


def test_fetch_in_a_forked_child_is_refused(api, monkeypatch):
    """The thread stays with the parent: a child would wait for ever (LF-16)."""
    fetch = api.fetch(paths(100))
    api.take(fetch, 1)
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: -1)
        with pytest.raises(NotSignedInError, match="forked"):
            api.take(fetch, 1)


def test_fetch_shows_how_far_it_is_and_no_token(api):
    """The repr is what a cell shows."""
    fetch = api.fetch(paths(5))
    api.take(fetch, 2)
    assert "2 of 5 given" in repr(fetch)
    shown = repr((fetch, vars(fetch)))
    assert api.source.tokens.access.token.reveal() not in shown


@pytest.mark.parametrize(
    ("options", "error"),
    [({"concurrency": 0}, ValueError), ({"on_error": "ignore"}, ValueError), ({"base_url": "http://x.y"}, None)],
)
def test_fetch_refuses_what_makes_no_sense_at_once(api, options, error):
    """Not at the first answer."""
    with pytest.raises(error or UntrustedOriginError):
        api.fetch(["/a"], **options)


def test_fetch_takes_no_single_url_for_many(api):
    """A string is an iterable of letters."""
    with pytest.raises(TypeError, match="in a list"):
        api.fetch("/orders")
