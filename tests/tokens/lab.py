"""An API in place of the network, and a user who calls it."""

import asyncio

import httpx
from tokens.fakes import NO_MEMORY, FakePool, new_tokens

from cognito_nb.tokens.auth import auth_for_any_httpx
from cognito_nb.tokens.authorization import allowed_origins
from cognito_nb.tokens.refresh import RefreshEngine
from cognito_nb.tokens.source import TokenSource

API = "https://api.example.com"


def api(library, handle):
    """Return a transport in place of the network; unlike httpx's mock it leaves a streamed body used up."""

    class Api(library.BaseTransport, library.AsyncBaseTransport):
        def handle_request(self, request):
            return handle(request, b"".join(request.stream))

        async def handle_async_request(self, request):
            return handle(request, b"".join([part async for part in request.stream]))

    return Api()


class Lab:
    """An API in place of the network, and a signed-in user; `call` sends one request, sync or async."""

    def __init__(self, form, library=httpx):
        self.is_async = form == "async"
        self.library = library
        self.pool = FakePool()
        self.source = TokenSource(new_tokens())
        self.engine = RefreshEngine(self.source, self.pool, NO_MEMORY)
        self.requests = []
        self.answers = []  # responses, or functions of the request; 200 after the last

    def handle(self, request, body):
        self.requests.append((str(request.url), request.headers.get("authorization"), body))
        answer = self.answers.pop(0) if self.answers else self.response(200)
        return answer(request) if callable(answer) else answer

    def response(self, status, **headers):
        return self.library.Response(status, headers={name.replace("_", "-"): text for name, text in headers.items()})

    @property
    def transport(self):
        return api(self.library, self.handle)

    @property
    def tokens_sent(self):
        return [authorization for _, authorization, _ in self.requests]

    def bearer(self, tokens=None, kind="access"):
        return f"Bearer {(tokens or self.source.tokens).get(kind).token.reveal()}"

    def auth(self, *origins, kind="access"):
        return auth_for_any_httpx()(self.engine, allowed_origins(origins or [API]), kind)

    def call(self, method, url, *, origins=(API,), kind="access", client=None, **options):
        settings = {"auth": self.auth(*origins, kind=kind), "base_url": API, "transport": self.transport}
        settings |= client or {}
        if not self.is_async:
            with self.library.Client(**settings) as signing:
                return signing.request(method, url, **options)

        async def main():
            async with self.library.AsyncClient(**settings) as signing:
                return await signing.request(method, url, **options)

        return asyncio.run(main())
