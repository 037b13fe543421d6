"""Fetch, pages and frames together, against the local pool's demo API."""

import asyncio

import pytest
from tokens.conftest import Person

import cognito_nb as cn
from cognito_nb.data import sender as sender_module
from cognito_nb.local_pool import Lifetimes, LocalUserPool
from cognito_nb.local_pool.keys import PoolKeys
from cognito_nb.tokens.memory import Memory
from cognito_nb.tokens.transport import Transport


@pytest.fixture(scope="module")
def keys():
    return PoolKeys.generate()


@pytest.fixture
def pool(keys, request):
    """Its tokens live for five seconds, unless told otherwise."""
    life = getattr(request, "param", 5)
    with LocalUserPool(lifetimes=Lifetimes(access_token=life, id_token=life), keys=keys) as pool:
        yield pool


@pytest.fixture
def session(pool):
    """A session of ada's; tokens may go to the demo API."""
    person = Person(pool, Transport(), api_origins=[pool.api_url])
    session = cn.Session(person.config, person.user_pool, person.tokens(), Memory(None, person.config), source="a test")
    yield session
    session.close()


@pytest.fixture(params=["sync", "async"])
def take(request, session):
    """Call a method of the session, such as `fetch`, in its one form or the other; returns all that it gives."""

    def take(name, *arguments, **options):
        if request.param == "sync":
            return list(getattr(session, name)(*arguments, **options))

        async def main():
            return [answer async for answer in getattr(session, f"a{name}")(*arguments, **options)]

        return asyncio.run(main())

    return take


def test_pages_give_all_orders(pool, take):
    """By the link in the body."""
    pages = take("pages", "/orders", base_url=pool.api_url, params={"limit": 500})
    frame = cn.to_frame(pages)
    assert (len(pages), len(frame), frame["id"].nunique()) == (10, 5000, 5000)


@pytest.mark.parametrize(("path", "count"), [("/customers?limit=150", 400), ("/shipments?limit=500", None)])
def test_pages_give_all_of_the_other_styles(pool, take, path, count):
    """By offset and total, and by the Link header with an array for a body."""
    frame = cn.to_frame(take("pages", f"{pool.api_url}{path}"), frame="polars")
    assert frame["id"].n_unique() == len(frame)
    assert len(frame) == count if count else len(frame) > 1000


def test_fetch_gives_every_order_by_its_id(pool, take):
    """One record each makes a frame."""
    ids = cn.to_frame(take("pages", "/orders", base_url=pool.api_url, max_pages=2))["id"]
    answers = take("fetch", (f"/orders/{order}" for order in ids), base_url=pool.api_url, progress=False)
    assert list(cn.to_frame(answers)["id"]) == list(ids)


@pytest.fixture
def _no_waiting(pool, monkeypatch):
    """Let pauses pass on the pool's clock only."""

    async def pause(seconds):
        end = pool.clock() + seconds
        for _ in range(10):  # other requests may begin to wait at the same time
            await asyncio.sleep(0)
        pool.advance(max(end - pool.clock(), 0))

    monkeypatch.setattr(sender_module, "_sleep", pause)


def test_fetch_goes_on_when_tokens_expire(pool, take):
    """On the way, by the API's clock, after which it answers 401: nobody sees that (HC-05)."""
    first = take("fetch", ["/orders?limit=1"], base_url=pool.api_url, progress=False)[0].json()["items"][0]["id"]

    def paths():
        for number in range(200):
            if number == 100:
                pool.advance(6)
            yield f"/orders/{first}"

    asked = sum(request.endpoint == "token" for request in pool.requests)
    answers = take("fetch", paths(), base_url=pool.api_url, progress=False)
    assert [answer.status_code for answer in answers] == [200] * 200
    assert sum(request.endpoint == "token" for request in pool.requests) > asked


@pytest.mark.usefixtures("_no_waiting")
def test_fetch_bears_the_api_that_fails_every_third_time(pool, take):
    """All answers come."""
    answers = take("fetch", ["/flaky"] * 30, base_url=pool.api_url, concurrency=1, progress=False)
    assert [answer.status_code for answer in answers] == [200] * 30


@pytest.mark.usefixtures("_no_waiting")
@pytest.mark.parametrize("pool", [3600], indirect=True)
def test_fetch_bears_the_api_that_allows_five_calls_a_second(pool, take):
    """It slows down as it is asked to."""
    answers = take("fetch", ["/limited"] * 60, base_url=pool.api_url, progress=False)
    assert [answer.status_code for answer in answers] == [200] * 60
