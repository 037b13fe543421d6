"""The token and revocation endpoints: who may have tokens, and for what."""

import base64
from dataclasses import replace

import pytest

from cognito_nb.local_pool import AppClient, Lifetimes

SECRET = "s3cretOfTheConfidentialClient2026"


def basic(client_id, secret):
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def test_code_is_exchanged_for_three_tokens(caller):
    """The members are Cognito's, no more and no less, and so are the header fields."""
    response = caller.redeem(caller.code())
    assert response.status_code == 200
    assert set(response.json()) == {"id_token", "access_token", "refresh_token", "expires_in", "token_type"}
    assert (response.json()["expires_in"], response.json()["token_type"]) == (3600, "Bearer")
    assert response.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["x-amz-cognito-request-id"]


def test_code_without_openid_gives_no_id_token(caller):
    """Neither at first nor on refresh."""
    tokens = caller.tokens(scope="aws.cognito.signin.user.admin")
    assert "id_token" not in tokens
    assert "id_token" not in caller.refresh(tokens["refresh_token"]).json()


def test_code_without_challenge_needs_no_verifier(caller):
    """Cognito does not require PKCE, and ignores a verifier that nobody announced."""
    plain = {"code_challenge": None, "code_challenge_method": None}
    assert caller.redeem(caller.code(**plain), code_verifier=None).status_code == 200
    assert caller.redeem(caller.code(**plain)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"grant_type": None}, {"error": "invalid_request"}),
        ({"grant_type": "password"}, {"error": "unsupported_grant_type"}),
        ({"grant_type": "client_credentials"}, {"error": "unauthorized_client"}),
        ({"code": None}, {"error": "invalid_request"}),
        ({"code": "unknown"}, {"error": "invalid_grant"}),
        ({"redirect_uri": None}, {"error": "invalid_request"}),
        (
            {"redirect_uri": "http://localhost:8888/cognito/callback/"},
            {"error": "unauthorized_client", "error_description": "invalid_redirect"},
        ),
        ({"client_id": None}, {"error": "invalid_client"}),
        ({"client_id": "nobody"}, {"error": "invalid_client"}),
        ({"client_secret": "needless"}, {"error": "invalid_client"}),
        ({"code": ["a", "b"]}, {"error": "invalid_request"}),
        ({"code": ""}, {"error": "invalid_request"}),
    ],
)
def test_refused_token_request_answers_400_and_leaves_the_code_usable(caller, changes, answer):
    """Every error has status 400 and Cognito's body; none of these consumes the code."""
    code = caller.code()
    response = caller.redeem(code, **changes)
    assert (response.status_code, response.json()) == (400, answer)
    assert caller.redeem(code).status_code == 200


def test_code_works_once(caller):
    """A second use is invalid_grant."""
    code = caller.code()
    assert caller.redeem(code).status_code == 200
    again = caller.redeem(code)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})


def test_code_lives_five_minutes(caller, advance):
    """At the end of the fifth it is invalid_grant."""
    code, late = caller.code(), caller.code()
    advance(295)
    assert caller.redeem(code).status_code == 200
    advance(5)
    assert caller.redeem(late).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize("verifier", [None, "", "another-code-verifier-of-more-than-forty-three-chars"])
def test_wrong_verifier_uses_the_code_up(caller, verifier):
    """Whoever stole the code has one try."""
    code = caller.code()
    assert caller.redeem(code, code_verifier=verifier).json() == {"error": "invalid_grant"}
    assert caller.redeem(code).json() == {"error": "invalid_grant"}


def test_public_client_must_not_send_an_authorization_header(caller):
    """Not even with an empty secret."""
    response = caller.redeem(caller.code(), basic(caller.client_id, ""))
    assert (response.status_code, response.json()) == (400, {"error": "invalid_client"})


def test_confidential_client_authenticates_by_header_or_body(confidential):
    """With the header, the client id in the body is optional."""
    header = basic(confidential.client_id, SECRET)
    assert confidential.redeem(confidential.code(), header, client_id=None).status_code == 200
    assert confidential.redeem(confidential.code(), header).status_code == 200
    assert confidential.redeem(confidential.code(), client_secret=SECRET).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        {},
        basic("{id}", "wrong"),
        basic("somebody", SECRET),
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + base64.b64encode(b"no-colon").decode()},
        {"Authorization": "Bearer token"},
    ],
)
def test_confidential_client_without_its_secret_is_invalid(confidential, header):
    """The code survives a failed authentication."""
    code = confidential.code()
    response = confidential.redeem(code, header)
    assert (response.status_code, response.json()) == (400, {"error": "invalid_client"})
    assert confidential.redeem(code, client_secret=SECRET).status_code == 200


