"""What tests and scripts do to a pool that listens: sign in without a browser, move its clock, let it fail."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from .checks import check, items
from .endpoints import ERROR_ENDPOINTS, check_endpoint
from .faults import Fault
from .pool import UserPool
from .visit import Browser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .clients import AppClient

__all__ = ["DrivenPool"]

_YEARS_1_TO_9999 = (-62_135_596_800, 253_402_300_799)  # seconds since 1970


class DrivenPool(UserPool):
    """A pool that is called over its own endpoints, as anybody calls them: faults apply, and `requests` grows."""

    def sign_in(self, authorization_url: str, username: str, password: str) -> str:
        """Do what a user does in a fresh browser, without one: open the URL, fill in the form, send it.

        Parameters
        ----------
        authorization_url
            An ``/oauth2/authorize`` URL of this pool.
        username, password
            What to fill in.

        Returns
        -------
        str
            The first address outside the sign-in page: the callback with its code or error, or the pool's error page.

        Raises
        ------
        ValueError
            When the URL is not of this pool, or the page refuses the password.
        """
        return Browser(username, password).leave(self.domain, authorization_url)

    def tokens(self, username: str, *, client_id: str | None = None, scopes: Iterable[str] = ()) -> dict[str, Any]:
        """Sign a user in and return fresh tokens: authorization code flow with PKCE, then the token endpoint.

        Parameters
        ----------
        username
            Whose tokens; of a federated user with the provider's name, ``Google_7``.
        client_id
            The app client; by default the first.
        scopes
            By default all that the client may ask for.

        Returns
        -------
        dict
            The token response: ``access_token``, ``id_token``, ``refresh_token``, ``expires_in``, ``token_type``.

        Raises
        ------
        ValueError
            When there is no such user or client, or the pool refuses; of scopes it says which.
        """
        scopes = items("scopes", scopes, str)
        client = self.clients.get(client_id or self.client_id)
        if client is None:
            raise ValueError(f"there is no client {client_id!r}")
        verifier = secrets.token_urlsafe(32)
        digest = hashlib.sha256(verifier.encode()).digest()
        fields = {"client_id": client.client_id, "redirect_uri": next(iter(client.callback_urls), "")}
        query = fields | {
            "response_type": "code",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        if scopes:
            query["scope"] = " ".join(scopes)
        browser, user = self.browser(username), self.user(username)
        if user is not None and user.provider:
            query["identity_provider"] = user.provider
        callback = browser.leave(self.domain, f"{self.domain}/oauth2/authorize?{urlencode(query)}")
        answer = parse_qs(urlsplit(callback).query)
        if "code" not in answer:
            error = answer.get("error", ["no reason"])[0]
            raise ValueError(f"the pool gave no code: {error}{_why(error, client, scopes)}")
        fields |= {"grant_type": "authorization_code", "code": answer["code"][0], "code_verifier": verifier}
        return self._redeem(browser, fields, client.client_secret)

    def browser(self, username: str, *, headers: Mapping[str, str] | None = None) -> Browser:
        """Return a user at a fresh browser, for ``cn.login(open_url=pool.browser("ada"))``.

        Parameters
        ----------
        username
            A user with a password.
        headers
            Header fields for the site of the link only, such as the token that logs the person in to Jupyter.

        Raises
        ------
        ValueError
            When there is no such user.
        """
        user = self.user(username)
        if user is None:
            raise ValueError(f"there is no user {username!r}")
        return Browser(username, user.password, headers=headers)

    def advance(self, seconds: float) -> None:
        """Move the pool's clock on, so that tokens, codes and sessions expire; or back, with a negative number.

        It is the clock of the pool and its demo API only. A verifier with a clock of its own refuses what was issued
        while the pool's was back: ``advance(-7200)``, take tokens, ``advance(7200)``. What has expired on the way may
        be forgotten for good.

        Parameters
        ----------
        seconds
            How far.

        Raises
        ------
        ValueError
            For a time before the year 1 or after 9999, which has no date.
        """
        check("seconds", seconds, int, float)
        clock = self.clock if isinstance(self.clock, _MovedClock) else _MovedClock(self.clock, 0)
        moved = replace(clock, seconds=clock.seconds + seconds)
        first, last = _YEARS_1_TO_9999
        if not first <= moved() <= last:
            raise ValueError("advance takes seconds that lead to a year from 1 to 9999")
        self.clock = moved

    def fail(self, endpoint: str, fault: Fault, *, times: int | None = 1) -> None:
        """Let the next answers of an endpoint go wrong; what was asked for earlier comes first.

        Parameters
        ----------
        endpoint
            A name as in `requests`: ``token``, ``authorize``, ``login``, ``userinfo``, ``jwks``, ``orders`` ...
        fault
            What goes wrong.
        times
            How many answers; ``None`` for all, until `heal`.

        Raises
        ------
        ValueError
            When there is no such endpoint, `times` is no positive number, or the endpoint has no errors with a code.
        """
        check_endpoint(endpoint)
        check("fault", fault, Fault)
        if fault.error is not None and endpoint not in ERROR_ENDPOINTS:
            raise ValueError(f"{endpoint} has no error codes; there are such in {', '.join(ERROR_ENDPOINTS)}")
        self.faults.add(endpoint, fault, times)

    def heal(self, endpoint: str | None = None) -> None:
        """Forget the faults of an endpoint, or of all; latencies stay.

        Raises
        ------
        ValueError
            When there is no such endpoint.
        """
        if endpoint is not None:
            check_endpoint(endpoint)
        self.faults.clear(endpoint)

    def environment(self, user: str | None = None, *, profile: str | None = None) -> dict[str, str]:
        """Return the variables that point cognito_nb at this pool and its first client.

        Parameters
        ----------
        user
            Who shall be signed in already, by a refresh token in ``COGNITO_NB_REFRESH_TOKEN``: then ``%cognito_login``
            needs neither a browser nor a Jupyter server, so nbclient and papermill run the notebook.
        profile
            For a profile of that name; by default for the default profile, whatever its name.
        """
        client = self.clients[self.client_id]
        prefix = "COGNITO_NB_" if profile is None else f"COGNITO_NB_{profile.upper().replace('-', '_')}__"
        settings = {
            "ISSUER": self.issuer,
            "USER_POOL_ID": self.user_pool_id,
            "CLIENT_ID": client.client_id,
            "REDIRECT_URIS": " ".join(client.callback_urls),
            "LOGOUT_URI": self.signed_out_url,
            "API_ORIGINS": self.api_url,
        }
        if client.client_secret is not None:
            settings["CLIENT_SECRET"] = client.client_secret
        if user is not None:
            settings |= {"REFRESH_TOKEN": self.tokens(user)["refresh_token"], "REMEMBER": "kernel"}
        return {prefix + name: value for name, value in settings.items()}

    def _redeem(self, browser: Browser, fields: Mapping[str, str], client_secret: str | None) -> dict[str, Any]:
        pair = base64.b64encode(f"{fields['client_id']}:{client_secret}".encode()).decode()
        headers = {} if client_secret is None else {"Authorization": f"Basic {pair}"}
        page = browser.post(f"{self.domain}/oauth2/token", fields, headers)
        if page.status != 200:  # noqa: PLR2004 - HTTP's OK
            raise ValueError(f"the token endpoint answered with status {page.status}")
        with suppress(json.JSONDecodeError):  # it has the body, and so the tokens, in it: not even as a context
            tokens: dict[str, Any] = json.loads(page.text)
            return tokens
        raise ValueError("the token endpoint answered with what is no JSON")


@dataclass(frozen=True, slots=True)
class _MovedClock:
    clock: Callable[[], float]
    seconds: float

    def __call__(self) -> float:
        return self.clock() + self.seconds


def _why(error: str, client: AppClient, scopes: Iterable[str]) -> str:
    allowed = client.scopes or ()
    if error != "invalid_scope" or not (refused := [scope for scope in scopes if scope not in allowed]):
        return ""
    return f"; client {client.client_id!r} may not ask for {', '.join(refused)}, but for {', '.join(allowed)}"
