"""Each unconfirmed point of Cognito is a switch; here the OAuth endpoints' ones are flipped."""

import base64
import hashlib
from dataclasses import fields
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from cognito_nb.local_pool import DEMO_PASSWORD, AppClient, Switches

CALLBACK = "http://localhost:8888/cognito/callback"


@pytest.fixture
def switched(make_caller):
    """Talk to a pool with some switches flipped; a client's options may follow."""

    def make(switches, /, **client):
        return make_caller({"switches": Switches(**switches)}, **client)

    return make


def query_of(response):
    parts = urlsplit(response.headers["Location"])
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


def test_every_switch_is_flipped_somewhere():
    """A switch without a test would be a promise without proof."""
    text = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [
        field.name for field in fields(Switches) if f'"{field.name}"' not in text and f"{field.name}=" not in text
    ] == []


@pytest.mark.parametrize(
    ("switch", "attempt", "error"),
    [
        ({"wrong_verifier_uses_code": False}, {"code_verifier": "wrong"}, None),
        ({"wrong_verifier_uses_code": True}, {"code_verifier": "wrong"}, "invalid_grant"),
        ({"failed_authentication_uses_code": True}, {"client_secret": "needless"}, "invalid_grant"),
        ({"failed_authentication_uses_code": False}, {"client_secret": "needless"}, None),
        ({"wrong_redirect_uses_code": True}, {"redirect_uri": CALLBACK + "/"}, "invalid_grant"),
        ({"wrong_redirect_uses_code": False}, {"redirect_uri": CALLBACK + "/"}, None),
    ],
)
def test_refused_token_request_uses_the_code_up_or_not(switched, switch, attempt, error):
    """What the second, correct request gets."""
    caller = switched(switch)
    code = caller.code()
    assert caller.redeem(code, **attempt).status_code == 400
    assert caller.redeem(code).json().get("error") == error


def test_needless_verifier_may_be_refused(switched):
    """A verifier that no challenge announced."""
    caller = switched({"needless_verifier_ignored": False})
    code = caller.code(code_challenge=None, code_challenge_method=None)
    assert caller.redeem(code).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize("verifier", ["v" * 42, "v" * 129, "v" * 42 + "/"])
@pytest.mark.parametrize("checked", [True, False])
def test_verifier_must_have_the_form_of_one_or_not(switched, verifier, checked):
    """RFC 7636 section 4.1: 43 to 128 unreserved characters, though its challenge would fit."""
    caller = switched({"verifier_form_checked": checked})
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    response = caller.redeem(caller.code(code_challenge=challenge), code_verifier=verifier)
    assert response.json().get("error") == ("invalid_grant" if checked else None)


@pytest.mark.parametrize("error", ["invalid_client", "unauthorized_client"])
def test_foreign_codes_and_refresh_tokens_can_have_other_errors(make_pool, caller, error):
    """What a client is told who sends what belongs to another."""
    switches = Switches(foreign_code_error=error, foreign_refresh_token_error=error)
    caller.pool = make_pool(AppClient(), AppClient(), switches=switches)
    caller.client_id, other = caller.pool.clients
    code = caller.code()
    assert caller.redeem(code, client_id=other).json() == {"error": error}
    assert caller.refresh(caller.redeem(code).json()["refresh_token"], client_id=other).json() == {"error": error}


@pytest.mark.parametrize(
    ("switch", "requested", "granted"),
    [
        ({"unknown_scope_ignored": True}, "openid orders/write", "openid"),
        (
            {"scope_without_openid_dropped": True},
            "email aws.cognito.signin.user.admin",
            "aws.cognito.signin.user.admin",
        ),
    ],
)
def test_unacceptable_scopes_can_be_left_out(switched, switch, requested, granted):
    """Instead of invalid_scope at the callback."""
    caller = switched(switch)
    assert caller.claims(caller.tokens(scope=requested)["access_token"])["scope"] == granted


def test_errors_can_come_without_state(switched):
    """As in most of AWS's own examples."""
    response = switched({"state_on_errors": False}).authorize(prompt="none")
    assert query_of(response) == {"error": "login_required"}


