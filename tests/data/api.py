"""A stand-in API in place of the network, a signed-in user, and both forms of each call."""

import asyncio
import threading

import httpx
from tokens.fakes import NO_MEMORY, FakePool, new_tokens, until

from cognito_nb.config import CognitoConfig
from cognito_nb.data import sender as sender_module
from cognito_nb.data.calls import DataCalls
from cognito_nb.tokens.reach import Reach
from cognito_nb.tokens.refresh import RefreshEngine
from cognito_nb.tokens.source import TokenSource

__all__ = ["API", "Api"]

API = "https://api.example.com/v1"


class Calls(DataCalls):
    """What a `Session` is to `DataCalls`."""

    def __init__(self, config, engine):
        self.config = config
        self.reach = Reach("ada", frozenset())
        self._engine = engine


class Api:
    """Answers requests of `calls` by `answers`: URL → list of statuses, responses, exceptions or functions.

    The last of a list stays; 200 and the path where nothing is given. `pauses` are what was waited, without waiting.
    With `open` cleared nothing is answered, and what is in `slow` only when nothing else is under way.
    """

    def __init__(self, form, monkeypatch):
        self.is_async = form == "async"
        self.pool = FakePool()
        self.source = TokenSource(new_tokens())
        engine = RefreshEngine(self.source, self.pool, NO_MEMORY)
        config = CognitoConfig(user_pool_id="eu-west-1_AbC123456", client_id="1h57kf5cpq17m0eml12example")
        self.calls = Calls(config, engine)
        self.answers, self.requests, self.pauses, self.tokens = {}, [], [], []
        self.under_way = self.fast_under_way = self.most_under_way = self.closed = 0
        self.slow = set()
        self.open = threading.Event()
        self.open.set()
        self.fetches = []
        monkeypatch.setattr(sender_module, "Engine", lambda _: self)
        monkeypatch.setattr(sender_module, "_sleep", self._pause)

    async def send(self, request):
        self.requests.append((request.method, str(request.url), request.content))
        self.tokens.append(request.headers.get("authorization"))
        path = str(request.url).removeprefix(API)
        self.under_way += 1
        self.fast_under_way += path not in self.slow
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0)
            await until(lambda: self.open.is_set() and not (path in self.slow and self.fast_under_way))
            return self._answer(request)
        finally:
            self.under_way -= 1
            self.fast_under_way -= path not in self.slow

    async def aclose(self):
        self.closed += 1

    async def _pause(self, seconds):
        self.pauses.append(seconds)
        await asyncio.sleep(0)

    def _answer(self, request):
        given = self.answers.get(str(request.url).removeprefix(API), [200])
        answer = given.pop(0) if len(given) > 1 else given[0]
        if isinstance(answer, type) and issubclass(answer, Exception):
            raise answer("no answer", request=request)
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, int):
            return httpx.Response(answer, text=request.url.path.removeprefix("/v1/"), request=request)
        answer.request = request
        return answer

    def urls(self):
        return [url.removeprefix(API) for _, url, _ in self.requests]

    def fetch(self, urls, **options):
        """Begin a fetch in the form that is tested."""
        options = {"base_url": API, "progress": False, **options}
        self.fetches.append((self.calls.afetch if self.is_async else self.calls.fetch)(urls, **options))
        return self.fetches[-1]

    def pages(self, url, **options):
        options = {"base_url": API, **options}
        self.fetches.append((self.calls.apages if self.is_async else self.calls.pages)(url, **options))
        return self.fetches[-1]

    def take(self, fetch, most=None):
        """Return the next answers, all without `most`."""
        if not self.is_async:
            return [answer for _, answer in zip(range(most), fetch, strict=False)] if most else list(fetch)

        async def take():
            taken = []
            while most is None or len(taken) < most:
                try:
                    taken.append(await anext(fetch))
                except StopAsyncIteration:
                    break
            return taken

        return asyncio.run(take())

    def get(self, urls, **options):
        return self.take(self.fetch(urls, **options))

    def close(self, fetch):
        if self.is_async:
            asyncio.run(fetch.aclose())
        else:
            fetch.close()

    def close_all(self):
        self.open.set()
        for fetch in self.fetches:
            self.close(fetch)
        self.pool.background.stop()
