"""What a browser meets: authorize, sign-in page, session cookie, sign-out."""

from urllib.parse import quote, urlencode

import pytest

from cognito_nb.local_pool import DEMO_PASSWORD, AppClient, Lifetimes, User

CALLBACK = "http://localhost:8888/cognito/callback"


def split(location):
    address, _, query = str(location).partition("?")
    return address, dict(pair.split("=", 1) for pair in query.split("&"))


def test_authorize_without_session_goes_to_the_sign_in_page_with_the_same_query(caller):
    """The query survives byte for byte."""
    url = caller.authorization_url()
    response = caller.web.get(url)
    assert response.status_code == 302
    assert response.headers["Location"] == url.replace("/oauth2/authorize", "/login")


def test_authorize_answers_at_the_short_path_too(caller):
    """Some clients use /authorize."""
    assert caller.web.get(caller.authorization_url().replace("/oauth2", "")).status_code == 302


def test_sign_in_returns_code_and_state_to_the_callback(caller):
    """The code arrives in the query of the registered URL; the state is echoed."""
    address, query = split(caller.sign_in(state="a.b-c_d~").headers["Location"])
    assert address == CALLBACK
    assert len(query["code"]) == 36
    assert query["state"] == "a.b-c_d~"


@pytest.mark.parametrize(
    ("registered", "start"),
    [
        ("https://localhost", "https://localhost/?code="),
        ("http://[::1]:8888/cb?next=a%20b", "http://[::1]:8888/cb?next=a%20b&code="),
        ("myapp://back", "myapp://back/?code="),
    ],
)
def test_sign_in_completes_the_callback_url(make_caller, registered, start):
    """A URL without path gets one, and a query of its own is kept."""
    caller = make_caller(callback_urls=[registered])
    assert caller.sign_in(redirect_uri=registered).headers["Location"].startswith(start)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"redirect_uri": CALLBACK + "/"}, "redirect_mismatch"),
        ({"redirect_uri": CALLBACK.upper()}, "redirect_mismatch"),
        ({"redirect_uri": "http://localhost:8889/cognito/callback"}, "redirect_mismatch"),
        ({"redirect_uri": None}, "Required String parameter 'redirect_uri' is not present"),
        ({"client_id": "nobody"}, "Client does not exist."),
        ({"client_id": None}, "Required String parameter 'client_id' is not present"),
        ({"redirect_uri": "https://evil.example/", "response_type": None}, "redirect_mismatch"),
    ],
)
def test_authorize_never_redirects_a_bad_client_or_redirect(caller, changes, message):
    """The browser ends on the pool's own error page, with status 400."""
    response = caller.authorize(**changes)
    assert response.status_code == 302
    location = response.headers["Location"]
    assert location.startswith(f"{caller.pool.domain}/error?")
    page = caller.web.get(location)
    assert page.status_code == 400
    assert "An error was encountered with the requested page." in page.text
    assert message.replace("'", "&#x27;") in page.text.replace("&#39;", "&#x27;")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "id_token"}, "invalid_request"),
        ({"scope": "openid orders/write"}, "invalid_scope"),
        ({"scope": "email"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"identity_provider": "Google"}, "invalid_request"),
        ({"idp_identifier": "example.com"}, "invalid_request"),
        ({"resource": "api"}, "invalid_request"),
        ({"resource": "http://127.0.0.1/api"}, "invalid_request"),
        ({"resource": "https://[api"}, "invalid_request"),
        ({"resource": "https:foo"}, "invalid_request"),
        ({"resource": "https://"}, "invalid_request"),
        ({"resource": "https://api.example.com#part"}, "invalid_request"),
    ],
)
def test_authorize_returns_other_errors_to_the_callback(caller, changes, error):
    """The callback gets error and state, and no more."""
    response = caller.authorize(**changes)
    assert response.status_code == 302
    assert split(response.headers["Location"]) == (CALLBACK, {"error": error, "state": "the-state"})


