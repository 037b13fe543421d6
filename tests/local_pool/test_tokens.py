"""Claims, signatures, key set, discovery and userInfo, judged by PyJWT alone."""

import base64
import hashlib

import jwt
import pytest

from cognito_nb.local_pool import DEMO_PASSWORD, Group, IdentityProvider, User


@pytest.fixture
def verify(caller):
    """Verify a token as the Cognito developer guide says, and return its claims."""

    def decode(token, **options):
        keys = caller.web.get(f"{caller.pool.issuer}/.well-known/jwks.json").json()["keys"]
        key = next(key for key in keys if key["kid"] == jwt.get_unverified_header(token)["kid"])
        return jwt.decode(token, jwt.PyJWK(key), algorithms=["RS256"], issuer=caller.pool.issuer, **options)

    return decode


def test_id_token_has_the_claims_of_cognito(caller, verify):
    """Every claim of the contract, and no other; the verified flag is a boolean."""
    tokens = caller.tokens()
    claims = verify(tokens["id_token"], audience=caller.client_id)
    uuids = {name: claims.pop(name) for name in ("sub", "jti", "origin_jti", "event_id")}
    assert len({len(value) for value in uuids.values()}) == 1
    assert claims.pop("exp") - claims["iat"] == 3600
    assert claims.pop("auth_time") <= claims.pop("iat")
    assert claims == {
        "iss": caller.pool.issuer,
        "aud": caller.client_id,
        "token_use": "id",
        "nonce": "the-nonce",
        "at_hash": base64.urlsafe_b64encode(hashlib.sha256(tokens["access_token"].encode()).digest()[:16])
        .rstrip(b"=")
        .decode(),
        "cognito:username": "ada",
        "cognito:groups": ["admins", "analysts"],
        "email": "ada@example.com",
        "email_verified": True,
        "name": "Ada Lovelace",
        "given_name": "Ada",
        "family_name": "Lovelace",
        "custom:team": "research",
    }


def test_access_token_has_the_claims_of_cognito(caller, verify):
    """It names the client, has no audience and says nothing about the user but name and groups."""
    tokens = caller.tokens()
    claims = verify(tokens["access_token"])
    id_claims = verify(tokens["id_token"], audience=caller.client_id)
    for shared in ("sub", "origin_jti", "event_id", "auth_time", "iat"):
        assert claims.pop(shared) == id_claims[shared]
    assert claims.pop("jti") != id_claims["jti"]
    assert claims.pop("exp") - id_claims["iat"] == 3600
    assert claims == {
        "iss": caller.pool.issuer,
        "client_id": caller.client_id,
        "token_use": "access",
        "version": 2,
        "scope": "openid profile email",
        "username": "ada",
        "cognito:groups": ["admins", "analysts"],
    }


def test_tokens_are_signed_by_two_keys_and_have_bare_headers(caller):
    """A key for each kind of token; kid and alg only, and kid is standard base64 of 32 bytes."""
    tokens = caller.tokens()
    headers = [jwt.get_unverified_header(tokens[kind]) for kind in ("id_token", "access_token")]
    assert [set(header) for header in headers] == [{"kid", "alg"}] * 2
    assert headers[0]["kid"] != headers[1]["kid"]
    assert len(base64.b64decode(headers[0]["kid"], validate=True)) == 32


def test_jwks_holds_two_public_rsa_keys(caller):
    """2,048 bits each, and no private member."""
    keys = caller.web.get(f"{caller.pool.issuer}/.well-known/jwks.json").json()["keys"]
    assert [set(key) for key in keys] == [{"alg", "e", "kid", "kty", "n", "use"}] * 2
    assert {jwt.PyJWK(key).key.key_size for key in keys} == {2048}


def test_discovery_names_the_endpoints(caller):
    """The issuer matches the address, and each endpoint answers there."""
    metadata = caller.web.get(f"{caller.pool.issuer}/.well-known/openid-configuration").json()
    assert metadata["issuer"] == caller.pool.issuer
    assert metadata["authorization_endpoint"] == f"{caller.pool.domain}/oauth2/authorize"
    assert metadata["token_endpoint"] == f"{caller.pool.domain}/oauth2/token"
    assert metadata["userinfo_endpoint"] == f"{caller.pool.domain}/oauth2/userInfo"
    assert metadata["jwks_uri"] == f"{caller.pool.issuer}/.well-known/jwks.json"
    assert "code_challenge_methods_supported" not in metadata


