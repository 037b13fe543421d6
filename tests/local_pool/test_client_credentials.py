"""Clients that act for themselves: the client credentials grant."""

import pytest

from cognito_nb.local_pool import ResourceServer

SECRET = "s3cretOfTheConfidentialClient2026"
SERVERS = {"resource_servers": [ResourceServer("orders", ("read", "write", "gone"))]}


@pytest.fixture
def machine(make_caller):
    """Talks as a client with two custom scopes and the client credentials flow."""
    scopes = ("openid", "orders/read", "orders/write", "orders/gone")
    caller = make_caller(SERVERS, flows=("client_credentials",), client_secret=SECRET, scopes=scopes)
    caller.pool.resource_servers["orders"] = ResourceServer("orders", ("read", "write"))
    return caller


def ask(caller, **parameters):
    return caller.post_token(
        **{"grant_type": "client_credentials", "client_id": caller.client_id, "client_secret": SECRET} | parameters
    )


def test_client_credentials_give_an_access_token_only(machine):
    """Its subject is the client; it has no user, and no session that could be revoked."""
    tokens = ask(machine).json()
    assert tokens.keys() == {"access_token", "expires_in", "token_type"}
    claims = machine.claims(tokens["access_token"])
    assert claims.pop("exp") - claims.pop("iat") == 3600
    assert claims.pop("auth_time")
    assert claims.pop("jti")
    assert claims == {
        "sub": machine.client_id,
        "client_id": machine.client_id,
        "iss": machine.pool.issuer,
        "token_use": "access",
        "version": 2,
        "scope": "orders/read orders/write",
    }


@pytest.mark.parametrize(
    ("scope", "granted"), [("orders/read", "orders/read"), ("orders/write orders/gone", "orders/write")]
)
def test_client_credentials_can_ask_for_less(machine, scope, granted):
    """A scope that was deleted is left out."""
    token = ask(machine, scope=scope).json()["access_token"]
    assert machine.claims(token)["scope"] == granted


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "openid"}, "invalid_scope"),
        ({"scope": "orders/delete"}, "invalid_scope"),
        ({"client_secret": None}, "invalid_client"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"grant_type": "authorization_code", "code": "c", "redirect_uri": "https://x"}, "unauthorized_client"),
        ({"grant_type": "refresh_token", "refresh_token": "r"}, "unauthorized_client"),
    ],
)
def test_client_credentials_errors(machine, changes, error):
    """Custom scopes only, with the secret only, and no other grant."""
    response = ask(machine, **changes)
    assert (response.status_code, response.json()) == (400, {"error": error})


def test_client_credentials_take_metadata_for_triggers(machine):
    """The local pool has no triggers to pass it to."""
    assert ask(machine, aws_client_metadata="%7B%22environment%22%3A%22test%22%7D").status_code == 200


def test_client_credentials_need_the_flag_and_the_flow(make_caller):
    """Without AllowedOAuthFlowsUserPoolClient it is invalid_grant, as SDK users found out."""
    off = make_caller(SERVERS, flows=("client_credentials",), client_secret=SECRET, oauth_enabled=False)
    assert ask(off).json() == {"error": "invalid_grant"}
    code = make_caller(SERVERS, client_secret=SECRET)
    assert ask(code).json() == {"error": "unauthorized_client"}


def test_token_of_a_client_opens_no_userinfo(machine):
    """There is no user to tell about."""
    assert machine.userinfo(ask(machine).json()["access_token"]).status_code == 401