@pytest.mark.parametrize(("name", "target"), [("state", "/callback"), ("nonce", "/callback"), ("client_id", "/error")])
def test_authorize_refuses_a_repeated_parameter(caller, name, target):
    """RFC 6749 section 3.1; a repeated client or redirect is not redirected."""
    address, query = split(caller.web.get(f"{caller.authorization_url()}&{name}=again").headers["Location"])
    assert address.endswith(target)
    assert query["error"] == "invalid_request"


def test_authorize_ignores_unknown_parameters(caller):
    """RFC 6749 section 3.1."""
    assert (
        caller.authorize(utm_source="mail", display="page")
        .headers["Location"]
        .startswith(f"{caller.pool.domain}/login?")
    )


def test_authorize_takes_the_only_callback_url_when_none_is_named(make_caller):
    """The omission is no error for a client with one callback URL."""
    caller = make_caller(callback_urls=[CALLBACK])
    assert split(caller.sign_in(redirect_uri=None).headers["Location"])[0] == CALLBACK


def test_sign_in_page_is_accessible_and_locked_down(caller):
    """Labels for both fields, the honest line, no script, no framing; the hint is escaped and filled in."""
    url, _ = caller.open_sign_in_page(login_hint='"><b>ada')
    page = caller.web.get(url)
    assert '<label for="username">' in page.text
    assert '<label for="password">' in page.text
    assert 'value="&quot;&gt;&lt;b&gt;ada"' in page.text
    assert "not AWS" in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_style_sheet_is_served_like_everything_else(caller, caplog):
    """With the pool's header fields, and no query in the log."""
    caplog.set_level("DEBUG", "tornado")
    url = f"{caller.pool.domain}/assets/style.css"
    answer = caller.web.get(url)
    assert answer.headers["Content-Type"].startswith("text/css")
    assert (answer.headers["Server"], answer.headers["X-Content-Type-Options"]) == ("cognito_nb.local_pool", "nosniff")
    assert caller.web.post(f"{url}?code=the-code").status_code == 405
    assert not [record for record in caplog.records if record.name.startswith("tornado")]


def test_sign_in_page_checks_the_request_again(caller):
    """Neither the page nor its form sends a browser to an address that is not registered."""
    url, csrf = caller.open_sign_in_page()
    bad = url.copy_set_param("redirect_uri", "https://evil.example/")
    form = {"_csrf": csrf, "username": "ada", "password": DEMO_PASSWORD}
    for response in (caller.web.get(bad), caller.web.post(bad, data=form), caller.web.post(bad, data={"cancel": "1"})):
        assert response.headers["Location"].startswith(f"{caller.pool.domain}/error?error=redirect_mismatch")


def test_sign_in_with_a_wrong_password_shows_the_page_again(caller):
    """The message is Cognito's, the user name stays, the password does not."""
    url, csrf = caller.open_sign_in_page()
    page = caller.web.post(url, data={"_csrf": csrf, "username": "ada", "password": "wrong-password"})
    assert page.status_code == 200
    assert "Incorrect username or password." in page.text
    assert 'value="ada"' in page.text
    assert "wrong-password" not in page.text


def test_sign_in_of_an_unknown_user_looks_the_same(caller):
    """Nobody learns which users exist."""
    url, csrf = caller.open_sign_in_page()
    page = caller.web.post(url, data={"_csrf": csrf, "username": "nobody", "password": ""})
    assert "Incorrect username or password." in page.text


def test_cancel_returns_access_denied(caller):
    """Cancel needs no user name."""
    url, csrf = caller.open_sign_in_page()
    address, query = split(caller.web.post(url, data={"_csrf": csrf, "cancel": "true"}).headers["Location"])
    assert address == CALLBACK
    assert query["error"] == "access_denied"
    assert query["error_description"]
    assert query["state"] == "the-state"


def test_sign_in_needs_the_form_token_of_this_browser(caller):
    """A form from elsewhere signs nobody in."""
    url, csrf = caller.open_sign_in_page()
    fields = {"username": "ada", "password": DEMO_PASSWORD}
    assert caller.web.post(url, data=fields).status_code == 400
    caller.web.cookies.clear()
    assert caller.web.post(url, data=fields | {"_csrf": csrf}).status_code == 400


