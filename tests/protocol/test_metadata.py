"""Discovery documents, and endpoints derived from a configured domain."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import make
from protocol.test_http import JSON

from cognito_nb.errors import CognitoError, ConfigurationError, NetworkError, ProtocolError
from cognito_nb.protocol.http import HttpResponse
from cognito_nb.protocol.metadata import (
    Metadata,
    discovery_request,
    metadata_of_domain,
    process_discovery_response,
)

LOCAL_ISSUER = "http://127.0.0.1:9229/local_EXAMPLE"
MEMBERS = {
    "authorization_endpoint": f"{make.DOMAIN}/oauth2/authorize",
    "id_token_signing_alg_values_supported": ["RS256"],
    "issuer": make.ISSUER,
    "jwks_uri": f"{make.ISSUER}/.well-known/jwks.json",
    "response_types_supported": ["code", "token"],
    "scopes_supported": ["openid", "email", "phone", "profile"],
    "subject_types_supported": ["public"],
    "token_endpoint": f"{make.DOMAIN}/oauth2/token",
    "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    "userinfo_endpoint": f"{make.DOMAIN}/oauth2/userInfo",
}
COMPLETE = Metadata(
    issuer=make.ISSUER,
    authorization_endpoint=f"{make.DOMAIN}/oauth2/authorize",
    token_endpoint=f"{make.DOMAIN}/oauth2/token",
    jwks_uri=f"{make.ISSUER}/.well-known/jwks.json",
    userinfo_endpoint=f"{make.DOMAIN}/oauth2/userInfo",
    revocation_endpoint=f"{make.DOMAIN}/oauth2/revoke",
    end_session_endpoint=f"{make.DOMAIN}/logout",
)


def process(issuer=make.ISSUER, endpoints=None, **changes):
    document = make.changed({**MEMBERS, "issuer": issuer}, changes)
    return process_discovery_response(make.answer(document), issuer=issuer, endpoints=endpoints)


def test_discovery_request_goes_to_the_issuer():
    """The document stands on the issuer's host, below the pool's path, and asking for it takes no credentials."""
    request = discovery_request(make.ISSUER)
    assert (request.method, request.url, request.headers, request.content) == (
        "GET",
        f"{make.ISSUER}/.well-known/openid-configuration",
        {"Accept": "application/json"},
        b"",
    )


def test_discovery_response_of_cognito_gives_all_endpoints():
    """A document as captured from Cognito; what it leaves out follows from the token endpoint."""
    assert process() == COMPLETE


def test_discovery_response_names_revocation_and_logout_itself():
    """Endpoints of the document stand before derived ones."""
    named = {"revocation_endpoint": f"{make.DOMAIN}/other/revoke", "end_session_endpoint": f"{make.DOMAIN}/bye"}
    metadata = process(**named)
    assert metadata.revocation_endpoint == named["revocation_endpoint"]
    assert metadata.end_session_endpoint == named["end_session_endpoint"]


@pytest.mark.parametrize("member", ["token", "userinfo", "revocation", "end_session"])
@pytest.mark.parametrize("url", ["https://evil.example/x", "https://localhost/x"])
def test_discovery_response_names_one_domain_only(member, url):
    """A code goes nowhere but to the host where the user typed the password."""
    with pytest.raises(ProtocolError, match=f"{member}_endpoint on another host"):
        process(**{f"{member}_endpoint": url})


def test_discovery_response_beside_a_configured_page_is_taken():
    """Whoever overrides the page has said where it stands."""
    page = {"authorization": "http://localhost:1/authorize"}
    assert process(endpoints=page, token_endpoint="https://x.example/token").token_endpoint == "https://x.example/token"


def test_discovery_response_with_another_token_path_derives_nothing():
    """Nobody guesses where a foreign provider revokes."""
    metadata = process(token_endpoint=f"{make.DOMAIN}/token")
    assert (metadata.revocation_endpoint, metadata.end_session_endpoint) == (None, None)


def test_discovery_response_yields_to_configured_endpoints():
    """A configured override replaces the document's member."""
    assert process(endpoints={"token": "http://localhost:1/t"}).token_endpoint == "http://localhost:1/t"


@pytest.mark.parametrize(
    ("announced", "expected"), [(True, True), (False, False), ("true", False), (make.ABSENT, False)]
)
def test_discovery_response_tells_of_iss_in_responses(announced, expected):
    """Only a JSON true announces `iss` (RFC 9207 §3)."""
    assert process(authorization_response_iss_parameter_supported=announced).iss_in_response is expected


