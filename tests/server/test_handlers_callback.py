"""The callback and its outcome, against a real Jupyter server."""

import http.client
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from desk import Desk
from server.harness import refused, title

from cognito_nb import callback_pages, pages, wire
from cognito_nb.causes import CAUSES

USED = CAUSES["used"].title


def outcome(server, sign_in_id, cookies):
    return server.request("GET", f"{wire.CALLBACK_PATH}/{sign_in_id}", cookies=cookies)


@pytest.mark.accepted("CB-29", "SE-02")
def test_callback_needs_no_jupyter_login(server):
    """State and binding cookie are enough; without them there is no redirect to a login page with the code."""
    state, sign_in_id, cookies = server.started()
    assert server.callback({"code": "c", "state": state}).status == 400
    reply = server.callback({"code": "c", "state": state}, cookies=cookies)
    assert (reply.status, title(reply)) == (200, "Answer received")
    assert f'data-poll="/lab-1/cognito/callback/{sign_in_id}"' in reply.body
    assert "Set-Cookie" not in reply.headers


@pytest.mark.refused("CB-06", "CB-07")
def test_callback_replayed_is_used_already(server):
    """Reload and back button: the kernel gets one answer, whatever came of it."""
    state, sign_in_id, cookies = server.started()
    server.callback({"code": "first", "state": state}, cookies=cookies)
    assert refused(server.callback({"code": "second", "state": state}, cookies=cookies), "used")
    assert server.poll(sign_in_id).json["params"]["code"] == "first"
    server.api("POST", f"/{sign_in_id}/outcome", body={"ok": False, "cause": "invalid_grant"})
    assert refused(server.callback({"code": "third", "state": state}, cookies=cookies), "used")


def test_callback_of_a_used_sign_in_asks_nobody_to_look_for_a_cause(server):
    """The second of two tabs says two sentences, and names no cause."""
    state, _, cookies = server.started()
    server.callback({"code": "first", "state": state}, cookies=cookies)
    reply = server.callback({"code": "second", "state": state}, cookies=cookies)
    main = re.search("(?s)<main.*</main>", reply.body)[0]
    assert re.sub(r"(?s)<[^>]*>|\s+", " ", main).split() == f"{USED} You can close this tab.".split()


@pytest.mark.refused("CB-08")
def test_callback_twenty_at_once_gives_one_success(server):
    """Double clicks and retries race; one wins, and it is its code that the kernel gets."""
    state, sign_in_id, cookies = server.started()
    with ThreadPoolExecutor(20) as pool:
        visits = [{"code": f"code-{number}", "state": state} for number in range(20)]
        replies = list(pool.map(lambda query: server.callback(query, cookies=cookies), visits))
    winners = [visit for visit, reply in zip(visits, replies, strict=True) if reply.status == 200]
    assert len(winners) == 1
    assert sum(refused(reply, "used") for reply in replies) == 19
    assert server.poll(sign_in_id).json["params"] == winners[0]


@pytest.mark.refused("AR-08", "SE-10")
def test_callback_from_another_browser_reaches_no_kernel(server):
    """An authorization URL opened in somebody else's browser brings their tokens nowhere."""
    state, sign_in_id, _ = server.started()
    _, _, foreign = server.started()
    for cookies in ({}, foreign, {f"cognito_nb_{sign_in_id}": "x"}):
        assert refused(server.callback({"code": "c", "state": state}, cookies=cookies), "wrong_browser")
    assert server.poll(sign_in_id).status == 204


@pytest.mark.refused("CB-04")
@pytest.mark.parametrize(
    "query",
    [
        "code=c&state={state}&state=evil",
        "code=c&state=evil&state={state}",
        "code=c&state={state}&state={state}",
        "code=c&state={state}&st%61te=",
        "code=c&code=c&state={state}",
        "code=good&state={state}&code=evil",
        "code=c&iss=i&state={state}&iss=i",
        "error=e&state={state}&error=access_denied",
        "code=c&state={state}&x=1&x=2",
    ],
)
def test_callback_with_a_repeated_parameter_uses_the_sign_in_up(server, query):
    """Malformed, and because a good state was presented the kernel hears that it is over."""
    state, sign_in_id, cookies = server.started()
    reply = server.callback(query.format(state=state), cookies=cookies)
    assert refused(reply, "malformed")
    assert "A parameter is missing, repeated or badly encoded." in reply.body
    assert server.poll(sign_in_id).json == {"status": "error"}