def test_sign_in_form_works_once(caller):
    """Sent again, by the back button say, it signs nobody in a second time."""
    url, csrf = caller.open_sign_in_page()
    fields = {"_csrf": csrf, "username": "ada", "password": DEMO_PASSWORD}
    assert [caller.web.post(url, data=fields).status_code for _ in range(2)] == [302, 400]


def test_sign_in_works_in_two_tabs(caller):
    """Opening the page a second time does not spoil the first."""
    url, csrf = caller.open_sign_in_page()
    caller.open_sign_in_page(state="other")
    response = caller.web.post(url, data={"_csrf": csrf, "username": "ada", "password": DEMO_PASSWORD})
    assert response.status_code == 302


def test_sign_in_page_must_be_finished_within_five_minutes(caller, advance):
    """After that the form is refused with a page."""
    url, csrf = caller.open_sign_in_page()
    advance(300)
    page = caller.web.post(url, data={"_csrf": csrf, "username": "ada", "password": DEMO_PASSWORD})
    assert page.status_code == 400
    assert "Something went wrong" in page.text


def test_session_cookie_skips_the_sign_in_page(caller):
    """The cookie is out of reach of scripts and of other sites' requests; a silent request succeeds."""
    cookie = caller.sign_in().headers["Set-Cookie"]
    assert cookie.startswith("cognito=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "code" in split(caller.authorize(prompt="none").headers["Location"])[1]


def test_prompt_login_asks_again_in_a_live_session(caller):
    """The session is not ended by it."""
    caller.sign_in()
    assert caller.authorize(prompt="login").headers["Location"].startswith(f"{caller.pool.domain}/login?")
    assert caller.authorize().headers["Location"].startswith(CALLBACK)


def test_session_ends_an_hour_after_the_sign_in_however_often_it_is_used(caller, advance):
    """It does not slide."""
    caller.sign_in()
    advance(3500)
    assert caller.authorize().headers["Location"].startswith(CALLBACK)
    advance(100)
    assert caller.authorize().headers["Location"].startswith(f"{caller.pool.domain}/login?")


def logout(caller, **parameters):
    query = urlencode({"client_id": caller.client_id} | parameters)
    return caller.web.get(f"{caller.pool.domain}/logout?{query}")


def test_logout_ends_the_session_and_leaves(caller):
    """The registered URL is redirected to as it is; the next sign-in asks for a password."""
    caller.pool.register_logout("http://localhost:8888/")
    caller.sign_in()
    response = logout(caller, logout_uri="http://localhost:8888/", redirect_uri="http://ignored", state="x")
    assert response.headers["Location"] == "http://localhost:8888/"
    assert caller.authorize().headers["Location"].startswith(f"{caller.pool.domain}/login?")


def test_logout_ends_the_session_on_the_server_too(caller):
    """A copy of the cookie is worth nothing afterwards."""
    caller.pool.register_logout("http://localhost:8888/")
    caller.sign_in()
    stolen = caller.web.cookies["cognito"]
    logout(caller, logout_uri="http://localhost:8888/")
    caller.web.cookies.set("cognito", stolen, domain="127.0.0.1")
    assert caller.authorize().headers["Location"].startswith(f"{caller.pool.domain}/login?")


def test_logout_to_the_sign_in_page_fills_in_the_scopes(caller):
    """The second form of /logout takes an authorization request."""
    caller.sign_in()
    address, query = split(logout(caller, redirect_uri=CALLBACK, response_type="code", state="s").headers["Location"])
    assert address == f"{caller.pool.domain}/login"
    assert query["redirect_uri"] == quote(CALLBACK, safe="")
    assert query["state"] == "s"
    assert query["scope"] == "aws.cognito.signin.user.admin+phone+openid+profile+email+demo-api%2Freports.read"
    assert caller.authorize().headers["Location"].startswith(f"{caller.pool.domain}/login?")


def test_signed_out_page_is_there_for_clients_without_one(caller):
    """It is registered already, and needs no session."""
    response = logout(caller, logout_uri=caller.pool.signed_out_url)
    page = caller.web.get(response.headers["Location"])
    assert page.status_code == 200
    assert "<h1>Signed out</h1>" in page.text


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"logout_uri": "http://localhost:8888"}, "Required String parameter 'redirect_uri' is not present"),
        ({}, "Required String parameter 'redirect_uri' is not present"),
        ({"redirect_uri": CALLBACK}, "Required String parameter 'response_type' is not present"),
        ({"redirect_uri": CALLBACK + "/", "response_type": "code"}, "redirect_mismatch"),
        ({"client_id": "nobody"}, "Client does not exist."),
        ({"client_id": ""}, "Required String parameter 'client_id' is not present"),
    ],
)
def test_logout_errors_end_on_the_error_page(caller, parameters, message):
    """An unregistered logout_uri is ignored, which gives the misleading message; the session stays."""
    caller.pool.register_logout("http://localhost:8888/")
    caller.sign_in()
    location = logout(caller, **parameters).headers["Location"]
    assert location.startswith(f"{caller.pool.domain}/error?{urlencode({'error': message})}&")
    assert caller.authorize().headers["Location"].startswith(CALLBACK)


