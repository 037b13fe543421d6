"""Our client at user pools that others wrote: ministack (PyPI) and oidc-provider (npm), which is OpenID-certified."""

import json
import re
import time
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

import cognito_nb as cn
from cognito_nb.errors import (
    NotSignedInError,
    SessionExpiredError,
    StateMismatchError,
    TokenResponseError,
    TokenVerificationError,
)
from cognito_nb.tokens.user_pool import UserPool


def post(url, **form):
    """Send a form, not through our client; return status and answer."""
    try:
        with urlopen(Request(url, urlencode(form).encode()), timeout=20) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def refresh_form(session):
    """Return what a thief of the refresh token would send."""
    tokens = session.token_source.tokens
    return {
        "grant_type": "refresh_token",
        "refresh_token": tokens.refresh_token.reveal(),
        "client_id": session.config.client_id,
    }


@pytest.mark.accepted("ID-34")
def test_sign_in_gives_a_verified_user(judge, login):
    """Their metadata, keys, answers and both tokens pass every check of ours, and tell who signed in."""
    session = login(judge)
    assert (session.user.username, session.user.email, session.user.name) == ("ada", "ada@example.com", "Ada")
    assert session.claims["iss"] == session.config.issuer
    assert (session.claims["aud"], session.claims["token_use"]) == (session.config.client_id, "id")
    assert session.claims["email_verified"] is True
    assert set(session.scopes) == {"openid", "email", "profile"}
    assert session.token_source.tokens.access.claims["token_use"] == "access"


def test_userinfo_is_about_the_user(judge, login):
    """The access token opens userInfo, which names the user of the ID token."""
    session = login(judge)
    userinfo = session.userinfo()
    assert (userinfo["sub"], userinfo["username"], userinfo["email"]) == (session.user.sub, "ada", "ada@example.com")


@pytest.mark.refused("TR-03")
def test_code_for_another_challenge_is_refused(judge, login):
    """A code that was asked for with another's challenge is worth nothing to this kernel, and leaves nothing."""
    with pytest.raises(TokenResponseError) as caught:
        login(judge, lambda url: re.sub(r"code_challenge=[^&]+", f"code_challenge={'A' * 43}", url))
    assert caught.value.error == "invalid_grant"
    with pytest.raises(NotSignedInError):
        cn.current_session()


@pytest.mark.refused("TR-03")
def test_code_that_was_used_is_refused(judge, login, monkeypatch):
    """The second exchange of a code fails, by the error that the standard has for it."""
    exchange = UserPool.exchange

    async def exchange_twice(user_pool, code, **facts):
        await exchange(user_pool, code, **facts)
        return await exchange(user_pool, code, **facts)

    monkeypatch.setattr(UserPool, "exchange", exchange_twice)
    with pytest.raises(TokenResponseError) as caught:
        login(judge)
    assert caught.value.error == "invalid_grant"


# ministack


def test_refresh_at_ministack_keeps_the_session(ministack, login):
    """The same user gets another access token; the refresh token, which it does not rotate, stays."""
    session = login(ministack, scopes=["aws.cognito.signin.user.admin"])  # no ID token: the next test says why
    before = session.token_source.tokens
    session.refresh()
    after = session.token_source.tokens
    assert after.access.token != before.access.token
    assert after.refresh_token == before.refresh_token
    assert session.user.username == "ada"


@pytest.mark.refused("RF-09")
def test_refresh_at_ministack_must_not_move_the_sign_in(ministack, login):
    """It puts the time of the refresh into `auth_time`, where OpenID Connect Core §12.2 wants that of the sign-in."""
    session = login(ministack)
    while int(time.time()) <= session.claims["auth_time"]:
        time.sleep(0.01)  # its clock shows no less than whole seconds
    with pytest.raises(TokenVerificationError) as caught:
        session.refresh()
    assert caught.value.claim == "auth_time"
    assert not session.is_alive


@pytest.mark.holds("RV-02")
def test_logout_from_ministack_says_that_nothing_was_revoked(ministack, login, capsys):
    """It has no revocation endpoint: the tokens are gone from here, and the text does not claim more."""
    session = login(ministack)
    form, endpoint = refresh_form(session), f"{ministack.settings['domain']}/oauth2/token"
    cn.logout(session=session)
    assert not session.is_alive
    assert "did not confirm" in capsys.readouterr().out
    assert post(endpoint, **form)[0] == 200  # the warning is true


# oidc-provider


@pytest.mark.accepted("RF-02")
def test_refresh_at_oidc_provider_survives_rotation(oidc_provider, login):
    """Each refresh sends the newest refresh token, and brings the same sign-in of the same user."""
    session = login(oidc_provider)
    seen = [session.token_source.tokens]
    for _ in range(2):
        session.refresh()
        seen.append(session.token_source.tokens)
    assert len({tokens.refresh_token.reveal() for tokens in seen}) == 3
    assert len({tokens.access.token.reveal() for tokens in seen}) == 3
    assert len({tokens.id.claims["auth_time"] for tokens in seen}) == 1
    assert session.userinfo()["sub"] == session.user.sub


@pytest.mark.refused("RF-05")
def test_refresh_token_that_a_thief_used_ends_the_session(oidc_provider, login):
    """oidc-provider sees a rotated token come back, and ends the family: the user hears to sign in again."""
    session = login(oidc_provider)
    status, _ = post(session._user_pool.metadata.token_endpoint, **refresh_form(session))
    assert status == 200
    with pytest.raises(SessionExpiredError):
        session.refresh()
    assert not session.is_alive


@pytest.mark.holds("RV-01")
def test_logout_from_oidc_provider_revokes(oidc_provider, login, capsys):
    """After a sign-out the refresh token is dead there, and so is the access token."""
    session = login(oidc_provider)
    metadata, form = session._user_pool.metadata, refresh_form(session)
    bearer = session.token_source.tokens.access.token.reveal()
    cn.logout(session=session)
    assert "Tokens revoked" in capsys.readouterr().out
    assert post(metadata.token_endpoint, **form)[1]["error"] == "invalid_grant"
    assert post(metadata.userinfo_endpoint, access_token=bearer)[1]["error"] == "invalid_token"


@pytest.mark.refused("CB-18")
def test_answer_that_was_robbed_of_its_issuer_is_refused(oidc_provider, login):
    """Discovery promises `iss` (RFC 9207), and the answer has none: it may be another server's."""
    with pytest.raises(StateMismatchError, match="iss is missing"):
        login(oidc_provider, client_id="app_without_iss")