def test_confidential_client_that_authenticates_in_two_ways_is_invalid(confidential):
    """RFC 6749 section 2.3: the secret is in the header or in the body."""
    header = basic(confidential.client_id, SECRET)
    response = confidential.redeem(confidential.code(), header, client_secret=SECRET)
    assert (response.status_code, response.json()) == (400, {"error": "invalid_client"})


@pytest.mark.parametrize("secret", ["", "wrong"])
def test_confidential_client_with_a_wrong_secret_in_the_body_is_invalid(confidential, secret):
    """The same answer as for a wrong header."""
    assert confidential.redeem(confidential.code(), client_secret=secret).json() == {"error": "invalid_client"}


@pytest.mark.parametrize("endpoint", ["token", "revoke"])
def test_machine_endpoints_answer_other_methods_and_bodies_with_an_empty_405(caller, endpoint):
    """Cognito does so for a content type that is not a form's."""
    url = f"{caller.pool.domain}/oauth2/{endpoint}"
    for response in (caller.web.get(url), caller.web.post(url, json={"grant_type": "refresh_token"})):
        assert (response.status_code, response.content) == (405, b"")


def test_token_endpoint_reads_the_form_only(caller):
    """Parameters in the query do not count."""
    response = caller.web.post(f"{caller.pool.domain}/oauth2/token?grant_type=refresh_token", data={"a": "b"})
    assert response.json() == {"error": "invalid_request"}


def test_refresh_gives_new_tokens_but_no_refresh_token(caller):
    """The old refresh token goes on working; an extra redirect_uri or scope is tolerated."""
    first = caller.tokens()
    second = caller.refresh(first["refresh_token"], redirect_uri="http://x", scope="openid")
    assert set(second.json()) == {"id_token", "access_token", "expires_in", "token_type"}
    assert second.json()["access_token"] != first["access_token"]
    assert caller.refresh(first["refresh_token"]).status_code == 200


def test_refresh_errors(caller):
    """Missing is a bad request, unknown a bad grant."""
    assert caller.refresh(None).json() == {"error": "invalid_request"}
    assert caller.refresh("unknown").json() == {"error": "invalid_grant"}


def test_codes_and_refresh_tokens_are_bound_to_their_client(make_pool, caller):
    """Another client of the pool cannot use them, nor revoke the token; and does not spoil them by trying."""
    pool = make_pool(AppClient(), AppClient())
    owner, other = (replace(caller, pool=pool, client_id=client_id) for client_id in pool.clients)
    code = owner.code()
    assert other.redeem(code).json() == {"error": "invalid_grant"}
    token = owner.redeem(code).json()["refresh_token"]
    assert other.refresh(token).json() == {"error": "invalid_grant"}
    assert other.revoke(token=token).status_code == 200
    assert owner.refresh(token).status_code == 200


def test_refresh_token_expires(caller, advance):
    """Refreshing does not extend its life."""
    token = caller.tokens()["refresh_token"]
    advance(30 * 24 * 3600 - 5)
    assert caller.refresh(token).status_code == 200
    advance(5)
    assert caller.refresh(token).json() == {"error": "invalid_grant"}


def test_rotation_retires_the_old_refresh_token(make_caller):
    """Without grace it is dead at once; the new one works."""
    caller = make_caller(rotation=True)
    first = caller.tokens()["refresh_token"]
    second = caller.refresh(first).json()["refresh_token"]
    assert second != first
    assert caller.refresh(first).json() == {"error": "invalid_grant"}
    assert caller.refresh(second).status_code == 200


