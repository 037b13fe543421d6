"""Several accounts in one kernel, changing the user, and what a sign-out ends and does not."""

from datetime import datetime
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest

import cognito_nb as cn
from cognito_nb.errors import NotSignedInError, SessionExpiredError, StateMismatchError
from cognito_nb.local_pool import AppClient, LocalUserPool
from cognito_nb.status import show_status
from cognito_nb.user import may_be_named
from cognito_nb.wire import ENV_SERVER_URL

from .conftest import Browser, config_of
from .notebooks import asked, call

SECOND_CLIENT = "2second0client0of0the0pool"


@pytest.fixture
def other_pool(jupyter):
    with LocalUserPool(pool_id="local_Other") as pool:
        pool.register_callback(f"{jupyter.environment[ENV_SERVER_URL]}cognito/callback")
        yield pool


@pytest.fixture
def two_clients(jupyter):
    with LocalUserPool(clients=[AppClient(), AppClient(client_id=SECOND_CLIENT)]) as pool:
        pool.register_callback(f"{jupyter.environment[ENV_SERVER_URL]}cognito/callback")
        yield pool


@pytest.fixture(params=["two pools", "one pool, two clients"])
def settings(request, tmp_path, monkeypatch):
    """A cognito.toml with the profiles dev and prod; returns the pool of each."""
    if request.param == "two pools":
        dev, prod = request.getfixturevalue("pool"), request.getfixturevalue("other_pool")
        clients = (dev.client_id, prod.client_id)
    else:
        dev = prod = request.getfixturevalue("two_clients")
        clients = (dev.client_id, SECOND_CLIENT)
    lines = ['default = "dev"']
    for name, pool, client_id in (("dev", dev, clients[0]), ("prod", prod, clients[1])):
        lines += [f"[profiles.{name}]", f'issuer = "{pool.issuer}"', f'user_pool_id = "{pool.user_pool_id}"']
        lines += [f'client_id = "{client_id}"', f'api_origins = ["{pool.api_url}"]']
    (tmp_path / "cognito.toml").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    return {"dev": dev, "prod": prod}


class Person(Browser):
    """Somebody at a browser that keeps its session at Cognito."""

    def __init__(self, pool, username):
        super().__init__(pool, username)
        self.at_cognito = pool.browser(username)

    def visit(self, url):
        self.come_back(self.at_cognito.leave(self.pool.domain, self.start(url)))

    def make_way_for(self, username):
        """Let somebody else sit down there."""
        self.at_cognito._fields["username"] = username

    def gets_in_without_a_password(self):
        """Go to Cognito as another site would send the browser there."""
        page = self.at_cognito._open(Request(self.authorization_urls[0]))
        return not page.location.startswith(f"{self.pool.domain}/login")

    def prompts(self):
        """Return what each authorization request asked Cognito to prompt for."""
        return [parse_qs(urlsplit(url).query).get("prompt", [None])[0] for url in self.authorization_urls]


@pytest.fixture
def person():
    people = []

    def sit_down(pool, username):
        people.append(Person(pool, username))
        return people[-1]

    yield sit_down
    for each in people:
        each.close()


def test_profiles_have_sessions_of_their_own(settings, capsys, person):
    """Two profiles side by side: each with its user, its clients, its line in the status; one ends, the other lives."""
    dev = cn.login("dev", open_url=person(settings["dev"], "ada").open, timeout=20)
    prod = cn.login("prod", open_url=person(settings["prod"], "grace").open, timeout=20)
    assert (cn.current_session("dev"), cn.current_session("prod")) == (dev, prod)
    assert (call(dev), call(prod)) == ("ada", "grace")
    show_status()
    said = capsys.readouterr().out
    assert ("profile dev" in said, "profile prod" in said) == (True, True)
    cn.logout("dev")
    assert (dev.is_alive, call(prod)) == (False, "grace")
    with pytest.raises(NotSignedInError, match="dev"):
        cn.current_session("dev")
    assert cn.login("prod", open_url=pytest.fail) is prod


def test_refresh_and_revocation_of_one_profile_leave_the_other(settings, person):
    """Renewed or revoked at Cognito, the other profile's tokens stay as they are."""
    dev = cn.login("dev", open_url=person(settings["dev"], "ada").open, timeout=20)
    prod = cn.login("prod", open_url=person(settings["prod"], "ada").open, timeout=20)
    tokens = prod.token_source.tokens
    dev.refresh()
    dev.revoke()
    assert prod.token_source.tokens is tokens
    prod.refresh()
    assert call(prod) == "ada"