@pytest.mark.parametrize("status", [400, 404])
def test_discovery_response_tells_of_a_missing_pool(status):
    """Cognito answers so where the user pool does not exist; the setting is named."""
    with pytest.raises(ConfigurationError, match="no user pool at") as raised:
        process_discovery_response(make.answer({}, status), issuer=make.ISSUER)
    assert raised.value.setting == "user_pool_id"


@pytest.mark.parametrize("missing", ["authorization_endpoint", "token_endpoint"])
@pytest.mark.parametrize("value", [make.ABSENT, None])
def test_discovery_response_tells_of_a_pool_without_domain(missing, value):
    """Without a domain there is no sign-in page; the setting is named."""
    with pytest.raises(ConfigurationError, match="no domain") as raised:
        process(**{missing: value})
    assert raised.value.setting == "domain"


@pytest.mark.parametrize(
    "issuer",
    [make.ABSENT, None, 5, [make.ISSUER], make.ISSUER + "/", make.ISSUER + "1", make.ISSUER.replace("https", "http")],
)
def test_discovery_response_of_another_issuer_is_refused(issuer):
    """The document must name exactly the configured issuer (OpenID Connect Discovery §4.3)."""
    document = make.changed(MEMBERS, {"issuer": issuer})
    with pytest.raises(ProtocolError, match="names another issuer"):
        process_discovery_response(make.answer(document), issuer=make.ISSUER)


def test_discovery_response_without_keys_is_refused():
    """Without keys no token can be verified."""
    with pytest.raises(ProtocolError, match="no jwks_uri"):
        process(jwks_uri=make.ABSENT)


@pytest.mark.refused("CF-01", "CF-02")
@pytest.mark.parametrize(
    "member",
    [
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "userinfo_endpoint",
        "revocation_endpoint",
        "end_session_endpoint",
    ],
)
@pytest.mark.parametrize(
    "url",
    [
        5,
        ["https://x.example"],
        "",
        "/oauth2/token",
        "https:///token",
        "http://x.example/token",
        "http://localhost/token",
        "ftp://x.example/token",
        "javascript:alert(1)",
        "https://user@x.example/token",
        "https://x.example@evil.example/token",
        "https://x.example/token#fragment",
        "https://x.example/token#",
        "https://x.example/token?a=b",
        "https://x.example/token?",
        "https://x.example/token\r\nX-Evil: 1",
        " https://x.example/token",
        "https://x.example\\.evil.example/token",
        "https://x.example:99999/token",
        "https://x.example:port/token",
        "https://[::1/token",
        "https://169.254.169.254/token",
        "https://bücher.example/token",
    ],
)
def test_discovery_response_with_an_unusable_endpoint_is_refused(member, url):
    """An endpoint is https, on a public host, with nothing to smuggle by (CF-01, CF-02); the member is named."""
    with pytest.raises(ProtocolError, match=f"no usable URL as {member}"):
        process(**{member: url})


def test_discovery_response_of_a_local_pool_may_use_plain_http():
    """An issuer on plain http loopback may have its endpoints there."""
    assert process(LOCAL_ISSUER, token_endpoint="http://127.0.0.1:9229/oauth2/token").token_endpoint.startswith("http:")


def test_discovery_response_of_a_local_pool_may_not_use_http_elsewhere():
    """Plain http stays on this machine."""
    with pytest.raises(ProtocolError, match="token_endpoint"):
        process(LOCAL_ISSUER, token_endpoint="http://x.example/oauth2/token")


def test_discovery_response_of_5xx_may_pass():
    """A fault of the server is no fault of the setting."""
    with pytest.raises(NetworkError, match="503"):
        process_discovery_response(make.answer(status=503), issuer=make.ISSUER)


@given(st.binary(max_size=200), st.integers(100, 599))
def test_discovery_response_may_be_anything(content, status):
    """Arbitrary status and bytes raise only errors of this package."""
    with pytest.raises(CognitoError):
        process_discovery_response(HttpResponse(status, {}, content), issuer=make.ISSUER)


@given(st.dictionaries(st.sampled_from(sorted(MEMBERS)), JSON))
def test_discovery_document_may_hold_anything(changes):
    """Arbitrary members give metadata or an error of this package."""
    with suppress(CognitoError):
        assert isinstance(process_discovery_response(make.answer({**MEMBERS, **changes}), issuer=make.ISSUER), Metadata)


def test_metadata_of_domain_gives_all_endpoints():
    """A configured domain needs no discovery."""
    assert metadata_of_domain(make.ISSUER, make.DOMAIN) == COMPLETE


def test_metadata_of_domain_yields_to_configured_endpoints():
    """A configured override replaces the derived endpoint."""
    metadata = metadata_of_domain(make.ISSUER, make.DOMAIN, endpoints={"jwks": "http://localhost:1/keys"})
    assert metadata.jwks_uri == "http://localhost:1/keys"
