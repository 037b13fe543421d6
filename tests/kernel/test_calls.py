"""The calls of a session: each way to an API has the token, and the same limits."""

import io
import json

import httpx
import httpx2
import pandas as pd
import pytest
import requests

from cognito_nb.errors import UntrustedOriginError


def test_auth_serves_clients_of_both_libraries(signed_in, pool):
    """Of the user's own making."""
    auth = signed_in.auth()
    for library in (httpx, httpx2):
        with library.Client(auth=auth, trust_env=False) as client:
            assert client.get(f"{pool.api_url}/me").json()["username"] == "ada"


def test_requests_auth_serves_requests(signed_in, pool):
    """With a session of requests, or a single call."""
    answer = requests.get(f"{pool.api_url}/me", auth=signed_in.requests_auth(), timeout=10)
    assert answer.json()["username"] == "ada"


def test_requests_auth_for_an_unsafe_address_is_refused(signed_in):
    """A token goes over https, or to this machine."""
    with pytest.raises(UntrustedOriginError, match="No token goes to"):
        signed_in.requests_auth("http://api.example.com")


def test_headers_serve_pandas(signed_in, pool):
    """As `storage_options`, which pandas hands to urllib."""
    url = f"{pool.api_url}/shipments?limit=3"
    assert len(pd.read_json(url, storage_options=signed_in.headers(url))) == 3


def test_open_serves_pandas(signed_in, pool):
    """Without urllib."""
    assert len(pd.read_json(signed_in.open(f"{pool.api_url}/shipments?limit=3"))) == 3


def test_open_gives_a_binary_file(signed_in, pool):
    """At its start, and it can seek."""
    file = signed_in.open(f"{pool.api_url}/orders?limit=1")
    assert isinstance(file, io.BytesIO)
    assert len(json.load(file)["items"]) == 1


@pytest.mark.parametrize("way", ["open", "headers"])
def test_foreign_url_is_refused(signed_in, way):
    """A URL may come from an answer, so it does not say for itself that the token may go there."""
    with pytest.raises(UntrustedOriginError, match="evil.example"):
        getattr(signed_in, way)("https://evil.example/orders.csv")


def test_wrong_token_is_told(signed_in, pool):
    """The demo API's /profile wants the ID token, and says no more than that it is not allowed."""
    with signed_in.client(pool.api_url) as api, pytest.raises(httpx.HTTPStatusError, match='To try: token="id"'):
        api.get("/profile").raise_for_status()
    assert json.load(signed_in.open(f"{pool.api_url}/profile", token="id"))["name"]