def test_user_without_groups_has_no_groups_claim(caller, verify):
    """Absent, not empty."""
    assert "cognito:groups" not in verify(caller.tokens("linus")["access_token"])


def test_no_nonce_comes_back_when_none_was_sent(caller, verify):
    """A local user is no federated one."""
    assert "nonce" not in verify(caller.tokens(nonce=None)["id_token"], audience=caller.client_id)


def test_resource_becomes_the_audience_of_the_access_token(caller, verify):
    """RFC 8707; it stays across a refresh."""
    tokens = caller.tokens(resource="https://api.example.com")
    again = caller.refresh(tokens["refresh_token"]).json()
    for token in (tokens["access_token"], again["access_token"]):
        assert verify(token, audience="https://api.example.com")["aud"] == "https://api.example.com"


def test_refreshed_tokens_keep_what_belongs_to_the_sign_in(caller, verify, advance):
    """auth_time, origin_jti and sub stay; iat, exp and jti move."""
    tokens = caller.tokens()
    advance(-600)
    again = caller.refresh(tokens["refresh_token"]).json()
    before, after = (verify(answer["id_token"], audience=caller.client_id) for answer in (tokens, again))
    for kept in ("sub", "auth_time", "origin_jti", "nonce"):
        assert after[kept] == before[kept]
    assert after["jti"] != before["jti"]
    assert before["iat"] - after["iat"] == before["exp"] - after["exp"] in {599, 600}


def test_cookie_sign_in_keeps_the_time_of_the_password(caller, verify, advance):
    """auth_time tells when the user last typed a password."""
    caller.sign_in()
    code = caller.authorize().headers["Location"].partition("code=")[2].partition("&")[0]
    advance(-60)
    claims = verify(caller.redeem(code).json()["id_token"], audience=caller.client_id)
    assert claims["auth_time"] - claims["iat"] in {59, 60}


@pytest.mark.parametrize(
    ("scope", "present", "absent"),
    [
        ("openid", {"email", "phone_number", "name", "custom:team"}, set()),
        ("openid email", {"email", "email_verified"}, {"phone_number", "name", "custom:team"}),
        ("openid phone", {"phone_number", "phone_number_verified"}, {"email", "name"}),
        ("openid profile", {"name", "given_name", "custom:team"}, {"email", "phone_number"}),
        ("openid aws.cognito.signin.user.admin", {"email", "name"}, set()),
    ],
)
def test_scopes_open_attributes(caller, verify, scope, present, absent):
    """The same ones in the ID token and in userInfo."""
    tokens = caller.tokens(scope=scope)
    claims = verify(tokens["id_token"], audience=caller.client_id)
    userinfo = caller.userinfo(tokens["access_token"]).json()
    assert present <= set(claims)
    assert not absent & set(claims)
    assert present <= set(userinfo)
    assert not absent & set(userinfo)


def test_scopes_left_out_mean_all_of_the_client(caller, verify):
    """In the client's order, not the request's."""
    scope = verify(caller.tokens(scope=None)["access_token"])["scope"]
    assert scope == "aws.cognito.signin.user.admin phone openid profile email demo-api/reports.read"


def test_userinfo_has_strings_only_and_another_name_for_the_user(caller):
    """The verified flag is text here, and groups are missing."""
    response = caller.userinfo(caller.tokens(scope="openid email")["access_token"])
    assert response.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert "no-store" in response.headers["Cache-Control"]
    body = response.json()
    assert body.pop("sub")
    assert body == {"email": "ada@example.com", "email_verified": "true", "username": "ada"}


def test_userinfo_refuses_what_is_no_live_access_token_for_it(caller, advance):
    """401 for an ID token, a token without openid, garbage and an expired one; the header has no scheme."""
    tokens = caller.tokens()
    without_openid = caller.tokens(scope="aws.cognito.signin.user.admin")["access_token"]
    for token in (tokens["id_token"], without_openid, "garbage"):
        response = caller.userinfo(token)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith('error="invalid_token", error_description="')
    assert caller.userinfo(tokens["access_token"]).status_code == 200
    advance(3600)
    assert caller.userinfo(tokens["access_token"]).status_code == 401


def test_userinfo_without_token_is_a_bad_request(caller):
    """400 rather than 401, as Cognito documents it; other methods are 405."""
    url = f"{caller.pool.domain}/oauth2/userInfo"
    response = caller.web.get(url)
    assert response.status_code == 400
    assert response.headers["WWW-Authenticate"].startswith('error="invalid_request"')
    assert caller.web.post(url).status_code == 405