def test_sign_out_of_one_profile_has_only_that_one_asked_again(settings, person):
    """Cognito asks the user who signed out for the password, and lets the other profile's user pass."""
    dev, prod = person(settings["dev"], "ada"), person(settings["prod"], "ada")
    cn.login("dev", open_url=dev.open, timeout=20)
    cn.login("prod", open_url=prod.open, timeout=20)
    cn.logout("dev")
    cn.current_session("prod").close()
    cn.login("prod", open_url=prod.open, timeout=20)
    cn.login("dev", open_url=dev.open, timeout=20)
    assert (dev.prompts(), prod.prompts()) == ([None, "login"], [None, None])


def test_browser_session_signs_in_without_a_password(config, pool, person):
    """What --force and %cognito_logout have to deal with: within the hour Cognito asks nothing (its cookie)."""
    ada = person(pool, "ada")
    cn.login(config=config, open_url=ada.open, timeout=20).close()
    before = asked(pool, "login")
    cn.login(config=config, open_url=ada.open, timeout=20)
    assert asked(pool, "login") == before


def test_force_has_cognito_ask_for_the_user(login, config, pool, person):
    """`force` changes the user though the browser is still signed in as the first one; that session is revoked."""
    at = person(pool, "ada")
    first = login(config=config, open_url=at.open, timeout=20)
    at.make_way_for("grace")
    before = asked(pool, "login")
    second = login(config=config, open_url=at.open, timeout=20, force=True)
    assert (first.is_alive, second.user.username) == (False, "grace")
    assert asked(pool, "login") > before
    assert at.prompts() == [None, "login"]


def test_setting_prompt_comes_before_force(pool, person):
    """Whoever sets `prompt` knows better: a provider's account chooser, say."""
    config = config_of(pool, prompt="select_account")
    at = person(pool, "ada")
    cn.login(config=config, open_url=at.open, timeout=20)
    cn.login(config=config, open_url=at.open, timeout=20, force=True)
    assert at.prompts() == ["select_account", "select_account"]


def test_another_user_than_hinted_is_refused(login, config, pool, person):
    """The browser answers as somebody else: the tokens are revoked, nothing is kept, and the page says why."""
    with pytest.raises(StateMismatchError, match=r"login_hint names \(ada@example\.com\)") as caught:
        login(config=config_of(pool, login_hint="ada@example.com"), open_url=person(pool, "grace").open, timeout=20)
    assert "%cognito_login --force" in str(caught.value)
    assert "grace" not in str(caught.value)
    assert (asked(pool, "revoke"), caught.value.cause) == (1, "another_user")
    with pytest.raises(NotSignedInError):
        cn.current_session()


def test_next_sign_in_after_a_refusal_asks_for_the_user(pool, person):
    """Or the browser's session at Cognito would bring the same user back at once, for an hour."""
    config = config_of(pool, login_hint="ADA")
    at = person(pool, "grace")
    with pytest.raises(StateMismatchError):
        cn.login(config=config, open_url=at.open, timeout=20)
    at.make_way_for("ada")
    assert cn.login(config=config, open_url=at.open, timeout=20).user.username == "ada"
    assert at.prompts() == [None, "login"]


def test_force_takes_whoever_signs_in(pool, person):
    """The user has asked for the change."""
    config = config_of(pool, login_hint="ada")
    session = cn.login(config=config, open_url=person(pool, "grace").open, timeout=20, force=True)
    assert session.user.username == "grace"


def test_another_user_does_not_replace_a_living_session_unnoticed(login, config, pool, person):
    """More scopes are asked for and the browser is somebody else's: ada's session stays as it was."""
    ada = login(config=config, open_url=person(pool, "ada").open, timeout=20)
    wider = config_of(pool, scopes=["openid", "phone"])
    with pytest.raises(StateMismatchError, match=r"would replace \(ada\)"):
        login(config=wider, open_url=person(pool, "grace").open, timeout=20)
    assert (cn.current_session(), call(ada), asked(pool, "revoke")) == (ada, "ada", 1)


CLAIMS = {
    "sub": "0a1b",
    "cognito:username": "Ada",
    "email": "ada@example.com",
    "phone_number": "+441234567",
    "preferred_username": "countess",
}


@pytest.mark.parametrize("hint", ["ada", " ADA ", "Ada@Example.com", "+441234567", "0A1B", "Countess"])
def test_hint_that_fits(hint):
    """User name, alias, e-mail, phone or sub, however it is capitalised."""
    assert may_be_named(CLAIMS, hint)


