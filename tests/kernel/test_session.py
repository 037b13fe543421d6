"""Session: what it tells, what it makes, and what it refuses."""

import asyncio
import copy
import errno
import io
import os
import pickle
import threading
import warnings
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

import pytest

import cognito_nb as cn
from cognito_nb import status
from cognito_nb.errors import NotSignedInError, TokenResponseError, UntrustedOriginError
from cognito_nb.local_pool import Fault
from cognito_nb.status import show_status
from cognito_nb.tokens.transport import tls_context

from .conftest import Browser, config_of, run_async


def test_repr_names_pool_and_state_but_no_person(signed_in):
    """A session as last expression of a cell is saved with the notebook."""
    assert "signed in" in repr(signed_in)
    assert "ada" not in repr(signed_in).lower()
    signed_in.close()
    assert "signed out" in repr(signed_in)


@pytest.mark.parametrize("send", [pickle.dumps, copy.copy, copy.deepcopy], ids=["pickle", "copy", "deepcopy"])
@pytest.mark.refused("NL-07")
def test_session_cannot_be_copied_or_pickled(signed_in, send):
    """Tokens do not leave the kernel by way of a pickle (NL-07)."""
    with pytest.raises(TypeError, match="must not leave this kernel"):
        send(signed_in)


def test_claims_are_read_only(signed_in):
    """What was verified stays what was verified."""
    with pytest.raises(TypeError):
        signed_in.claims["sub"] = "somebody else"


def test_expires_at_is_an_aware_datetime(signed_in):
    """The end of the access token, in UTC, about an hour ahead."""
    left = signed_in.expires_at - datetime.now(UTC)
    assert 3500 < left.total_seconds() <= 3600


@pytest.mark.parametrize("refresh", ["refresh", "arefresh"])
def test_refresh_replaces_the_access_token(signed_in, refresh):
    """Renewing gives another access token for the same user."""
    before = signed_in.token_source.tokens
    call(signed_in, refresh)
    assert signed_in.token_source.tokens.access.token != before.access.token
    assert signed_in.token_source.tokens.access.subject == before.access.subject


@pytest.mark.parametrize("userinfo", ["userinfo", "auserinfo"])
def test_userinfo_is_cognitos_answer(signed_in, userinfo):
    """Cognito sends booleans as strings there, and so they stay."""
    assert call(signed_in, userinfo)["email_verified"] == "true"


@pytest.mark.parametrize("revoke", ["revoke", "arevoke"])
def test_revoke_ends_the_session(signed_in, revoke):
    """A revoked session is no current session."""
    call(signed_in, revoke)
    assert not signed_in.is_alive
    with pytest.raises(NotSignedInError):
        cn.current_session()


def test_current_session_by_profile(signed_in, pool, browser):
    """Without a name the latest sign-in, with a name the profile's."""
    other = cn.login(
        config=config_of(pool, profile="other", scopes=["openid", "phone"]), open_url=browser.open, timeout=20
    )
    assert cn.current_session() is other
    assert cn.current_session("default") is signed_in
    with pytest.raises(NotSignedInError, match="third"):
        cn.current_session("third")


def test_current_session_by_another_profile_of_the_same_client(signed_in, pool):
    """A profile that the session serves as well finds it by its name."""
    assert cn.login(config=config_of(pool, profile="alias")) is signed_in
    assert cn.current_session("alias") is signed_in


def test_profiles_of_two_users_stay_two_users(config, browser, pool):
    """A profile's own session comes before another's that would fit, and neither ends the other."""
    ada = cn.login(config=config_of(pool, profile="ada"), open_url=browser.open, timeout=20)
    grace = Browser(pool, "grace")
    other = config_of(pool, profile="grace")
    session = cn.login(config=other, open_url=grace.open, timeout=20, force=True)
    grace.close()
    assert cn.login(config=config_of(pool, profile="ada")) is ada
    assert cn.login(config=other) is session
    assert (ada.user.username, session.user.username) == ("ada", "grace")


def test_login_again_takes_over_changed_settings(signed_in, pool):
    """A setting that says where tokens may go, or who is named, counts from the next login on."""
    changed = config_of(pool, api_origins=["https://api.example.com"], show_identity=False, logout_uri=None)
    assert cn.login(config=changed) is signed_in
    assert ("https", "api.example.com", 443) in signed_in.auth()._origins
    assert signed_in.logout_url is None


