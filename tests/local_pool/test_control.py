"""The controls over HTTP: what they do, what they refuse, and that no web page can use them."""

import threading

import pytest

from cognito_nb.local_pool import DEMO_PASSWORD

from .conftest import query_of

WRITES = ["faults", "keys", "clock", "latency", "users", "callbacks", "logouts", "sign-in"]


@pytest.fixture
def control(caller):
    """Send a request below /_control; returns status and JSON."""

    def send(method, path="", **options):
        response = caller.web.request(method, f"{caller.pool.domain}/_control{path}", **options)
        return response.status_code, response.json()

    return send


@pytest.fixture
def post(control):
    """POST a JSON object below /_control."""
    return lambda path, body: control("POST", f"/{path}", json=body)


# What they do


def test_control_tells_what_the_pool_is(caller, control):
    """Enough to configure a client; no password."""
    pool = caller.pool
    pool.latency["token"] = 0.5
    status, facts = control("GET")
    assert status == 200
    assert (facts["issuer"], facts["domain"], facts["api_url"]) == (pool.issuer, pool.domain, pool.api_url)
    assert facts["client_ids"] == [pool.client_id]
    assert [user["username"] for user in facts["users"]] == ["ada", "grace", "linus"]
    assert facts["latency"] == {"token": 0.5}
    assert DEMO_PASSWORD not in str(facts)


def test_control_names_the_endpoints_that_can_fail(control):
    """Those of the pool and of the demo API, not its own."""
    endpoints = set(control("GET")[1]["endpoints"])
    assert {"authorize", "token", "userinfo", "revoke", "jwks", "discovery", "logout", "orders", "me"} <= endpoints
    assert not {"control", ""} & endpoints


def test_faults_are_made_and_healed(caller, post, control):
    """The fields are those of Fault."""
    asked = {"endpoint": "token", "status": 503, "retry_after": 2, "body": "html", "times": 2}
    assert post("faults", asked) == (200, {"faults": {"token": 2}})
    assert post("faults", {"endpoint": "jwks", "cut": "reset", "times": None})[1] == {
        "faults": {"token": 2, "jwks": None}
    }
    response = caller.refresh("x")
    assert (response.status_code, response.headers["Retry-After"], response.text[:6]) == (503, "2", "<html>")
    assert control("DELETE", "/faults/jwks") == (200, {"faults": {"token": 1}})
    assert control("DELETE", "/faults") == (200, {"faults": {}})
    assert caller.refresh("x").status_code == 400


def test_keys_are_rotated(caller, post):
    """The answer names the key ids that the key set has from now on."""
    before = {key["kid"] for key in caller.pool.keys.jwks()["keys"]}
    status, answer = post("keys", {})
    assert (status, before & set(answer["kids"])) == (200, set())
    assert answer["kids"] == [key["kid"] for key in caller.pool.keys.jwks()["keys"]]
    assert set(answer["kids"]) < set(post("keys", {"keep_old": True})[1]["kids"])


def test_clock_is_moved(caller, post):
    """Tokens expire without anybody waiting."""
    token = caller.tokens()["access_token"]
    now = caller.pool.clock()
    status, answer = post("clock", {"advance": 3601})
    assert (status, 3601 <= answer["time"] - now < 3611) == (200, True)
    assert caller.userinfo(token).status_code == 401


def test_latency_is_set(caller, post):
    """For the endpoints named; the others keep theirs."""
    caller.pool.latency["token"] = 0.2
    assert post("latency", {"jwks": 0.3}) == (200, {"latency": {"token": 0.2, "jwks": 0.3}})
    assert caller.pool.latency == {"token": 0.2, "jwks": 0.3}


def test_requests_are_told_and_forgotten(caller, control):
    """What arrived at the pool, without the control requests themselves."""
    caller.refresh("x")
    control("GET")
    _, answer = control("GET", "/requests")
    (request,) = answer["requests"]
    assert (request["endpoint"], request["method"], request["path"]) == ("token", "POST", "/oauth2/token")
    assert control("DELETE", "/requests") == (200, {"requests": []})
    assert not caller.pool.requests


