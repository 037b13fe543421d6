"""The start page, against a real Jupyter server."""

import pytest
from server.harness import query_of, refused

from cognito_nb import wire


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


def test_start_cookie_is_secure_for_an_https_redirect(server):
    """Behind a TLS proxy tornado sees http: the redirect URI's scheme decides."""
    _, sign_in_id = server.create(redirect_uris=[f"https://127.0.0.1:{server.port}/lab-1/cognito/callback"])
    assert server.start(sign_in_id).cookies[f"cognito_nb_{sign_in_id}"]["secure"] is True


def test_start_again_is_for_the_same_browser(server):
    """The first browser may start again with the cookie that it got; a second is told so."""
    _, sign_in_id, cookies = server.started()
    again = server.start(sign_in_id, cookies=cookies)
    assert again.cookies[f"cognito_nb_{sign_in_id}"].value == cookies[f"cognito_nb_{sign_in_id}"]
    assert refused(server.start(sign_in_id), "wrong_browser", 403)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"},
        {"Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Dest": "iframe"},
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


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "Forwarded", "X-Original-Host"])
def test_start_believes_the_host_header_only(server, name):
    """Forwarding headers are anybody's word; a foreign Host is refused by Jupyter's own check."""
    _, sign_in_id = server.create()
    location = server.start(sign_in_id, headers={name: "evil.example", "X-Forwarded-Proto": "https"}).headers[
        "Location"
    ]
    assert query_of(location)["redirect_uri"] == [f"http://127.0.0.1:{server.port}/lab-1/cognito/callback"]
    assert server.start(sign_in_id, headers={"Host": "evil.example"}).status == 403
    assert server.callback("code=c", headers={"Host": "evil.example"}).status == 403
    assert server.start(sign_in_id, headers={"Host": "127.0.0.1:99999"}).status == 400


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


def test_expired_sign_in_is_refused_by_name(server):
    """After its life the pages say expired, though the cookie has gone from the browser with it."""
    state, sign_in_id = server.create(expires_in=1e-9)
    assert refused(server.start(sign_in_id), "expired", 410)
    assert refused(server.callback({"code": "c", "state": state}), "expired")
