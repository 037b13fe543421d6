"""What tests do to a pool without a browser: tokens of a user, a browser stand-in, its clock."""

import jwt
import pytest

from cognito_nb.local_pool import DEMO_PASSWORD, AppClient, Fault, IdentityProvider, User

from .conftest import CALLBACK, SECRET


def test_tokens_are_those_of_a_real_sign_in(pool, caller):
    """All three, for that user and client, and they work at the pool's endpoints."""
    tokens = pool.tokens("grace", scopes=["openid", "email"])
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert (claims["username"], claims["client_id"]) == ("grace", pool.client_id)
    assert caller.userinfo(tokens["access_token"]).json()["email"] == "grace@example.com"
    assert caller.refresh(tokens["refresh_token"]).status_code == 200


def test_tokens_without_scopes_have_all_of_the_client(pool):
    """As in a request without `scope`."""
    claims = jwt.decode(pool.tokens("ada")["access_token"], options={"verify_signature": False})
    assert set(claims["scope"].split()) == set(pool.clients[pool.client_id].scopes)


def test_tokens_of_a_client_with_a_secret(make_pool):
    """It authenticates; the client is chosen by its id."""
    pool = make_pool(AppClient(), AppClient(client_id="confidential", client_secret=SECRET))
    tokens = pool.tokens("ada", client_id="confidential")
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert claims["client_id"] == "confidential"


def test_tokens_of_a_federated_user(make_pool):
    """They come by way of the provider's page."""
    pool = make_pool(AppClient(identity_providers=("Google",)), identity_providers=[IdentityProvider("Google")])
    pool.add_user("7", provider="Google")
    claims = jwt.decode(pool.tokens("Google_7")["id_token"], options={"verify_signature": False})
    assert claims["identities"][0]["providerName"] == "Google"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"username": "nobody"}, "no user 'nobody'"),
        ({"username": "ada", "client_id": "nothing"}, "no client 'nothing'"),
        ({"username": "ada", "scopes": ["what"]}, "invalid_scope"),
    ],
)
def test_tokens_say_why_there_are_none(pool, arguments, said):
    """A wrong name, or what the pool's redirect says."""
    with pytest.raises(ValueError, match=said):
        pool.tokens(**arguments)


def test_tokens_say_which_scopes_were_refused(pool):
    """And what the client may ask for."""
    with pytest.raises(ValueError, match=r"invalid_scope; client '\w+' may not ask for o/read, but for .*openid"):
        pool.tokens("ada", scopes=["openid", "o/read"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda pool: pool.advance("1h"), "seconds takes int or float, not str"),
        (lambda pool: pool.tokens("ada", scopes="openid"), "scopes takes a list of str, not str"),
        (lambda pool: pool.fail("token", 503), "fault takes Fault, not int"),
        (lambda pool: pool.add_user(User(username="mary")), "username takes str, not User"),
        (lambda pool: pool.add_user("mary", groups="readers"), "groups takes a list of str, not str"),
        (lambda pool: pool.put_user("mary"), "user takes User, not str"),
        (lambda pool: pool.register_callback(7), "callback_urls takes a list of str, not of int"),
    ],
)
def test_argument_of_another_type_is_refused(pool, call, message):
    """At once and by its name, before the server's thread trips over it."""
    with pytest.raises(TypeError, match=message):
        call(pool)


def test_tokens_say_how_the_token_endpoint_failed(pool):
    """By status; the body may be anything."""
    pool.fail("token", Fault(status=503))
    with pytest.raises(ValueError, match="status 503"):
        pool.tokens("ada")


def test_advance_adds_up_in_both_directions(pool):
    """There and back again is now."""
    pool.clock = lambda: 1000.0
    pool.advance(50)
    pool.advance(-20)
    assert pool.clock() == 1030


def test_advance_in_a_loop_leaves_a_pool_that_answers(pool, web):
    """However many steps: none of them makes the next slower or deeper."""
    pool.clock = lambda: 1_800_000_000.0
    for _ in range(2000):
        pool.advance(1)
    assert pool.clock() == 1_800_002_000
    assert web.get(f"{pool.issuer}/.well-known/jwks.json").status_code == 200


@pytest.mark.parametrize("seconds", [2.6e11, -7e10, float("nan"), float("inf")])
def test_advance_stays_within_the_years_that_have_a_date(pool, web, seconds):
    """A jump to the year 10183 is refused and changes nothing."""
    now = pool.clock()
    with pytest.raises(ValueError, match="year from 1 to 9999"):
        pool.advance(seconds)
    assert pool.clock() - now < 60
    assert web.get(f"{pool.issuer}/.well-known/jwks.json").status_code == 200


def test_tokens_keep_a_broken_answer_out_of_the_error(pool):
    """Half of a token response is no JSON, and holds tokens: no exception brings it along."""
    pool.fail("token", Fault(cut="half"))
    with pytest.raises(ValueError, match="no JSON") as caught:
        pool.tokens("ada")
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_browser_is_the_user_named(pool):
    """With the user's own password; an unknown name is refused at once."""
    pool.add_user("mary", "a-password-of-mary")
    link = f"{pool.domain}/oauth2/authorize?response_type=code&client_id={pool.client_id}&redirect_uri={CALLBACK}"
    assert pool.browser("mary").leave(pool.domain, link).startswith(f"{CALLBACK}?code=")
    with pytest.raises(ValueError, match="no user 'nobody'"):
        pool.browser("nobody")


def test_sign_in_says_that_a_page_leads_nowhere(pool):
    """A pool that is down sends no browser on: page and status are told, the query is not."""
    pool.fail("authorize", Fault(status=503))
    with pytest.raises(ValueError, match=r"/oauth2/authorize, status 503"):
        pool.sign_in(f"{pool.domain}/oauth2/authorize?state=secret", "ada", DEMO_PASSWORD)