@pytest.mark.accepted("TR-13")
def test_login_with_a_scope_that_was_not_granted_is_still_a_no_op(signed_in, config, monkeypatch):
    """Cognito leaves inactive scopes out silently; asking again at every login would bring no more (TR-13)."""
    monkeypatch.setattr(type(signed_in), "scopes", ("openid",))
    assert cn.login(config=config, open_url=pytest.fail) is signed_in
    assert signed_in.missing_scopes == ("email", "profile")


def test_login_with_fewer_scopes_forgets_none_of_the_sessions(signed_in, config, pool):
    """A session that was found by a narrower login still serves the wider one."""
    assert cn.login(config=config_of(pool, scopes=["openid"])) is signed_in
    assert cn.login(config=config, open_url=pytest.fail) is signed_in


def test_replaced_session_is_revoked(signed_in, config, pool):
    """No refresh token that nobody holds any more lives on for a month."""
    grace = Browser(pool, "grace")
    cn.login(config=config, open_url=grace.open, timeout=20, force=True)
    grace.close()
    for thread in threading.enumerate():
        if thread is signed_in._background._thread:
            thread.join(5)
    assert "revoke" in [request.endpoint for request in pool.requests]


@pytest.mark.holds("LF-16")
def test_replacing_a_parents_session_in_a_forked_child_is_no_error(signed_in, monkeypatch):
    """The child may sign in itself; the parent's session is not its to end (LF-16)."""
    with monkeypatch.context() as patch:
        patch.setattr(signed_in._background, "_process", -1)
        signed_in.retire("replaced")
    assert not signed_in.is_alive
    signed_in.close()


def test_client_certificate_of_one_client_is_offered_by_no_other(signed_in, monkeypatch):
    """A TLS context that is shared is not added to."""
    loaded = []
    monkeypatch.setattr("truststore.SSLContext.load_cert_chain", lambda self, *_: loaded.append(self))
    with pytest.warns(DeprecationWarning, match="cert"):  # httpx's own
        signed_in.client("https://api.example.com", cert="client.pem").close()
    assert loaded
    assert tls_context() not in loaded


def test_session_without_openid_has_no_id_token(pool, browser):
    """The user is known from the access token then, by user name only; who wants the ID token is told why."""
    config = config_of(pool, scopes=["aws.cognito.signin.user.admin"])
    session = cn.login(config=config, open_url=browser.open, timeout=20)
    assert (session.user.username, session.user.email) == ("ada", None)
    with session.client(pool.api_url, token="id") as api, pytest.raises(NotSignedInError, match="no ID token"):
        api.get("/me")


def test_missing_scopes_are_told(signed_in):
    """Nothing is missing when all was granted."""
    assert (signed_in.missing_scopes, signed_in.unasked_scopes) == ((), ())


@pytest.mark.accepted("TR-13", "TR-15")
@pytest.mark.parametrize(
    ("granted", "words"),
    [
        ("openid email", "not granted: profile"),
        ("openid email profile aws.cognito.signin.user.admin", "Granted without having been asked for: aws.cognito."),
        ("openid email profile", "not renewed: there is no refresh token"),
    ],
)
def test_status_tells_how_the_tokens_differ_from_what_was_asked(signed_in, capsys, granted, words):
    """Fewer scopes, more scopes, no refresh token: each is taken, and each is said, in a terminal and to the card."""
    tokens = signed_in.token_source.tokens
    claims = MappingProxyType({**tokens.access.claims, "scope": granted})
    refresh_token = None if words.startswith("not renewed") else tokens.refresh_token
    signed_in.token_source._tokens = replace(
        tokens, access=replace(tokens.access, claims=claims), refresh_token=refresh_token
    )
    show_status()
    assert words in capsys.readouterr().out
    facts = status._facts(signed_in)
    assert facts["missing_scopes"] == (["profile"] if "profile" not in granted else [])
    assert (facts["can_refresh"], "message" in facts) == (refresh_token is not None, "admin" in granted)


@pytest.mark.refused("UI-05")
def test_userinfo_without_the_scope_renews_nothing(signed_in, pool):
    """403 is no 401: the missing scope is named, and neither token endpoint nor userInfo is asked again."""
    pool.requests.clear()
    pool.fail("userinfo", Fault(error="insufficient_scope", status=403))
    with pytest.raises(TokenResponseError, match="insufficient_scope|scope") as caught:
        signed_in.userinfo()
    assert "needs the scope" in str(caught.value)
    assert ([request.endpoint for request in pool.requests], signed_in.is_alive) == (["userinfo"], True)