def test_rotation_grace_counts_from_the_first_use(make_caller):
    """Within it the old token gives a new trio again; a second use does not prolong it."""
    caller = make_caller(rotation=True, rotation_grace=10)
    now = caller.pool.clock()
    caller.pool.clock = lambda: now
    first = caller.tokens()["refresh_token"]
    caller.refresh(first)
    caller.pool.clock = lambda: now + 9
    assert set(caller.refresh(first).json()) >= {"id_token", "access_token", "refresh_token"}
    caller.pool.clock = lambda: now + 10
    assert caller.refresh(first).json() == {"error": "invalid_grant"}


def test_rotation_does_not_extend_the_life_of_the_first_refresh_token(make_caller):
    """The new token has the time that was left."""
    caller = make_caller(rotation=True)
    now = caller.pool.clock()
    caller.pool.clock = lambda: now
    first = caller.tokens()["refresh_token"]
    caller.pool.clock = lambda: now + 29 * 24 * 3600
    second = caller.refresh(first).json()["refresh_token"]
    caller.pool.clock = lambda: now + 30 * 24 * 3600
    assert caller.refresh(second).json() == {"error": "invalid_grant"}


def test_revoke_ends_the_tokens_of_one_sign_in(caller):
    """Refresh and userInfo stop; the same user's other sign-in goes on."""
    revoked, other = caller.tokens(), caller.tokens()
    response = caller.revoke(token=revoked["refresh_token"])
    assert (response.status_code, response.content) == (200, b"")
    assert caller.refresh(revoked["refresh_token"]).json() == {"error": "invalid_grant"}
    assert caller.userinfo(revoked["access_token"]).status_code == 401
    assert caller.refresh(other["refresh_token"]).status_code == 200
    assert caller.userinfo(other["access_token"]).status_code == 200


def test_revoke_of_a_rotated_out_token_ends_the_family(make_caller):
    """The successor dies with it: both stem from the same sign-in."""
    caller = make_caller(rotation=True)
    first = caller.tokens()["refresh_token"]
    second = caller.refresh(first).json()
    assert caller.revoke(token=first).status_code == 200
    assert caller.refresh(second["refresh_token"]).json() == {"error": "invalid_grant"}
    assert caller.userinfo(second["access_token"]).status_code == 401


def test_revoke_of_a_dead_or_unknown_token_succeeds(caller):
    """RFC 7009 section 2.2."""
    token = caller.tokens()["refresh_token"]
    answers = [caller.revoke(token=candidate) for candidate in (token, token, "garbage")]
    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"")] * 3


@pytest.mark.parametrize("kind", ["access_token", "id_token"])
def test_revoke_takes_refresh_tokens_only(caller, kind):
    """Another kind of token is named as such."""
    response = caller.revoke(token=caller.tokens()[kind])
    assert (response.status_code, response.json()) == (400, {"error": "unsupported_token_type"})


def test_revoke_errors(caller, confidential):
    """A missing or repeated token is 400; bad client credentials are 401, unlike at the token endpoint."""
    for bad in (caller.revoke(), caller.revoke(token=["x", "y"])):
        assert (bad.status_code, bad.json()) == (400, {"error": "invalid_request"})
    for refused in (caller.revoke(token="x", client_id="nobody"), confidential.revoke(token="x")):
        assert (refused.status_code, refused.json()) == (401, {"error": "invalid_client"})


@pytest.mark.parametrize(
    ("read_attributes", "scope", "status"),
    [
        (("email",), "openid email", 400),
        (("email", "email_verified"), "openid email", 200),
        (("email", "email_verified"), "openid", 200),
        (("name",), "openid profile", 400),
        (None, "openid profile email phone", 200),
    ],
)
def test_code_is_worthless_when_the_client_cannot_read_behind_its_scopes(make_caller, read_attributes, scope, status):
    """One attribute that is not readable makes it invalid_grant."""
    caller = make_caller(read_attributes=read_attributes)
    response = caller.redeem(caller.code(scope=scope))
    assert response.status_code == status
    assert response.json().get("error") == (None if status == 200 else "invalid_grant")


def test_client_that_lost_its_oauth_flows_gets_no_tokens(caller):
    """AllowedOAuthFlowsUserPoolClient is needed at the token endpoint too."""
    code, token = caller.code(), caller.tokens()["refresh_token"]
    caller.pool.clients[caller.client_id].oauth_enabled = False
    assert caller.redeem(code).json() == {"error": "invalid_grant"}
    assert caller.refresh(token).json() == {"error": "invalid_grant"}


