"""Signing out: nothing of a session is left in this kernel, whatever Cognito says to it."""

import gc

import pytest
from lab import wait_for

import cognito_nb as cn
from cognito_nb.errors import NotSignedInError
from cognito_nb.local_pool import Fault
from cognito_nb.secret import Secret
from cognito_nb.status import show_status
from cognito_nb.tokens import transport as transport_module

from .notebooks import asked, call


def signed_in_still(secrets):
    """Return which of these secrets any object of this process holds."""
    gc.collect()
    return [name for name, value in secrets.items() if any(_is(each, value) for each in gc.get_objects())]


def _is(each, value):
    return type(each) is Secret and each.reveal() == value


@pytest.mark.holds("RV-01", "RV-06")
def test_sign_out_leaves_no_token_and_no_claim_in_memory(logout, signed_in, pool, capsys):
    """Tokens, claims and identity are gone from all objects, an open client's included; the status says so."""
    client = signed_in.client(pool.api_url)
    assert client.get("/me").status_code == 200
    signed_in.userinfo()
    tokens = signed_in.token_source.tokens
    secrets = {name: getattr(tokens, name).token.reveal() for name in ("access", "id")}
    secrets["refresh"] = tokens.refresh_token.reveal()
    del tokens
    assert signed_in_still(secrets) == ["access", "id", "refresh"]
    logout()
    assert signed_in_still(secrets) == []
    for name in ("user", "claims", "scopes", "expires_at"):
        with pytest.raises(NotSignedInError, match="You are signed out"):
            getattr(signed_in, name)
    client.close()
    capsys.readouterr()
    show_status()
    assert "Nobody is signed in" in capsys.readouterr().out


UNCONFIRMED = [
    pytest.param(Fault(status=503, retry_after=7), "HTTP status 503", marks=pytest.mark.holds("RV-02")),
    pytest.param(Fault(status=500), "HTTP status 500", marks=pytest.mark.holds("RV-02")),
    pytest.param(Fault(cut="reset"), "broke off", marks=pytest.mark.holds("RV-02")),
    pytest.param(Fault(delay=0.5), "did not answer within", marks=pytest.mark.holds("RV-02")),
    pytest.param(Fault(error="unsupported_token_type"), "unsupported_token_type", marks=pytest.mark.holds("RV-03")),
    pytest.param(Fault(error="invalid_request"), "invalid_request", marks=pytest.mark.holds("RV-03")),
]


@pytest.mark.parametrize(("fault", "words"), UNCONFIRMED)
def test_sign_out_that_cognito_does_not_confirm_is_one_here(signed_in, pool, monkeypatch, capsys, fault, words):
    """The tokens are wiped all the same, and the text says why they may still be alive at Cognito."""
    if fault.delay:
        monkeypatch.setattr(transport_module, "_DEADLINE", 0.1)
    pool.fail("revoke", fault)
    cn.logout()
    said = capsys.readouterr().out
    assert ("did not confirm" in said, words in said, "may still be alive" in said) == (True, True, True)
    assert (signed_in.is_alive, asked(pool, "revoke")) == (False, 1)
    with pytest.raises(NotSignedInError):
        cn.current_session()


@pytest.mark.refused("RV-05")
def test_sign_out_while_a_refresh_is_under_way_is_one(signed_in, pool):
    """The tokens that come afterwards are nobody's; who waited is told, and no data call goes out."""
    pool.latency["token"] = 0.3
    waiting = signed_in._background.submit(signed_in._engine._join(signed_in.token_source.tokens))
    wait_for(lambda: asked(pool, "token") == 2, "the refresh", 5)
    signed_in.sign_out()
    assert isinstance(waiting.exception(5), NotSignedInError)
    with pytest.raises(NotSignedInError):
        call(signed_in)