@pytest.mark.parametrize(
    ("lang", "language", "label"),
    [
        ("de", "de", "Benutzername"),
        ("es", "es", "Nombre de usuario"),
        ("fr", "fr", "Nom d\u2019utilisateur"),
        ("en", "en", "Username"),
        ("ja", "en", "Username"),
        ("xx", "en", "Username"),
    ],
)
def test_sign_in_page_speaks_the_language_asked_for(caller, lang, language, label):
    """English stands in for the languages that the pool does not speak."""
    page = caller.web.get(caller.authorize(lang=lang).headers["Location"]).text
    assert f'<html lang="{language}">' in page
    assert f'<label for="username">{label}</label>' in page


def test_language_is_remembered(caller):
    """In a cookie; a language that Cognito does not have leaves it alone."""
    caller.open_sign_in_page(lang="de")
    url, csrf = caller.open_sign_in_page(lang="tlh")
    assert caller.web.cookies["lang"] == "de"
    page = caller.web.post(url, data={"_csrf": csrf, "username": "ada", "password": "wrong"}).text
    assert "Benutzername oder Passwort ist falsch." in page


def test_translations_say_the_same_things():
    """Every language has every text, with a place for the provider's name where English has one."""
    from cognito_nb.local_pool.texts import ENGLISH, LANGUAGES, texts_in

    for texts in map(texts_in, LANGUAGES):
        assert {name: text.count("{}") for name, text in texts.items()} == {
            name: text.count("{}") for name, text in ENGLISH.items()
        }


def test_sign_in_page_tells_the_demo_users(caller):
    """And their password, which is public."""
    url, _ = caller.open_sign_in_page()
    page = caller.web.get(url).text
    assert [name for name in ("ada", "grace", "linus", DEMO_PASSWORD) if f"<code>{name}</code>" not in page] == []


def test_sign_in_page_tells_no_other_users(make_caller):
    """A user with a password of his own is not shown, and without demo users there is no hint."""
    caller = make_caller({"users": [User(username="zoe", password="her own")]})
    url, _ = caller.open_sign_in_page()
    page = caller.web.get(url).text
    assert "zoe" not in page
    assert DEMO_PASSWORD not in page


def test_client_can_use_a_browser_session_for_another_time(make_pool, caller):
    """Its window is its own; other clients keep the pool's."""
    clients = [AppClient(lifetimes=Lifetimes(browser_session=7200)), AppClient()]
    caller.pool = make_pool(*clients)
    now = caller.pool.clock()
    caller.pool.clock = lambda: now
    caller.client_id = clients[0].client_id
    caller.sign_in()
    caller.pool.clock = lambda: now + 3600
    assert "code=" in caller.authorize(prompt="none").headers["Location"]
    caller.client_id = clients[1].client_id
    assert "login_required" in caller.authorize(prompt="none").headers["Location"]
