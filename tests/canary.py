"""The canary: every secret that a sign-in makes is collected, and then searched for where none may be.

It collects what the opaque `Secret` type hides in this process, and what a local user pool in this process is sent
and sends. A secret is searched for as it is, URL-encoded, and in base64.
"""

import base64
import re
from urllib.parse import parse_qs, quote, urlsplit

from tornado.web import RequestHandler

from cognito_nb.secret import Secret

_NAMES = ("code", "state", "nonce", "code_verifier", "code_challenge", "refresh_token", "token", "client_secret")
_JWT = re.compile(rb"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}")
_LEAST = 8  # shorter values ("abc", "id") stand everywhere by chance


class Canary:
    """A collection of secrets, by what each is."""

    def __init__(self):
        self.secrets = {}

    def plant(self, value, name="planted"):
        """Remember a secret."""
        if isinstance(value, str) and len(value) >= _LEAST:
            self.secrets.setdefault(value, name)

    def leaks_in(self, text):
        """Return the names of the secrets that a text holds; anything that looks like a JWT counts."""
        data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
        found = {name for value, name in self.secrets.items() if any(form in data for form in _forms(value))}
        return sorted(found | ({"a JWT"} if _JWT.search(data) else set()))

    def assert_silent(self, places):
        """Fail if one of the places, by name, holds a secret; the canary must have collected some."""
        assert self.secrets, "the canary has collected nothing: the test proves nothing"
        leaks = {place: found for place, text in places.items() if (found := self.leaks_in(text))}
        assert not leaks, f"secrets leaked: {leaks}"

    def watch(self, monkeypatch):
        """Collect from now on."""
        remember, prepare = Secret.__init__, RequestHandler.prepare
        write, redirect = RequestHandler.write, RequestHandler.redirect

        def on_secret(secret, value):
            remember(secret, value)
            self.plant(value, "a Secret")

        def on_request(handler):
            self._plant_all({name: handler.get_arguments(name) for name in _NAMES})
            self.plant(handler.request.headers.get("Authorization", "").partition(" ")[2], "Authorization")
            return prepare(handler)

        def on_answer(handler, chunk):
            if isinstance(chunk, dict):
                self._plant_all({name: [value] for name, value in chunk.items() if name.endswith("_token")})
            return write(handler, chunk)

        def on_redirect(handler, url, *arguments, **keywords):
            query = parse_qs(urlsplit(url).query)
            self._plant_all({name: values for name, values in query.items() if name in _NAMES})
            return redirect(handler, url, *arguments, **keywords)

        monkeypatch.setattr(Secret, "__init__", on_secret)
        monkeypatch.setattr(RequestHandler, "prepare", on_request)
        monkeypatch.setattr(RequestHandler, "write", on_answer)
        monkeypatch.setattr(RequestHandler, "redirect", on_redirect)

    def _plant_all(self, found):
        for name, values in found.items():
            for value in values:
                self.plant(value, name)


def _forms(value):
    raw = value.encode()
    yield raw
    yield quote(value, safe="").encode()
    # Base64 hides a text's edges: its middle third is the same whatever stands before it.
    for shift in range(3):
        yield base64.b64encode(b"\0" * shift + raw)[4:-4]
        yield base64.urlsafe_b64encode(b"\0" * shift + raw)[4:-4]