@pytest.mark.refused("CB-16", "CB-27")
@pytest.mark.parametrize("query", ["code=c&error=access_denied", "Code=c", "c%6Fdes=c", "error;code=c", "+code=c"])
def test_callback_with_neither_or_both_of_code_and_error_is_malformed(server, query):
    """The page says so, and the kernel gets the parameters to refuse them in its own words."""
    state, sign_in_id, cookies = server.started()
    assert refused(server.callback(f"{query}&state={state}", cookies=cookies), "malformed")
    assert server.poll(sign_in_id).json["params"]["state"] == state


@pytest.mark.accepted("CB-27")
@pytest.mark.parametrize("query", ["c%6fde=c&st%61te={state}", "%63%6f%64%65=%63&state={state}&&"])
def test_callback_names_are_decoded(server, query):
    """A percent-encoded name is the parameter that it decodes to."""
    state, sign_in_id, cookies = server.started()
    assert server.callback(query.format(state=state), cookies=cookies).status == 200
    assert server.poll(sign_in_id).json["params"] == {"code": "c", "state": state}


@pytest.mark.refused("CB-03", "CB-12", "CB-27")
@pytest.mark.parametrize(
    "query",
    [
        "code=c",
        "code=c&state=",
        "code=c&state=+{state}+",
        "code=c&state=%20{state}%20",
        "code=c&State={state}",
        "code=c;state={state}",
        "code=c&state={state};",
        "error=x&state=none",
        "error=access_denied&state=",
        "error=access_denied&error_description=no&state={state}x",
    ],
)
def test_callback_of_an_unknown_state_is_a_constant_page(server, query):
    """Empty, padded, missing or foreign: one small page that shows nothing of the query, and no kernel hears of it."""
    state, sign_in_id, cookies = server.started()
    reply = server.callback(query.format(state=state), cookies=cookies)
    assert refused(reply, "unknown")
    assert reply.body == server.callback("state=none").body
    assert server.poll(sign_in_id).status == 204


@pytest.mark.parametrize("query", ["", "&", "&&&"])
def test_callback_without_a_query_names_who_drops_it(server, query):
    """A proxy or a Hub does; no kernel hears of it, and the right answer still counts."""
    _, sign_in_id, cookies = server.started()
    reply = server.callback(query, cookies=cookies)
    assert refused(reply, "query_stripped")
    assert reply.body == server.callback("").body
    assert server.poll(sign_in_id).status == 204


HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": '"><img src=x onerror=alert(1)>',
    "template": "{{7*7}}{title}",
    "svg": "</title><svg onload=alert(1)>",
    "percent-encoded twice": quote(quote("<script>alert(1)</script>")),
    "UTF-7": "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
}


@pytest.mark.holds("CB-13", "CB-15")
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("name", ["error", "error_description", "error_uri", "iss", "foreign"])
def test_callback_page_is_the_same_whatever_the_provider_says(server, name, text):
    """No word, address or mark-up of the query reaches the page; the kernel gets it, as data."""
    state, sign_in_id, cookies = server.started()
    reply = server.callback({"error": "e", "state": state, name: text}, cookies=cookies)
    _, expected_id, expected_cookies = answered = server.started()
    expected = server.callback({"error": "e", "state": answered[0]}, cookies=expected_cookies)
    assert reply.body == expected.body.replace(expected_id, sign_in_id)
    assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert server.poll(sign_in_id).json["params"][name] == text