def test_error_page_can_come_at_once(switched):
    """With status 400, and without a redirect."""
    page = switched({"error_page_redirects": False}).authorize(client_id="nobody")
    assert page.status_code == 400
    assert "Client does not exist." in page.text


def test_userinfo_refusals_can_have_a_body(switched):
    """JSON beside the header field."""
    caller = switched({"userinfo_error_body": True})
    missing = caller.web.get(f"{caller.pool.domain}/oauth2/userInfo")
    assert missing.json()["error"] == "invalid_request"
    assert caller.userinfo("garbage").json()["error"] == "invalid_token"


def test_userinfo_can_take_post(switched):
    """The token is in the header field all the same."""
    caller = switched({"userinfo_post": True})
    headers = {"Authorization": f"Bearer {caller.tokens()['access_token']}"}
    assert caller.web.post(f"{caller.pool.domain}/oauth2/userInfo", headers=headers).json()["username"] == "ada"


def test_get_of_the_token_endpoint_can_be_an_oauth_error(switched):
    """Instead of an empty 405."""
    caller = switched({"token_get_is_invalid_request": True})
    response = caller.web.get(f"{caller.pool.domain}/oauth2/token")
    assert (response.status_code, response.json()) == (400, {"error": "invalid_request"})


@pytest.mark.parametrize(("revokes", "error"), [(True, "invalid_grant"), (False, None)])
def test_reuse_of_a_rotated_out_token_can_end_the_sign_in(switched, revokes, error):
    """The successor dies with it, and so does the access token."""
    caller = switched({"reuse_revokes_family": revokes}, rotation=True)
    first = caller.tokens()
    second = caller.refresh(first["refresh_token"]).json()
    assert caller.refresh(first["refresh_token"]).json() == {"error": "invalid_grant"}
    assert caller.userinfo(second["access_token"]).status_code == (401 if revokes else 200)
    assert caller.refresh(second["refresh_token"]).json().get("error") == error


def test_revocation_of_a_rotated_out_token_can_be_idle(switched):
    """Then the successor lives on."""
    caller = switched({"revoking_rotated_out_ends_family": False}, rotation=True)
    first = caller.tokens()["refresh_token"]
    second = caller.refresh(first).json()["refresh_token"]
    assert caller.revoke(token=first).status_code == 200
    assert caller.refresh(second).status_code == 200


def test_refresh_within_the_grace_can_give_no_refresh_token(switched):
    """Only the first use of a refresh token has a successor then."""
    caller = switched({"grace_gives_refresh_token": False}, rotation=True, rotation_grace=60)
    first = caller.tokens()["refresh_token"]
    assert "refresh_token" in caller.refresh(first).json()
    assert "refresh_token" not in caller.refresh(first).json()


@pytest.mark.parametrize(
    ("switch", "claim"), [({"nonce_on_refresh": False}, "nonce"), ({"at_hash_on_refresh": False}, "at_hash")]
)
def test_refreshed_id_token_can_lack_a_claim(switched, switch, claim):
    """The first one has it."""
    caller = switched(switch)
    tokens = caller.tokens()
    assert claim in caller.claims(tokens["id_token"])
    assert claim not in caller.claims(caller.refresh(tokens["refresh_token"]).json()["id_token"])


def test_refresh_can_give_an_id_token_that_the_sign_in_did_not_give(switched):
    """Without openid there is none at first."""
    caller = switched({"id_token_without_openid_on_refresh": True})
    tokens = caller.tokens(scope="aws.cognito.signin.user.admin")
    assert "id_token" not in tokens
    assert caller.claims(caller.refresh(tokens["refresh_token"]).json()["id_token"])["token_use"] == "id"


def test_query_of_a_callback_can_be_free(switched):
    """Another query than the registered one is accepted, another path is not."""
    caller = switched({"callback_query_compared": False}, callback_urls=[CALLBACK + "?a=1"])
    assert (
        caller.authorize(redirect_uri=CALLBACK + "?b=2").headers["Location"].startswith(f"{caller.pool.domain}/login")
    )
    assert query_of(caller.authorize(redirect_uri=CALLBACK + "/x?a=1"))["error"] == "redirect_mismatch"