def test_refresh_needs_what_the_code_needed(caller):
    """A client that may no longer read behind its scopes gets no more tokens."""
    token = caller.tokens(scope="openid email")["refresh_token"]
    caller.pool.clients[caller.client_id].read_attributes = ("email",)
    assert caller.refresh(token).json() == {"error": "invalid_grant"}


def test_code_shows_what_has_become_of_the_user(caller):
    """New groups are in the tokens; the code of a user who is gone, or is another person now, is worthless."""
    changed, gone, ada = caller.code(), caller.code(), caller.pool.user("ada")
    caller.pool.put_user(replace(ada, groups=("board",)))
    assert caller.claims(caller.redeem(changed).json()["id_token"])["cognito:groups"] == ["board"]
    caller.pool.remove_user("ada")
    assert caller.redeem(gone).json() == {"error": "invalid_grant"}
    caller.pool.add_user("ada", "another person")
    assert caller.redeem(gone).json() == {"error": "invalid_grant"}


def test_refresh_of_a_client_without_the_code_flow_is_unauthorized(make_caller):
    """An implicit client has nothing to refresh."""
    caller = make_caller(flows=("implicit",))
    for response in (caller.refresh("any"), caller.redeem("any")):
        assert (response.status_code, response.json()) == (400, {"error": "unauthorized_client"})


def test_refresh_shows_what_has_become_of_the_user(caller):
    """New groups and attributes; a user who is gone, or is another person now, gets invalid_grant."""
    token, ada = caller.tokens()["refresh_token"], caller.pool.user("ada")
    caller.pool.put_user(replace(ada, groups=("board",)))
    access_token = caller.refresh(token).json()["access_token"]
    assert caller.claims(access_token)["cognito:groups"] == ["board"]
    caller.pool.remove_user("ada")
    assert caller.refresh(token).json() == {"error": "invalid_grant"}
    caller.pool.add_user("ada", "another person")
    assert caller.refresh(token).json() == {"error": "invalid_grant"}


def test_client_can_have_lifetimes_of_its_own(make_caller):
    """In the response, in the tokens, and in what the pool still takes."""
    lifetimes = Lifetimes(access_token=60, id_token=120, refresh_token=600, code=30)
    caller = make_caller(lifetimes=lifetimes)
    now = caller.pool.clock()
    caller.pool.clock = lambda: now
    late, tokens = caller.code(), caller.tokens()
    claims = {kind: caller.claims(tokens[kind]) for kind in ("id_token", "access_token")}
    assert tokens["expires_in"] == 60
    assert [claims[kind]["exp"] - claims[kind]["iat"] for kind in ("access_token", "id_token")] == [60, 120]
    caller.pool.clock = lambda: now + 30
    assert caller.redeem(late).json() == {"error": "invalid_grant"}
    caller.pool.clock = lambda: now + 600
    assert caller.refresh(tokens["refresh_token"]).json() == {"error": "invalid_grant"}


def test_revocation_can_be_off(make_caller):
    """Then it is a bad request, and nothing is revoked."""
    caller = make_caller(token_revocation=False)
    token = caller.tokens()["refresh_token"]
    response = caller.revoke(token=token)
    assert (response.status_code, response.json()) == (400, {"error": "invalid_request"})
    assert caller.refresh(token).status_code == 200


def test_revoke_leaves_the_browser_session_alone(caller):
    """The next sign-in asks for no password."""
    code = caller.sign_in().headers["Location"].partition("code=")[2].partition("&")[0]
    caller.revoke(token=caller.redeem(code).json()["refresh_token"])
    assert "code=" in caller.authorize(prompt="none").headers["Location"]


def test_confidential_client_revokes_by_header_or_body(confidential):
    """With its secret, in either place."""
    for how in ({"headers": basic(confidential.client_id, SECRET)}, {"data": {"client_secret": SECRET}}):
        token = confidential.redeem(confidential.code(), client_secret=SECRET).json()["refresh_token"]
        form = {"token": token, "client_id": confidential.client_id} | how.get("data", {})
        url = f"{confidential.pool.domain}/oauth2/revoke"
        assert confidential.web.post(url, data=form, headers=how.get("headers")).status_code == 200
        assert confidential.refresh(token, client_secret=SECRET).json() == {"error": "invalid_grant"}