@pytest.mark.refused("CB-13", "CB-15")
@pytest.mark.parametrize("uri", ["http://169.254.169.254/", "javascript:alert(1)", "%c0%bcscript%c0%be"])
def test_callback_never_links_an_error_uri(server, uri):
    """No address of the provider's is a link, in the page or in what the page learns later."""
    state, sign_in_id, cookies = server.started()
    page = server.callback(f"error=e&error_uri={uri}&state={state}", cookies=cookies)
    server.api("POST", f"/{sign_in_id}/outcome", body={"ok": False, "cause": uri})
    told = outcome(server, sign_in_id, cookies)
    assert not re.search(r"<a |169\.254|javascript:|script%|\ufffd", page.body + told.body)


def test_callback_error_without_state_ends_the_one_sign_in_of_the_browser(server):
    """Cognito leaves the state out of some errors: the binding cookie finds the kernel, without it nobody hears."""
    _, sign_in_id, cookies = server.started()
    assert refused(server.callback("error=access_denied"), "unknown")
    assert server.poll(sign_in_id).status == 204
    reply = server.callback("error=access_denied&error_description=no+%E2%9C%93", cookies=cookies)
    assert title(reply) == "Answer received"
    assert server.poll(sign_in_id).json["params"] == {"error": "access_denied", "error_description": "no ✓"}


@pytest.mark.holds("CB-21", "CB-22")
@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("HEAD", {}, 200),
        ("OPTIONS", {}, 204),
        ("GET", {"Sec-Purpose": "prefetch"}, 503),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}, 503),
        ("GET", {"Purpose": "preview"}, 503),
        ("GET", {"Purpose": "prefetch"}, 503),
        ("GET", {"X-Moz": "prefetch"}, 503),
        ("POST", {}, 405),
        ("PUT", {}, 405),
        ("PATCH", {}, 405),
        ("DELETE", {}, 405),
        ("BREW", {}, 405),
    ],
)
def test_callback_by_anything_but_a_visit_uses_nothing_up(server, method, headers, status):
    """Mail scanners, previews and other methods leave the sign-in alone; the later visit succeeds."""
    state, _, cookies = server.started()
    query = {"code": "c", "state": state}
    assert server.callback(query, method=method, headers=headers, cookies=cookies).status == status
    assert server.callback(query, cookies=cookies).status == 200


@pytest.mark.refused("CB-28")
@pytest.mark.parametrize(
    "query",
    [
        "code=%ff%fe",
        "code=%00",
        "code=%ed%a0%80",  # a lone surrogate
        "code=%zz",
        "code=" + "a" * 60_000,
        "code=" + "%61" * 20_000,
        "&".join(f"p{number}=" for number in range(500)),
        "&".join(f"p{number}=" for number in range(5_000)),
    ],
    ids=["not-utf8", "nul", "surrogate", "escape", "60-kB", "60-kB-encoded", "500-parameters", "5000-parameters"],
)
def test_callback_refuses_absurd_queries_quietly(server, query):
    """400, and no traceback in the log."""
    assert server.callback(query).status == 400
    assert "Traceback" not in server.log


@pytest.mark.refused("CB-28")
def test_callback_cuts_off_a_query_beyond_any_limit(server):
    """What is larger than tornado reads as a head ends with the connection, without a trace in the log."""
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        server.callback("code=" + "CANARY" * 17_000)
    assert server.callback("").status == 400
    assert "CANARY" not in server.log
    assert "Traceback" not in server.log


@pytest.mark.refused("CB-10")
def test_callback_flood_leaves_no_trace(server):
    """A thousand states that were never issued: one constant page each, and the log knows none of them."""
    page = server.callback("state=none").body
    for number in range(1000):
        reply = server.callback(f"code=c&state=flood-{number:037}")
        assert (reply.status, reply.body) == (400, page)
    assert "flood-" not in server.log