def test_user_is_added(caller, post):
    """Who was added can sign in."""
    asked = {"username": "emmy", "password": "Noether-1882!", "groups": ["analysts"], "attributes": {"name": "Emmy N."}}
    status, answer = post("users", asked)
    user = caller.pool.user("emmy")
    assert (status, answer) == (200, {"username": "emmy", "sub": user.sub})
    assert (user.groups, user.name) == (("analysts",), "Emmy N.")
    assert "code" in query_of(caller.pool.sign_in(caller.authorization_url(), "emmy", "Noether-1882!"))


@pytest.mark.parametrize(("path", "kind"), [("callbacks", "callback_urls"), ("logouts", "logout_urls")])
def test_url_is_registered(caller, post, path, kind):
    """With every app client."""
    url = "http://localhost:9999/hub/cognito/callback"
    assert post(path, {"url": url}) == (200, {"url": url})
    assert url in getattr(caller.pool.clients[caller.client_id], kind)


def test_sign_in_returns_the_callback(caller, post):
    """With a code that can be redeemed, and no browser."""
    asked = {"authorization_url": caller.authorization_url(), "username": "ada", "password": DEMO_PASSWORD}
    status, answer = post("sign-in", asked)
    assert (status, query_of(answer["callback"])["state"]) == (200, "the-state")
    assert caller.redeem(query_of(answer["callback"])["code"]).status_code == 200


# What they refuse


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("faults", {"status": 503}, "endpoint takes a string"),
        ("faults", {"endpoint": "tokens", "status": 503}, "no endpoint 'tokens'; there are "),
        ("faults", {"endpoint": "token", "stauts": 503}, "no field 'stauts'; there are endpoint, times, status"),
        ("faults", {"endpoint": "token", "status": "503"}, "status takes a status from 200 to 599, not '503'"),
        ("faults", {"endpoint": "token"}, "nothing goes wrong"),
        ("faults", {"endpoint": "token", "status": 503, "times": 0}, "times takes a positive number"),
        ("keys", {"keep_old": 1}, "keep_old takes true or false"),
        ("clock", {}, "advance takes a number of seconds"),
        ("clock", {"advance": "1h"}, "advance takes a number of seconds"),
        ("clock", {"advance": True}, "advance takes a number of seconds"),
        ("clock", {"advance": 1e300}, "advance takes a number of seconds"),
        ("clock", {"advance": -9e10}, "advance takes a number of seconds"),
        ("latency", {"token": -1}, "token takes a number of seconds"),
        ("latency", {"tokens": 1}, "no field 'tokens'; there are "),
        ("users", {"password": "x"}, "username takes a string"),
        ("users", {"username": ""}, "username takes a string"),
        ("users", {"username": "x", "groups": "admins"}, "groups takes a list of strings"),
        ("users", {"username": "x", "attributes": {"email_verified": True}}, "attributes takes an object of strings"),
        ("callbacks", {}, "url takes a string"),
        ("callbacks", {"url": "http://evil.example/"}, "http:// is for localhost"),
        ("logouts", {"url": "/relative"}, "not an absolute URL"),
        (
            "sign-in",
            {"authorization_url": "http://evil.example/", "username": "a", "password": "b"},
            "not a URL of this",
        ),
    ],
)
def test_control_refuses(post, path, body, message):
    """400, with the field and what it takes; nothing was changed."""
    status, answer = post(path, body)
    assert (status, message in answer["error"]) == (400, True), answer


@pytest.mark.parametrize("content", [b"[]", b"{", b"null", b"\xff", b"[" * 100_000, b'{"advance": NaN}'])
def test_control_refuses_a_body_that_is_no_object(control, content):
    """Whatever arrives, the answer is a 400."""
    status, _ = control("POST", "/clock", content=content, headers={"Content-Type": "application/json"})
    assert status == 400


