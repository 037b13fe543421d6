"""The callback and its outcome, against a real Jupyter server."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from server.desk import Desk
from server.harness import JUPYTER_TOKEN, refused, title

from cognito_nb import pages, wire
from cognito_nb.causes import CAUSES
from cognito_nb.server.handlers import _outcome

USED = CAUSES["used"].title


def outcome(server, sign_in_id, cookies):
    return server.request("GET", f"{wire.CALLBACK_PATH}/{sign_in_id}", cookies=cookies)


def test_callback_needs_no_jupyter_login(server):
    """State and binding cookie are enough; without them there is no redirect to a login page with the code."""
    state, sign_in_id, cookies = server.started()
    assert server.callback({"code": "c", "state": state}).status == 400
    reply = server.callback({"code": "c", "state": state}, cookies=cookies)
    assert (reply.status, title(reply)) == (200, "Answer received")
    assert f'data-poll="/lab-1/cognito/callback/{sign_in_id}"' in reply.body
    assert "Set-Cookie" not in reply.headers


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


def test_callback_twenty_at_once_gives_one_success(server):
    """Double clicks and retries race; one wins."""
    state, _, cookies = server.started()
    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: server.callback({"code": "c", "state": state}, cookies=cookies), range(20)))
    assert sorted(reply.status for reply in replies) == [200, *19 * [400]]
    assert sum(title(reply) == USED for reply in replies) == 19


def test_callback_from_another_browser_reaches_no_kernel(server):
    """An authorization URL opened in somebody else's browser brings their tokens nowhere."""
    state, sign_in_id, _ = server.started()
    _, _, foreign = server.started()
    for cookies in ({}, foreign, {f"cognito_nb_{sign_in_id}": "x"}):
        assert refused(server.callback({"code": "c", "state": state}, cookies=cookies), "wrong_browser")
    assert server.poll(sign_in_id).status == 204


@pytest.mark.parametrize("query", ["state={state}&state=evil", "state=evil&state={state}", "state={state}&c=1&c=2"])
def test_callback_with_a_repeated_parameter_uses_the_sign_in_up(server, query):
    """Malformed, and because a good state was presented the kernel hears that it is over."""
    state, sign_in_id, cookies = server.started()
    reply = server.callback(query.format(state=state), cookies=cookies)
    assert refused(reply, "malformed")
    assert server.poll(sign_in_id).json == {"status": "error"}


@pytest.mark.parametrize("query", ["code=c&error=access_denied", "Code=c", "c%6Fdes=c", "error;code=c"])
def test_callback_with_neither_or_both_of_code_and_error_is_malformed(server, query):
    """The page says so, and the kernel gets the parameters to refuse them in its own words."""
    state, sign_in_id, cookies = server.started()
    assert refused(server.callback(f"{query}&state={state}", cookies=cookies), "malformed")
    assert server.poll(sign_in_id).json["params"]["state"] == state


@pytest.mark.parametrize("query", ["c%6fde=c&st%61te={state}", "code=c&state={state}&&"])
def test_callback_names_are_decoded(server, query):
    """A percent-encoded name is the parameter that it decodes to."""
    state, sign_in_id, cookies = server.started()
    assert server.callback(query.format(state=state), cookies=cookies).status == 200
    assert server.poll(sign_in_id).json["params"] == {"code": "c", "state": state}


@pytest.mark.parametrize("query", ["", "code=c", "code=c&state=", "code=c&state=+{state}+", "error=x&state=none"])
def test_callback_of_an_unknown_state_is_a_constant_page(server, query):
    """Empty, padded, missing or foreign: one small page that shows nothing of the query, and no kernel hears of it."""
    state, sign_in_id, cookies = server.started()
    reply = server.callback(query.format(state=state), cookies=cookies)
    assert refused(reply, "unknown")
    assert reply.body == server.callback("").body
    assert server.poll(sign_in_id).status == 204


def test_callback_error_without_state_ends_the_one_sign_in_of_the_browser(server):
    """Cognito leaves the state out of some errors: the binding cookie finds the kernel, without it nobody hears."""
    _, sign_in_id, cookies = server.started()
    assert refused(server.callback("error=access_denied"), "unknown")
    assert server.poll(sign_in_id).status == 204
    reply = server.callback("error=access_denied&error_description=no+%E2%9C%93", cookies=cookies)
    assert title(reply) == "Answer received"
    assert server.poll(sign_in_id).json["params"] == {"error": "access_denied", "error_description": "no ✓"}


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("HEAD", {}, 200),
        ("OPTIONS", {}, 204),
        ("GET", {"Sec-Purpose": "prefetch"}, 503),
        ("GET", {"Purpose": "prefetch"}, 503),
        ("GET", {"X-Moz": "prefetch"}, 503),
        ("POST", {}, 405),
        ("PUT", {}, 405),
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


@pytest.mark.parametrize(
    "query",
    [
        "code=%ff%fe",
        "code=%00",
        "code=%ed%a0%80",  # a lone surrogate
        "code=%zz",
        "code=" + "a" * 60_000,
        "&".join(f"p{number}=" for number in range(500)),
        "&".join(f"p{number}=" for number in range(5_000)),
    ],
    ids=["not-utf8", "nul", "surrogate", "escape", "60-kB", "500-parameters", "5000-parameters"],
)
def test_callback_refuses_absurd_queries_quietly(server, query):
    """400, and no traceback in the log."""
    assert server.callback(query).status == 400
    assert "Traceback" not in server.log


def test_callback_flood_leaves_no_trace(server):
    """A thousand states that were never issued: each refused, and the log knows none of them."""
    for number in range(1000):
        assert server.callback(f"code=c&state=flood-{number:040}").status == 400
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


def test_outcome_while_waiting_tells_who_is_at_work():
    """A page that waits long learns whether the kernel has come for the answer: it may have been restarted."""
    desk = Desk()
    sign_in, cookies = desk.started()
    desk.answer(sign_in, cookies)
    assert "kernel was restarted" in _outcome(sign_in)["text"]
    desk.poll(sign_in)
    assert "still at work" in _outcome(sign_in)["text"]
    assert _outcome(sign_in)["status"] == "waiting"


def test_outcome_wakes_the_page_when_the_kernel_withdraws(server):
    """A kernel that is interrupted or restarted after the answer: its page says so at once."""
    state, sign_in_id, cookies = server.started()
    server.callback({"code": "c", "state": state}, cookies=cookies)
    with ThreadPoolExecutor(1) as pool:
        page = pool.submit(outcome, server, sign_in_id, cookies)
        server.api("DELETE", f"/{sign_in_id}")
        told = page.result(timeout=5).json
    assert (told["status"], told["title"]) == ("failed", CAUSES["withdrawn"].title)


@pytest.mark.parametrize("path", ["cognito/callback", "cognito/start/unknown", "cognito/nothing"])
def test_pages_carry_all_headers(server, path):
    """Every HTML page loads nothing, is framed, cached and referred to by nobody; Jupyter's own policy is gone."""
    reply = server.request("GET", path, headers={"Authorization": f"token {JUPYTER_TOKEN}", "Origin": "https://evil"})
    assert {name: reply.headers.get_all(name) for name in pages.headers()} == {
        name: [value] for name, value in pages.headers().items()
    }
    assert reply.headers["Access-Control-Allow-Origin"] is None