def test_outcome_is_for_the_owner_only(server):
    """Without the binding cookie an outcome page knows nothing, not even whether the sign-in exists."""
    _, sign_in_id, _ = server.started()
    _, _, foreign = server.started()
    for cookies in ({}, foreign, {f"cognito_nb_{sign_in_id}": "x"}):
        assert (outcome(server, sign_in_id, cookies).status, outcome(server, "unknown", cookies).status) == (404, 404)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"ok": True, "cause": None}, "ok", ("Signed in", "You can close this tab")),
        ({"ok": False, "cause": "access_denied"}, "failed", (CAUSES["access_denied"].title, "%cognito_login")),
        ({"ok": False, "cause": "network"}, "failed", (CAUSES["network"].title, CAUSES["network"].fix)),
        ({"ok": False, "cause": "<script>"}, "failed", ("The sign-in failed", "Look at the cell")),
        ({"ok": False}, "failed", ("The sign-in failed", "Look at the cell")),
    ],
)
def test_outcome_tells_what_the_kernel_made_of_the_answer(server, body, status, words):
    """The waiting page hears success, cancellation or cause and fix; text comes from the table of causes only."""
    state, sign_in_id, cookies = server.started()
    server.callback({"code": "c", "state": state}, cookies=cookies)
    assert server.api("POST", f"/{sign_in_id}/outcome", body=body).status == 204
    told = outcome(server, sign_in_id, cookies).json
    assert told["status"] == status
    assert words[0] in told["title"]
    assert words[1] in told["text"]
    assert "<script>" not in str(told)


@pytest.mark.holds("SE-13")
def test_outcome_while_waiting_tells_who_is_at_work():
    """A page that waits long learns whether the kernel has come for the answer: it may have been restarted."""
    desk = Desk()
    sign_in, cookies = desk.started()
    desk.answer(sign_in, cookies)
    assert "kernel was restarted" in callback_pages.outcome(sign_in)["text"]
    desk.poll(sign_in)
    assert "still at work" in callback_pages.outcome(sign_in)["text"]
    assert callback_pages.outcome(sign_in)["status"] == "waiting"


def test_outcome_wakes_the_page_when_the_kernel_withdraws(server):
    """A kernel that is interrupted or restarted after the answer: its page says so at once."""
    state, sign_in_id, cookies = server.started()
    server.callback({"code": "c", "state": state}, cookies=cookies)
    with ThreadPoolExecutor(1) as pool:
        page = pool.submit(outcome, server, sign_in_id, cookies)
        server.api("DELETE", f"/{sign_in_id}")
        told = page.result(timeout=5).json
    assert (told["status"], told["title"]) == ("failed", CAUSES["withdrawn"].title)


def answers(server):
    """Return every kind of page that a browser sees, by what it is."""
    state, started, cookies = server.started()
    _, unregistered = server.create(redirect_uris=["https://lab.example.org/cognito/callback"])
    _, fresh = server.create()
    origin = {"Origin": "https://evil", "Sec-Fetch-Dest": "document"}
    return {
        "no login": server.request("GET", f"cognito/start/{started}", headers=origin),
        "the way to Cognito": server.start(fresh, headers=origin),
        "from another site": server.start(server.create()[1], headers={**origin, "Sec-Fetch-Site": "cross-site"}),
        "not registered": server.start(unregistered, headers=origin),
        "another browser": server.start(started, headers=origin),
        "unknown start": server.start("unknown", headers=origin),
        "answer received": server.callback({"code": "c", "state": state}, cookies=cookies, headers=origin),
        "used": server.callback({"code": "c", "state": state}, cookies=cookies, headers=origin),
        "unknown": server.callback("", headers=origin),
        "malformed": server.callback("x=1&x=2", headers=origin),
        "prefetched": server.callback("", headers={**origin, "Purpose": "prefetch"}),
        "foreign Host": server.callback("", headers={**origin, "Host": "evil.example"}),
        "another method": server.callback("", headers=origin, method="POST"),
        "nothing there": server.request("GET", "cognito/nothing", headers=origin),
    }


@pytest.mark.holds("CB-23")
def test_pages_carry_all_headers(server):
    """Every HTML page loads nothing, is framed, cached and referred to by nobody; Jupyter's own policy is gone."""
    expected = {name: [value] for name, value in pages.headers().items()}
    for what, reply in answers(server).items():
        assert (what, {name: reply.headers.get_all(name) for name in expected}) == (what, expected)
        assert reply.headers["Access-Control-Allow-Origin"] is None