@pytest.mark.holds("UI-08")
def test_what_cognito_knows_of_a_person_is_not_logged(config, browser, pool, caplog, capsys):
    """Name, mail and phone are for whoever asks: no log at DEBUG, output, error or repr has them."""
    caplog.set_level("DEBUG")
    session = cn.login(config=config, open_url=browser.open, timeout=20)
    about = session.userinfo()
    session.refresh()
    pool.fail("userinfo", Fault(error="invalid_token", status=401))
    with pytest.raises(TokenResponseError) as caught:
        session.userinfo()
    output = capsys.readouterr()
    said = f"{caplog.text}{output.out}{output.err}{caught.value!r}{vars(caught.value)}"
    said += f"{session!r}{session.token_source!r}"
    person = [session.user.name, session.user.email, about["email"], session.user.sub]
    assert all(person)
    assert not [value for value in person if value in said]


@pytest.mark.holds("LF-08")
@pytest.mark.parametrize(
    ("method", "endpoint"), [("auserinfo", "userinfo"), ("arefresh", "token"), ("asign_out", "revoke")]
)
def test_a_slow_endpoint_blocks_no_event_loop(signed_in, pool, method, endpoint):
    """Other tasks run on while Cognito takes its time."""
    pool.latency[endpoint] = 0.2

    async def main():
        ticks = 0
        task = asyncio.ensure_future(getattr(signed_in, method)())
        while not task.done():
            ticks += 1
            await asyncio.sleep(0.001)
        await task
        return ticks

    assert asyncio.run(main()) > 20


@pytest.mark.refused("LF-16")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_forked_child_neither_calls_nor_refreshes(signed_in, pool):
    """Each way is a named error there, before a byte is sent; the parent goes on, and a nice child changes nothing."""
    client = signed_in.client(pool.api_url)
    client.get("/me")
    before = len(pool.requests)
    ways = [lambda: client.get("/me"), signed_in.refresh, signed_in.userinfo, signed_in.sign_out]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn of any fork with threads
        child = os.fork()
    if child == 0:
        refused = 0
        try:
            os.nice(5)
            for way in ways:
                try:
                    way()
                except NotSignedInError as error:
                    refused += "forked" in str(error) or "signed out" in str(error)
        finally:
            os._exit(refused)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) >= 3
    assert len(pool.requests) == before
    signed_in.refresh()
    assert client.get("/me").status_code == 200
    client.close()


@pytest.mark.accepted("LF-15")
@pytest.mark.parametrize("home", [None, "/dev/null/nowhere", "/proc"])
def test_sign_in_needs_no_home_and_no_disk(config, browser, pool, monkeypatch, home):
    """No HOME, one that cannot be written, a full disk, no display: a sign-in writes and opens nothing."""

    def full(file, mode="r", *arguments, **keywords):
        if set(mode) & set("wax+"):
            raise OSError(errno.ENOSPC, "No space left on device", file)
        return opened(file, mode, *arguments, **keywords)

    opened = io.open
    for name in ("HOME", "DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    if home is not None:
        monkeypatch.setenv("HOME", home)
    monkeypatch.setattr("builtins.open", full)
    monkeypatch.setattr("io.open", full)
    session = cn.login(config=config, open_url=browser.open, timeout=20)
    session.refresh()
    with session.client(pool.api_url) as client:
        assert client.get("/me").json()["username"] == "ada"
    assert session.sign_out().revoked


@pytest.mark.parametrize("make", ["client", "async_client"])
@pytest.mark.parametrize("base_url", ["http://api.example.com", "ftp://x", "nothing", "https://ada@example.com"])
def test_client_for_an_unsafe_address_is_refused(signed_in, make, base_url):
    """A token goes over https, or to this machine."""
    with pytest.raises(UntrustedOriginError, match="No token goes to"):
        getattr(signed_in, make)(base_url)


def test_id_token_on_request(signed_in, pool):
    """`token="id"` sends the ID token, as API Gateway's authorizers want it; the demo API refuses it."""
    with signed_in.client(pool.api_url, token="id") as api:
        assert api.get("/me").status_code == 401


def call(session, name):
    method = getattr(session, name)
    return run_async(method)() if name.startswith("a") else method()