@pytest.mark.parametrize("hint", ["grace", "grace@example.com", "+449", "ada@example.org", "a"])
def test_hint_that_contradicts(hint):
    """Another name is another user."""
    assert not may_be_named(CLAIMS, hint)


@pytest.mark.parametrize("hint", ["grace@example.com", "+449"])
def test_hint_that_cannot_be_compared_is_taken_on_trust(hint):
    """Without the scopes email and phone the tokens do not tell; a user name they always tell."""
    claims = {"sub": "0a1b", "username": "ada"}
    assert may_be_named(claims, hint)
    assert not may_be_named(claims, "grace")


def test_sign_out_says_what_stays_valid_and_until_when(logout, signed_in, pool, capsys):
    """Revoked, forgotten, the access token's own end, and the browser's hour at Cognito with the link that ends it."""
    until = datetime.fromtimestamp(signed_in.token_source.tokens.access.claims["exp"]).astimezone()
    logout()
    said = capsys.readouterr().out
    assert "Tokens revoked." in said
    assert f"takes the old access token until {until:%H:%M}" in said
    assert "up to an hour" in said
    assert f"open {pool.domain}/logout?client_id={pool.client_id}" in said


def test_access_token_outlives_the_sign_out_at_an_api_that_does_not_ask(signed_in, pool):
    """The sentence is true: a signature does not know of a revocation; Cognito's own userInfo does."""
    headers = {"Authorization": f"Bearer {signed_in.token_source.tokens.access.token.reveal()}"}
    cn.logout()
    assert status_of(f"{pool.api_url}/me", headers) == 200
    assert status_of(f"{pool.domain}/oauth2/userInfo", headers) == 401


def test_logout_link_ends_the_browsers_hour_at_cognito(config, pool, person):
    """After a sign-out the browser still gets in without a password; once it has followed the link, not any more."""
    ada = person(pool, "ada")
    session = cn.login(config=config, open_url=ada.open, timeout=20)
    cn.logout()
    assert ada.gets_in_without_a_password()
    ada.at_cognito._open(Request(session.logout_url))
    assert not ada.gets_in_without_a_password()


def status_of(url, headers):
    try:
        with urlopen(Request(url, headers=headers), timeout=10) as answer:
            return answer.status
    except HTTPError as error:
        error.close()
        return error.code


def ended_by_itself(session):
    """Have Cognito refuse the refresh token."""
    session._user_pool.transport.background.run(session._user_pool.revoke(session.token_source.tokens.refresh_token))
    with pytest.raises(SessionExpiredError):
        session.refresh()


@pytest.mark.parametrize("end", [ended_by_itself, lambda _: cn.logout("dev")], ids=["by itself", "signed out"])
def test_a_profile_whose_session_has_ended_becomes_nobody_else(pool, end):
    """Another profile's session of another user is no answer to a sign-in; the user is asked."""
    dev, other = config_of(pool, profile="dev"), config_of(pool, profile="other")
    browsers = [Browser(pool, name) for name in ("ada", "grace", "ada")]
    session = cn.login(config=dev, open_url=browsers[0].open, timeout=20)
    assert cn.login(config=other, force=True, open_url=browsers[1].open, timeout=20).user.username == "grace"
    end(session)
    again = cn.login(config=dev, open_url=browsers[2].open, timeout=20)
    assert (again.user.username, len(browsers[2].opened)) == ("ada", 1)
    for browser in browsers:
        browser.close()


def test_a_profile_whose_session_has_ended_takes_its_own_users_other_session(pool):
    """That is what a sign-in would give."""
    dev, other = config_of(pool, profile="dev"), config_of(pool, profile="other")
    browser = Browser(pool)
    session = cn.login(config=dev, open_url=browser.open, timeout=20)
    kept = cn.login(config=other, force=True, open_url=browser.open, timeout=20)
    ended_by_itself(session)
    assert cn.login(config=dev, open_url=browser.open, timeout=20) is kept
    browser.close()


def test_clients_of_an_ended_session_keep_to_the_places_of_the_new_settings(pool):
    """What a client may do stems from its day; the new sign-in's token does not go where it is not named."""
    wide, narrow = config_of(pool), config_of(pool, api_origins=[])
    browser = Browser(pool)
    session = cn.login(config=wide, open_url=browser.open, timeout=20)
    with session.client(pool.api_url) as client:
        assert cn.login(config=narrow, open_url=browser.open, timeout=20) is session  # the settings as they are now
        ended_by_itself(session)
        cn.login(config=narrow, open_url=browser.open, timeout=20)
        with pytest.raises(NotSignedInError):
            client.get("/me")
    browser.close()
