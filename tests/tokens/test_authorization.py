"""The Authorization header: where it may go, and how little of it is shown."""

import copy
import pickle
import pprint

import pytest
from tokens.fakes import NO_MEMORY, FakePool, new_tokens

from cognito_nb.errors import NotSignedInError, UntrustedOriginError
from cognito_nb.tokens.authorization import allowed_origins, check_kind, headers_for
from cognito_nb.tokens.refresh import RefreshEngine
from cognito_nb.tokens.source import TokenSource

API = "https://api.example.com"


@pytest.fixture
def engine():
    pool = FakePool()
    yield RefreshEngine(TokenSource(new_tokens()), pool, NO_MEMORY)
    pool.background.stop()


@pytest.fixture
def token(engine):
    return engine.current().access.token.reveal()


@pytest.fixture
def headers(engine):
    return headers_for(f"{API}/orders.csv?limit=5", engine, allowed_origins([API]), "access")


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "api.example.com",
        "https://user@api.example.com",
        "ftp://api",
        "https://169.254.169.254",
        "",
        "x",
    ],
)
def test_allowed_origins_refuses_what_no_token_may_go_to(url):
    """https, or this machine (RFC 6750 §5.3)."""
    with pytest.raises(UntrustedOriginError, match="No token goes to"):
        allowed_origins([url])


def test_allowed_origins_normalises():
    """Paths do not matter, default ports are filled in."""
    urls = iter(["https://API.example.com/v1?a=b", "https://api.example.com:443", "http://localhost:8000/"])
    assert allowed_origins(urls) == {("https", "api.example.com", 443), ("http", "localhost", 8000)}


def test_headers_for_hold_the_token(headers, token):
    """A plain dict of plain strings, for whatever takes those."""
    assert headers == {"Authorization": f"Bearer {token}"}
    assert headers["Authorization"].encode("latin-1") == f"Bearer {token}".encode()


def test_headers_for_the_id_token(engine):
    """On request."""
    sent = headers_for(API, engine, allowed_origins([API]), "id")
    assert sent == {"Authorization": f"Bearer {engine.current().id.token.reveal()}"}


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "https://api.example.com:8443/", "http://api.example.com/", "/orders", "https://["]
)
def test_headers_for_another_origin_are_refused(engine, url):
    """The same rule as for a client."""
    with pytest.raises(UntrustedOriginError, match="No token goes to"):
        headers_for(url, engine, allowed_origins([API]), "access")


def test_headers_for_another_origin_show_no_password_and_no_query(engine):
    """The error names the place, and no more of the URL."""
    with pytest.raises(UntrustedOriginError) as caught:
        headers_for("https://evil.example/?key=hidden-7", engine, allowed_origins([API]), "access")
    assert "evil.example" in str(caught.value)
    assert "hidden-7" not in str(caught.value)


def test_headers_for_somebody_signed_out_are_refused(engine):
    """There is no token."""
    engine._source.wipe()
    with pytest.raises(NotSignedInError):
        headers_for(API, engine, allowed_origins([API]), "access")


@pytest.mark.parametrize("show", [repr, str, "{}".format, pprint.pformat], ids=["repr", "str", "format", "pprint"])
@pytest.mark.parametrize("keep", [dict, lambda headers: {**headers, "Accept": "text/csv"}, copy.deepcopy])
def test_headers_for_show_no_token(headers, token, show, keep):
    """As a cell's last expression they would be saved with the notebook; merged with others as well (NL-01)."""
    shown = show(keep(headers))
    assert token not in shown
    assert "'Authorization': 'Bearer ***'" in shown


@pytest.mark.parametrize("keep", [dict, lambda headers: headers["Authorization"]])
@pytest.mark.refused("NL-07")
def test_headers_for_are_not_pickled(headers, keep):
    """Tokens do not leave the kernel by way of a pickle (NL-07)."""
    with pytest.raises(TypeError, match="must not leave this kernel"):
        pickle.dumps(keep(headers))


@pytest.mark.parametrize("kind", ["refresh", "ID", "acess", "", None])
def test_a_misspelt_kind_of_token_is_refused(kind):
    """Nothing is guessed: the ID token would go to an API that was to get the access token."""
    with pytest.raises(ValueError, match='"access" or "id"'):
        check_kind(kind)
