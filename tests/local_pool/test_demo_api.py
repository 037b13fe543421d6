"""The demo API: access tokens only, and every record once."""

import jwt
import pytest

from cognito_nb.local_pool import AppClient


def get(caller, path, token=None, **parameters):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return caller.web.get(f"{caller.pool.api_url}{path}", headers=headers, params=parameters)


def test_orders_come_in_pages_to_the_end(caller):
    """Following `next` gives every record once, in order of date; the last page says that it is."""
    token = caller.tokens()["access_token"]
    page = get(caller, "/orders", token, limit=500).json()
    items = page["items"]
    while page["next"]:
        page = caller.web.get(page["next"], headers={"Authorization": f"Bearer {token}"}).json()
        items += page["items"]
    assert page["next_cursor"] is None
    assert len({item["id"] for item in items}) == len(items) == 5000
    assert [item["date"] for item in items] == sorted(item["date"] for item in items)
    fields = "id date customer country product category quantity unit_price total status"
    assert set(items[0]) == set(fields.split())
    assert all(item["total"] == round(item["quantity"] * item["unit_price"], 2) for item in items)


def test_orders_are_the_same_in_every_page_size(caller):
    """The cursor fits any limit; 100 is the default."""
    token = caller.tokens()["access_token"]
    first = get(caller, "/orders", token).json()
    small = get(caller, "/orders", token, limit=60).json()
    rest = get(caller, "/orders", token, limit=40, cursor=small["next_cursor"]).json()
    assert small["items"] + rest["items"] == first["items"]


@pytest.mark.parametrize("parameters", [{"limit": 0}, {"limit": 501}, {"limit": "x"}, {"cursor": "x"}, {"cursor": "é"}])
def test_orders_refuse_bad_parameters(caller, parameters):
    """400 with a reason."""
    response = get(caller, "/orders", caller.tokens()["access_token"], **parameters)
    assert response.status_code == 400
    assert "limit" in response.json()["error"]


def test_me_tells_whom_the_api_sees(caller):
    """User name, groups and scopes of the access token."""
    answer = get(caller, "/me", caller.tokens("grace")["access_token"]).json()
    assert answer == {"username": "grace", "groups": ["analysts"], "scopes": ["openid", "profile", "email"]}


def test_health_is_open(caller):
    """No token needed."""
    assert get(caller, "/health").json() == {"status": "ok"}


def test_api_without_token_asks_for_one(caller):
    """RFC 6750 section 3.1: a challenge without an error code."""
    response = get(caller, "/orders")
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_api_refuses_every_other_token(caller, make_pool, advance):
    """An ID token, another pool's token under the same keys, an unknown client's, a forged one, an expired one."""
    tokens = caller.tokens()
    pool = caller.pool
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    sign = pool.keys.access_token.sign
    assert get(caller, "/me", sign(claims)).status_code == 200
    bad = [
        tokens["id_token"],
        sign(claims | {"iss": make_pool().issuer}),
        sign(claims | {"client_id": AppClient().client_id}),
        sign(claims | {"token_use": "id"}),
        pool.keys.id_token.sign(claims),
        jwt.encode(claims, "a-secret-that-is-long-enough-for-hs256", algorithm="HS256"),
        "garbage",
    ]
    for token in bad:
        response = get(caller, "/me", token)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    advance(3600)
    assert get(caller, "/me", tokens["access_token"]).status_code == 401


def test_api_does_not_know_of_revocation(caller):
    """It verifies offline, as most APIs do: a revoked sign-in's access token works until it expires."""
    tokens = caller.tokens()
    caller.revoke(token=tokens["refresh_token"])
    assert get(caller, "/me", tokens["access_token"]).status_code == 200
