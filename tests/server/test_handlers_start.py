"""The start page, against a real Jupyter server."""

import pytest
from server.harness import JUPYTER_TOKEN, query_of, refused

from cognito_nb import wire


@pytest.mark.refused("SE-01")
def test_start_without_login_goes_to_the_login_page(server):
    """Jupyter's login comes first, and the sign-in is not bound by somebody who has none."""
    _, sign_in_id = server.create()
    reply = server.request("GET", f"{wire.START_PATH}/{sign_in_id}")
    assert reply.status == 302
    assert reply.headers["Location"].startswith("/lab-1/login?")
    assert server.start(sign_in_id).status == 303


def test_start_redirects_to_the_completed_authorization_request(server):
    """303, the kernel's URL untouched, and exactly one redirect_uri: the one that leads this browser here."""
    mine = f"http://127.0.0.1:{server.port}/lab-1/cognito/callback"
    state, sign_in_id = server.create(redirect_uris=["http://localhost:1/lab-1/cognito/callback", mine])
    reply = server.start(sign_in_id)
    assert reply.status == 303
    location = reply.headers["Location"]
    assert location.startswith(f"https://pool.example.com/oauth2/authorize?client_id=c&state={state}&")
    assert query_of(location)["redirect_uri"] == [mine]


@pytest.mark.holds("SE-08")
def test_start_sets_the_binding_cookie(server):
    """HttpOnly, Lax, for the callback only, for the sign-in's life, and without Secure on plain loopback."""
    _, sign_in_id = server.create(expires_in=300)
    cookie = server.start(sign_in_id).cookies[f"cognito_nb_{sign_in_id}"]
    assert len(cookie.value) == 43
    assert {name: value for name, value in cookie.items() if value} == {
        "httponly": True,
        "samesite": "Lax",
        "path": "/lab-1/cognito/callback",
        "max-age": "300",
    }


@pytest.mark.holds("SE-08")
def test_start_cookie_is_secure_for_an_https_redirect(server):
    """Behind a TLS proxy tornado sees http: the redirect URI's scheme decides."""
    _, sign_in_id = server.create(redirect_uris=[f"https://127.0.0.1:{server.port}/lab-1/cognito/callback"])
    assert server.start(sign_in_id).cookies[f"cognito_nb_{sign_in_id}"]["secure"] is True


@pytest.mark.refused("AR-08", "SE-10")
def test_start_again_is_for_the_same_browser(server):
    """The first browser may start again with the cookie that it got; a second is told so."""
    _, sign_in_id, cookies = server.started()
    again = server.start(sign_in_id, cookies=cookies)
    assert again.cookies[f"cognito_nb_{sign_in_id}"].value == cookies[f"cognito_nb_{sign_in_id}"]
    assert refused(server.start(sign_in_id), "wrong_browser", 403)


@pytest.mark.refused("SE-06")
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Dest": "empty"},
        {"Sec-Purpose": "prefetch;prerender"},
    ],
)
def test_start_from_another_site_starts_nothing_by_itself(server, headers):
    """A link, image, frame or prefetch elsewhere binds nothing; a person may go on with one click."""
    _, sign_in_id = server.create()
    reply = server.start(sign_in_id, headers=headers)
    assert f"cognito_nb_{sign_in_id}" not in reply.cookies
    assert reply.headers["Location"] is None
    assert server.start(sign_in_id).status == 303


@pytest.mark.refused("SE-06")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
def test_start_is_a_visit_and_nothing_else(server, method):
    """A form of another site fails Jupyter's XSRF check, and with Jupyter's token there is no such method."""
    _, sign_in_id = server.create()
    path, login = f"{wire.START_PATH}/{sign_in_id}", {"Authorization": f"token {JUPYTER_TOKEN}"}
    logged_in = server.request("GET", "api/status", headers=login).cookies
    cookies = {name: morsel.value for name, morsel in logged_in.items() if name.startswith("username-")}
    assert cookies
    replies = [server.request(method, path, headers=login), server.request(method, path, cookies=cookies)]
    assert [reply.status for reply in replies] == [405, 405 if method == "HEAD" else 403]
    assert not any(name.startswith("cognito_nb_") for reply in replies for name in reply.cookies)


