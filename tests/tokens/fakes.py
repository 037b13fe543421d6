"""Stand-ins: tokens of a signed-in user, a user pool and a transport that answer as they are told."""

import asyncio
import itertools
import json
import time
from dataclasses import replace
from types import MappingProxyType, SimpleNamespace

from cognito_nb.config import CognitoConfig
from cognito_nb.protocol.claims import VerifiedToken
from cognito_nb.protocol.http import HttpResponse
from cognito_nb.secret import Secret
from cognito_nb.tokens.background import Background
from cognito_nb.tokens.memory import Memory
from cognito_nb.tokens.source import Tokens

_numbers = itertools.count(1)
NO_MEMORY = Memory(None, CognitoConfig(client_id="client", issuer="https://idp.example/pool"))  # the kernel's own


async def until(condition):
    """Let the event loop turn until a condition holds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - it comes true on another thread, or sets no event
            await asyncio.sleep(0)


async def nothing():
    """Do nothing."""


def new_tokens(*, life=3600.0, left=None, refresh_token="a-refresh-token-0000", with_id=True, subject="ada"):
    """Tokens as the token endpoint gives them; `left` is how many seconds they still have."""
    number, now = next(_numbers), time.time()
    left = life if left is None else left
    claims = {"sub": subject, "iat": int(now), "exp": int(now) + int(life), "scope": "openid email"}
    access = VerifiedToken(Secret(f"access-token-{number:04}"), MappingProxyType(claims))
    id_token = VerifiedToken(Secret(f"id-token-{number:04}"), MappingProxyType(claims)) if with_id else None
    refresh = Secret(refresh_token) if refresh_token else None
    tokens = Tokens.issued(
        access, id_token, refresh_token=refresh, nonce=None, life=life, now=now, started=time.monotonic()
    )
    return replace(tokens, expires_at=now + left, deadline=time.monotonic() + left)


class FakePool:
    """A user pool: each refresh takes the next of `answers`, an exception or tokens; `gate` holds them back."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self.transport = SimpleNamespace(background=Background(nothing))
        self.gate = None

    def hold(self):
        """Let no refresh end before the returned function is called, from any thread."""
        self.gate = asyncio.Event()
        loop = []

        async def remember():
            loop.append(asyncio.get_running_loop())

        self.background.run(remember())
        return lambda: loop[0].call_soon_threadsafe(self.gate.set)

    @property
    def background(self):
        return self.transport.background

    async def refresh(self, tokens, *, keep):
        self.asked.append(tokens)
        if self.gate is not None:
            await self.gate.wait()
        answer = self.answers.pop(0) if self.answers else new_tokens()
        if isinstance(answer, tuple):  # a rotated refresh token, and what came of the rest of the answer
            rotated, answer = answer
            await keep(rotated)
        if isinstance(answer, BaseException):
            raise answer
        return answer


class FakeTransport:
    """A transport: the answers by the request's URL, in order, the last one stays; an exception is raised."""

    def __init__(self, answers):
        self.answers = {url: list(given) for url, given in answers.items()}
        self.requests = []
        self.background = Background(nothing)
        self.gate = None

    def urls(self):
        return [request.url for request in self.requests]

    async def send(self, request):
        self.requests.append(request)
        if self.gate is not None:
            await self.gate.wait()
        given = self.answers[request.url]
        answer = given.pop(0) if len(given) > 1 else given[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer


def json_response(body, status=200, **headers):
    return HttpResponse(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())