def test_query_of_a_callback_can_get_lost(switched):
    """The answer takes its place."""
    caller = switched({"callback_query_kept": False}, callback_urls=[CALLBACK + "?a=1"])
    assert query_of(caller.authorize(redirect_uri=CALLBACK + "?a=1", prompt="none")).keys() == {"error", "state"}


@pytest.mark.parametrize("everything", [True, False])
def test_discovery_can_name_all_endpoints(switched, everything):
    """The addresses are right where they are given."""
    caller = switched({"discovery_names_all_endpoints": everything})
    metadata = caller.web.get(f"{caller.pool.issuer}/.well-known/openid-configuration").json()
    domain = caller.pool.domain if everything else None
    assert metadata.get("end_session_endpoint") == (domain and f"{domain}/logout")
    assert metadata.get("revocation_endpoint") == (domain and f"{domain}/oauth2/revoke")


def test_sign_in_page_can_be_without_cancel(switched):
    """As Cognito's own; a form that cancels all the same fails like a wrong password."""
    caller = switched({"sign_in_page_can_cancel": False})
    url, csrf = caller.open_sign_in_page()
    assert "Cancel" not in caller.web.get(url).text
    assert "Incorrect username or password." in caller.web.post(url, data={"_csrf": csrf, "cancel": "true"}).text


def test_stand_in_for_a_provider_can_always_cancel(switched):
    """Theirs have the button."""
    caller = switched({"sign_in_page_can_cancel": False}, identity_providers=("Google",))
    url, csrf = caller.open_sign_in_page()
    assert query_of(caller.web.post(url, data={"_csrf": csrf, "cancel": "true"}))["error"] == "access_denied"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_sign_in_page_can_be_without_a_style(switched, method):
    """Nobody signs in then; the authorization request itself is a good one."""
    caller = switched({"login_page_branded": False})
    sent = caller.authorize()
    assert sent.status_code == 302
    page = caller.web.request(method, sent.headers["Location"])
    assert page.status_code == 403
    assert "Login pages unavailable. Please contact an administrator." in page.text


def test_provider_needs_no_style(switched):
    """Its page is its own."""
    caller = switched({"login_page_branded": False}, identity_providers=("Google",))
    url = caller.authorize(identity_provider="Google").headers["Location"]
    assert caller.web.get(url).status_code == 200


def test_expired_page_can_have_another_status(switched):
    """The words are the same."""
    caller = switched({"expired_page_status": 200})
    url, _ = caller.open_sign_in_page()
    page = caller.web.post(url, data={"_csrf": "none", "username": "ada", "password": DEMO_PASSWORD})
    assert page.status_code == 200
    assert "Something went wrong" in page.text


def test_json_as_state_can_end_on_an_empty_page(switched):
    """As some have seen; base64 of the same passes."""
    caller = switched({"json_state_refused": True})
    response = caller.authorize(state='{"next": "/"}')
    assert (response.status_code, response.content) == (400, b"")
    assert caller.authorize(state=base64.urlsafe_b64encode(b'{"next": "/"}').decode()).status_code == 302


def test_pool_can_be_without_a_domain(switched):
    """The document exists without the domain's endpoints, which are 404."""
    caller = switched({"has_domain": False})
    metadata = caller.web.get(f"{caller.pool.issuer}/.well-known/openid-configuration").json()
    assert not {"authorization_endpoint", "token_endpoint", "userinfo_endpoint"} & metadata.keys()
    assert caller.authorize().status_code == 404
    assert caller.post_token(grant_type="refresh_token").status_code == 404


def test_token_sessions_are_limited(switched):
    """One more sign-in ends the refresh token that was used least recently, and only that."""
    caller = switched({"token_sessions": 3})
    first, second, third = (caller.tokens()["refresh_token"] for _ in range(3))
    caller.refresh(first)
    fourth = caller.tokens()["refresh_token"]
    assert caller.refresh(second).json() == {"error": "invalid_grant"}
    assert [caller.refresh(token).status_code for token in (first, third, fourth)] == [200] * 3


@pytest.mark.parametrize("count", [0, 101])
def test_impossible_number_of_token_sessions_is_refused(count):
    """Cognito takes 1 to 100."""
    with pytest.raises(ValueError, match="1 to 100"):
        Switches(token_sessions=count)