def id_claims(caller, username="ada", **changes):
    return caller.claims(caller.tokens(username, **changes)["id_token"])


def test_groups_with_roles_show_in_the_id_token(make_caller):
    """Each role once, and the one of the lowest precedence as the preferred one."""
    groups = [Group("admins", "arn:aws:iam::1:role/a", 5), Group("analysts", "arn:aws:iam::1:role/b", 1)]
    claims = id_claims(make_caller({"groups": groups}))
    assert claims["cognito:groups"] == ["admins", "analysts"]
    assert claims["cognito:roles"] == ["arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b"]
    assert claims["cognito:preferred_role"] == "arn:aws:iam::1:role/b"


def test_groups_of_the_same_precedence_prefer_no_role(make_caller):
    """The roles are there, the choice is not made."""
    groups = [Group("admins", "arn:aws:iam::1:role/a", 1), Group("analysts", "arn:aws:iam::1:role/b", 1)]
    claims = id_claims(make_caller({"groups": groups}))
    assert len(claims["cognito:roles"]) == 2
    assert "cognito:preferred_role" not in claims


def test_federated_user_has_an_identity_and_a_nonce(make_caller):
    """The provider's record of the user, and a nonce even where the client sent none."""
    user = User(username="7", provider="Google", created_at=1_700_000_000.25)
    caller = make_caller({"users": [user]}, identity_providers=("Google",))
    claims = id_claims(caller, user.username, nonce=None)
    assert claims["identities"] == [
        {
            "userId": "7",
            "providerName": "Google",
            "providerType": "Google",
            "issuer": None,
            "primary": "true",
            "dateCreated": "1700000000250",
        }
    ]
    assert claims["nonce"]
    assert id_claims(caller, user.username, nonce="mine")["nonce"] == "mine"


@pytest.mark.parametrize(
    ("provider", "kind"), [(IdentityProvider("Acme", "SAML"), "SAML"), (IdentityProvider("Acme"), "OIDC")]
)
def test_identity_names_the_type_of_its_provider(make_caller, provider, kind):
    """OIDC unless said otherwise."""
    options = {"users": [User(username="7", provider="Acme")], "identity_providers": [provider]}
    claims = id_claims(make_caller(options, identity_providers=("Acme",)), "Acme_7")
    assert claims["identities"][0]["providerType"] == kind


@pytest.mark.parametrize(
    ("options", "has_jti"),
    [({"token_revocation": False}, False), ({"token_revocation": False, "rotation": True}, True)],
)
def test_tokens_have_a_jti_only_where_it_serves_for_something(make_caller, options, has_jti):
    """For revocation or for rotation; userInfo works without."""
    caller = make_caller(**options)
    tokens = caller.tokens()
    claims = caller.claims(tokens["access_token"])
    assert ({"jti", "origin_jti"} <= claims.keys()) is has_jti
    assert caller.userinfo(tokens["access_token"]).status_code == 200


def test_unreadable_attributes_are_nowhere(make_caller):
    """Neither in the ID token nor in userInfo."""
    caller = make_caller(read_attributes=("name",))
    tokens = caller.tokens(scope="openid")
    claims = caller.claims(tokens["id_token"])
    assert claims["name"] == "Ada Lovelace"
    assert "email" not in claims
    assert set(caller.userinfo(tokens["access_token"]).json()) == {"sub", "name", "username"}


def test_custom_attributes_are_strings(caller):
    """Whatever they look like."""
    caller.pool.add_user("mary", DEMO_PASSWORD, attributes={"custom:level": "7"})
    assert id_claims(caller, "mary", scope="openid")["custom:level"] == "7"


def test_discovery_document_has_the_fields_of_old(caller):
    """No more, so that a client cannot rely on newer ones."""
    metadata = caller.web.get(f"{caller.pool.issuer}/.well-known/openid-configuration").json()
    assert list(metadata) == [
        "authorization_endpoint",
        "id_token_signing_alg_values_supported",
        "issuer",
        "jwks_uri",
        "response_types_supported",
        "scopes_supported",
        "subject_types_supported",
        "token_endpoint",
        "token_endpoint_auth_methods_supported",
        "userinfo_endpoint",
    ]


def test_userinfo_of_a_user_who_is_gone_is_401(caller):
    """Deleted, or another person under the same name."""
    token = caller.tokens()["access_token"]
    caller.pool.remove_user("ada")
    assert caller.userinfo(token).status_code == 401
    caller.pool.add_user("ada", "another person")
    assert caller.userinfo(token).status_code == 401