@pytest.mark.refused("CB-29")
def test_start_where_nothing_fits_shows_what_to_register(server):
    """The exact URL beside what is configured, a link under the registered name, and nothing is bound yet."""
    registered = f"http://localhost:{server.port}/lab-1/cognito/callback"
    _, sign_in_id = server.create(redirect_uris=[registered, 'https://x/"><script>'])
    reply = server.start(sign_in_id)
    assert refused(reply, "redirect_not_registered")
    assert f"<code>http://127.0.0.1:{server.port}/lab-1/cognito/callback</code>" in reply.body
    assert f"<code>{registered}</code>" in reply.body
    assert '"><script>' not in reply.body
    link = f"http://localhost:{server.port}/lab-1/cognito/start/{sign_in_id}"
    assert f'<a href="{link}">' in reply.body
    assert server.start(sign_in_id, headers={"Host": f"localhost:{server.port}"}).status == 303


FORWARDED = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Server": "evil.example",
    "X-Forwarded-Port": "1",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Proto": "https",
    "X-Scheme": "https",
    "X-Original-Host": "evil.example",
    "Forwarded": "host=evil.example;proto=https",
}


@pytest.mark.holds("CB-30")
@pytest.mark.parametrize("name", FORWARDED)
def test_start_believes_the_host_header_only(server, name):
    """Forwarding headers are anybody's word."""
    _, sign_in_id = server.create()
    location = server.start(sign_in_id, headers={name: FORWARDED[name]}).headers["Location"]
    assert query_of(location)["redirect_uri"] == [f"http://127.0.0.1:{server.port}/lab-1/cognito/callback"]


@pytest.mark.refused("CB-30")
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "169.254.169.254", "localhost.evil:80"])
def test_foreign_host_is_no_way_in(server, host):
    """DNS rebinding: under a foreign name no route answers, whatever else fits, and nothing is used up."""
    state, sign_in_id, cookies = server.started()
    foreign = {"Host": host}
    query = {"code": "c", "state": state}
    assert server.start(sign_in_id, headers=foreign, cookies=cookies).status == 403
    assert server.callback(query, headers=foreign, cookies=cookies).status == 403
    assert server.request("GET", f"{wire.CALLBACK_PATH}/{sign_in_id}", headers=foreign, cookies=cookies).status == 403
    poll = f"{wire.SIGN_INS_PATH}/{sign_in_id}"
    assert server.request("GET", poll, headers={**server.capability, **foreign}).status == 403
    assert server.request("GET", "cognito/nothing", headers=foreign).status == 403
    assert server.callback(query, cookies=cookies).status == 200


def test_host_header_that_is_none_is_a_bad_request(server):
    """A port that cannot be is no fault of ours."""
    assert server.start(server.create()[1], headers={"Host": "127.0.0.1:99999"}).status == 400


@pytest.mark.refused("AR-09", "CB-32")
@pytest.mark.parametrize(
    ("end", "cause"),
    [("DELETE", "withdrawn"), ("timeout", "timeout"), ("create", "superseded")],
)
def test_ended_sign_in_is_refused_by_name(server, end, cause):
    """Start page and callback of a sign-in that was withdrawn, timed out or superseded say what happened."""
    state, sign_in_id, cookies = server.started(kernel=f"ended-{end}")
    if end == "DELETE":
        assert server.api("DELETE", f"/{sign_in_id}").status == 204
    elif end == "create":
        server.create(kernel="ended-create")
    else:
        server.api("POST", f"/{sign_in_id}/outcome", body={"ok": False, "cause": "timeout"})
    assert refused(server.start(sign_in_id, cookies=cookies), cause, 410)
    assert refused(server.callback({"code": "c", "state": state}, cookies=cookies), cause)


@pytest.mark.refused("CB-09")
def test_expired_sign_in_is_refused_by_name(server):
    """After its life the pages say expired, though the cookie has gone from the browser with it."""
    state, sign_in_id = server.create(expires_in=1e-9)
    assert refused(server.start(sign_in_id), "expired", 410)
    assert refused(server.callback({"code": "c", "state": state}), "expired")