def test_sign_in_says_why_there_is_no_callback(caller, post):
    """The page's own words for a wrong password, the kind of error when the pool fails on request."""
    asked = {"authorization_url": caller.authorization_url(), "username": "ada", "password": "wrong"}
    status, answer = post("sign-in", asked)
    assert (status, answer["error"]) == (400, "Incorrect username or password.")
    post("faults", {"endpoint": "login", "cut": "reset"})
    status, answer = post("sign-in", asked)
    assert (status, "broke off the sign-in" in answer["error"]) == (400, True)


def test_heal_refuses_an_unknown_endpoint(control):
    """As the making of a fault does."""
    status, answer = control("DELETE", "/faults/nothing")
    assert (status, "no endpoint 'nothing'" in answer["error"]) == (400, True)


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("POST", "/nothing"), ("DELETE", "/clock/token")])
def test_control_answers_404(control, method, path):
    """In JSON too."""
    status, answer = control(method, path, json={} if method == "POST" else None)
    assert (status, list(answer)) == (404, ["error"])


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/clock"), ("DELETE", ""), ("PUT", "/faults"), ("OPTIONS", "/faults")]
)
def test_control_answers_405(control, method, path):
    """A method that a control has not; OPTIONS would be a browser's preflight."""
    assert control(method, path) == (405, {"error": "Method Not Allowed"})


# No web page


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:80"},
        {"Host": "0.0.0.0"},
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/clock"), ("DELETE", "/requests"), ("GET", "/x")])
def test_control_refuses_web_pages(caller, method, path, headers):
    """Neither another origin's script nor a rebound host name gets anything, and no header that opens a door."""
    caller.refresh("x")
    now = caller.pool.clock()
    content = b'{"advance": 3600}' if method == "POST" else None
    headers = headers | ({"Content-Type": "application/json"} if content else {})
    response = caller.web.request(method, f"{caller.pool.domain}/_control{path}", content=content, headers=headers)
    assert (response.status_code, list(response.json())) == (403, ["error"])
    assert not [name for name in response.headers if name.lower().startswith("access-control-")]
    assert (caller.pool.clock() - now < 60, len(caller.pool.requests)) == (True, 1)


def test_control_refuses_the_pools_own_pages(caller):
    """Also same-origin script would have an Origin when it writes."""
    url, origin = f"{caller.pool.domain}/_control/keys", {"Origin": caller.pool.domain}
    assert caller.web.post(url, json={}, headers=origin).status_code == 403


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        (None, b"{}"),
        ("text/plain", b"{}"),
        ("application/x-www-form-urlencoded", b"advance=1"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n{}\r\n--x--\r\n'),
    ],
)
def test_control_refuses_what_a_form_can_send(caller, path, media_type, content):
    """Without JSON's media type nothing is read, be it JSON or not."""
    headers = {"Content-Type": media_type} if media_type else {}
    response = caller.web.post(f"{caller.pool.domain}/_control/{path}", content=content, headers=headers)
    assert (response.status_code, response.json()) == (415, {"error": "Content-Type takes application/json"})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:{port}", "LOCALHOST", "[::1]:{port}"])
def test_control_takes_the_names_of_this_machine(caller, control, host):
    """With any port, for it may be forwarded."""
    port = caller.pool.domain.rpartition(":")[2]
    headers = {
        "Host": host.format(port=port),
        "Sec-Fetch-Site": "none",
        "Content-Type": "application/json; charset=utf-8",
    }
    assert control("POST", "/clock", content=b'{"advance": 0}', headers=headers)[0] == 200


def test_control_works_while_everything_else_fails(caller, post, control):
    """Neither fault nor latency reaches it, under whatever name."""
    for endpoint in control("GET")[1]["endpoints"]:
        post("faults", {"endpoint": endpoint, "cut": "reset", "times": None})
        caller.pool.latency[endpoint] = 60
    assert control("DELETE", "/faults") == (200, {"faults": {}})


def test_control_leaves_no_thread(caller, post):
    """Those that signed in and made keys end with the pool."""
    before = set(threading.enumerate())
    asked = {"authorization_url": caller.authorization_url(), "username": "ada", "password": DEMO_PASSWORD}
    post("sign-in", asked)
    caller.pool.stop()
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
    assert set(threading.enumerate()) <= before
