"""The token, revocation and userInfo endpoints as web pages and byte counters see them; grants have their own tests."""

import json

import pytest


@pytest.mark.parametrize(("path", "method"), [("token", "POST"), ("revoke", "POST"), ("userInfo", "GET")])
def test_preflight_lets_web_pages_call(caller, path, method):
    """The Fetch standard's CORS protocol: any origin, the endpoint's method, the fields that clients send."""
    response = caller.web.options(f"{caller.pool.domain}/oauth2/{path}", headers={"Origin": "https://app.example.com"})
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Access-Control-Allow-Methods"] == method
    assert {"Authorization", "Content-Type"} <= set(response.headers["Access-Control-Allow-Headers"].split(", "))


def test_json_comes_without_blanks(caller):
    """As AWS sends it."""
    for response in (caller.refresh("x"), caller.web.get(f"{caller.pool.issuer}/.well-known/jwks.json")):
        assert response.text == json.dumps(response.json(), separators=(",", ":"))
