"""The demo API: who may call, every record once in each style of paging, and routes that try a client's patience."""

import http.client
import json
import logging
import time
from collections import defaultdict
from urllib.parse import urlsplit

import jwt
import pytest

from cognito_nb.local_pool import AppClient


def get(caller, path, token=None, **parameters):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return caller.web.get(f"{caller.pool.api_url}{path}", headers=headers, params=parameters)


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


@pytest.fixture
def token(caller):
    """An access token of ada's."""
    return caller.tokens()["access_token"]


def all_orders(caller, token, **parameters):
    page = get(caller, "/orders", token, limit=500, **parameters).json()
    items = page["items"]
    while page["next"]:
        page = caller.web.get(page["next"], headers={"Authorization": f"Bearer {token}"}).json()
        items += page["items"]
    return items


def test_orders_come_in_pages_to_the_end(caller, token):
    """Following `next` gives every record once, in order of date."""
    items = all_orders(caller, token)
    assert len({item["id"] for item in items}) == len(items) == 5000
    assert [item["date"] for item in items] == sorted(item["date"] for item in items)
    fields = "id date customer country product category quantity unit_price total status customer_id"
    assert set(items[0]) == set(fields.split())
    assert all(item["total"] == round(item["quantity"] * item["unit_price"], 2) for item in items)


def test_orders_are_the_same_in_every_release(caller, token):
    """Notebooks show results: neither the first order nor the year's total may change."""
    items = all_orders(caller, token)
    assert items[0] == {
        "id": "ORD-2025-00001",
        "date": "2025-01-01",
        "customer": "Pacific Rim Imports",
        "country": "US",
        "product": "Floor lamp",
        "category": "Lighting",
        "quantity": 13,
        "unit_price": 113.05,
        "total": 1469.65,
        "status": "delivered",
        "customer_id": "CUS-0173",
    }
    assert round(sum(item["total"] for item in items), 2) == 3373337.66


def test_last_page_of_orders_says_that_it_is(caller, token):
    """Neither cursor nor link, and no empty page after a last one that is full."""
    page = get(caller, "/orders", token, limit=500, cursor="b3JkZXJzOjQ1MDA=").json()
    assert (len(page["items"]), page["next_cursor"], page["next"]) == (500, None, None)


def test_orders_are_the_same_in_every_page_size(caller, token):
    """The cursor fits any limit; 100 is the default."""
    first = get(caller, "/orders", token).json()
    small = get(caller, "/orders", token, limit=60).json()
    rest = get(caller, "/orders", token, limit=40, cursor=small["next_cursor"]).json()
    assert len(first["items"]) == 100
    assert small["items"] + rest["items"] == first["items"]


def test_orders_filtered_over_pages(caller, token):
    """The link to the next page keeps the filters; both days are part of the range."""
    filters = {"country": "DE", "from": "2025-03-01", "to": "2025-11-30"}
    expected = [
        order
        for order in all_orders(caller, token)
        if order["country"] == "DE" and "2025-03-01" <= order["date"] <= "2025-11-30"
    ]
    assert len(expected) > 400
    page = get(caller, "/orders", token, limit=200, **filters).json()
    found = page["items"]
    while page["next"]:
        page = caller.web.get(page["next"], headers={"Authorization": f"Bearer {token}"}).json()
        found += page["items"]
    assert found == expected


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        *(("/orders", "limit", value) for value in ("0", "501", "x", "", "9" * 5000, "5_0", "\u0661\u0660", " 5")),
        *(("/orders", "cursor", value) for value in ("x", "é", "b3JkZXJzOi0x", "b3RoZXI6MQ==")),
        *(("/orders", "country", value) for value in ("de", "Germany", "DE\n")),
        *(("/orders", name, value) for name in ("from", "to") for value in ("2025-02-30", "yesterday", "")),
        *(("/customers", name, value) for name in ("limit", "offset") for value in ("-1", "1.5")),
        *(("/shipments", name, value) for name in ("limit", "page") for value in ("0", "x")),
        *(("/slow", "seconds", value) for value in ("-1", "31", "nan", "soon")),
    ],
)
def test_api_names_the_parameter_that_it_refuses(caller, token, path, name, value):
    """400, and the message starts with the name."""
    response = get(caller, path, token, **{name: value})
    assert response.status_code == 400
    assert response.json()["error"].startswith(f"{name} must be ")


def test_order_by_its_id(caller, token):
    """The record as the collection has it."""
    order = get(caller, "/orders", token).json()["items"][42]
    assert get(caller, f"/orders/{order['id']}", token).json() == order


def test_unknown_order_is_not_found(caller, token):
    """404 in JSON."""
    response = get(caller, "/orders/ORD-2025-99999", token)
    assert (response.status_code, response.json()) == (404, {"error": "Not Found"})


def test_customers_come_by_offset(caller, token):
    """Total says how many there are; beyond the end is an empty page; every order's account is of its company."""
    pages = [get(caller, "/customers", token, limit=150, offset=offset).json() for offset in (0, 150, 300, 450)]
    customers = [customer for page in pages for customer in page["items"]]
    assert [len(page["items"]) for page in pages] == [150, 150, 100, 0]
    assert {page["total"] for page in pages} == {400}
    company = {customer["id"]: (customer["company"], customer["country"]) for customer in customers}
    assert len(company) == 400
    orders = all_orders(caller, token)
    assert all(company[order["customer_id"]] == (order["customer"], order["country"]) for order in orders)


def test_shipments_come_by_link_header(caller, token):
    """RFC 8288: following `next` gives one shipment for each order that left the house, and then there is no `next`."""
    response = get(caller, "/shipments", token, limit=500)
    assert response.headers["Link"].startswith(f'<{caller.pool.api_url}/shipments?limit=500&page=2>; rel="next", <')
    shipments = response.json()
    while "next" in response.links:
        response = caller.web.get(response.links["next"]["url"], headers={"Authorization": f"Bearer {token}"})
        shipments += response.json()
    gone = {order["id"] for order in all_orders(caller, token) if order["status"] not in {"processing", "cancelled"}}
    assert [len(shipments), {shipment["order_id"] for shipment in shipments}] == [len(gone), gone]


def test_last_page_of_shipments_is_the_one_that_the_link_names(caller, token):
    """`last` leads to the page without a link; a page beyond it is an empty array."""
    last = get(caller, "/shipments", token).links["last"]["url"]
    response = caller.web.get(last, headers={"Authorization": f"Bearer {token}"})
    assert response.json()
    assert "Link" not in response.headers
    assert get(caller, "/shipments", token, page=1000).json() == []


def test_revenue_agrees_with_the_orders(caller):
    """A token with the scope opens it: by month and country, without what was cancelled or returned."""
    token = caller.tokens(scope="openid demo-api/reports.read")["access_token"]
    expected = defaultdict(float)
    for order in all_orders(caller, token):
        if order["status"] not in {"cancelled", "returned"}:
            expected[order["date"][:7], order["country"]] += order["total"]
    rows = get(caller, "/reports/revenue", token).json()["items"]
    assert {(row["month"], row["country"]): row["revenue"] for row in rows} == pytest.approx(expected)


def test_revenue_needs_its_scope(caller, token):
    """RFC 6750 section 3.1: the challenge names the scope."""
    response = get(caller, "/reports/revenue", token)
    assert response.status_code == 403
    challenge = 'Bearer error="insufficient_scope", scope="demo-api/reports.read"'
    assert response.headers["WWW-Authenticate"] == challenge


def test_audit_shows_requests_to_admins(caller, token):
    """What arrived last, without queries; no more than a hundred."""
    caller.pool.requests.extend([caller.pool.requests[0]] * 200)
    items = get(caller, "/audit", token, secret="x").json()["items"]
    assert len(items) == 100
    assert items[-1] == {"time": items[-1]["time"], "endpoint": "audit", "method": "GET", "path": "/audit"}


def test_audit_is_closed_to_others(caller):
    """403 with the name of the group."""
    response = get(caller, "/audit", caller.tokens("grace")["access_token"])
    assert response.status_code == 403
    assert "admins" in response.json()["error"]


@pytest.mark.parametrize("scheme", ["", "Bearer "])
def test_profile_takes_id_tokens(caller, scheme):
    """As API Gateway's Cognito authorizer without scopes: with or without the word Bearer."""
    headers = {"Authorization": scheme + caller.tokens("grace")["id_token"]}
    answer = caller.web.get(f"{caller.pool.api_url}/profile", headers=headers).json()
    assert answer == {"name": "Grace Hopper", "email": "grace@example.com", "custom:team": "compilers"}


def test_profile_refuses_every_other_token(caller, make_pool):
    """401 with API Gateway's body: no token, an access token, one for another client, of another pool, one like it."""
    tokens = caller.tokens()
    keys, claims = caller.pool.keys, claims_of(tokens["id_token"])
    bad = [
        None,
        tokens["access_token"],
        keys.id_token.sign(claims | {"aud": AppClient().client_id}),
        keys.id_token.sign(claims | {"iss": make_pool().issuer}),
        keys.id_token.sign(claims | {"token_use": "access"}),
        keys.access_token.sign(claims),
    ]
    for token in bad:
        response = get(caller, "/profile", token)
        assert (response.status_code, response.json()) == (401, {"message": "Unauthorized"})
        assert response.headers["x-amzn-errortype"] == "UnauthorizedException"


def test_profile_says_that_a_token_has_expired(caller, advance):
    """API Gateway's other message."""
    token = caller.tokens()["id_token"]
    advance(3600)
    response = get(caller, "/profile", token)
    assert (response.status_code, response.json()) == (401, {"message": "The incoming token has expired"})


def test_slow_takes_its_time(caller, token):
    """As many seconds as asked for."""
    begin = time.monotonic()
    assert get(caller, "/slow", token, seconds=0.2).json() == {"seconds": 0.2}
    assert time.monotonic() - begin >= 0.2


def test_slow_ends_with_the_pool(caller, token, caplog):
    """Stop waits for no sleeper, and logs no error."""
    caplog.set_level(logging.WARNING)
    connection = http.client.HTTPConnection(urlsplit(caller.pool.api_url).netloc)
    connection.request("GET", "/slow?seconds=30", headers={"Authorization": f"Bearer {token}"})
    while caller.pool.requests[-1].endpoint != "slow":
        time.sleep(0.001)
    begin = time.monotonic()
    caller.pool.stop()
    connection.close()
    assert time.monotonic() - begin < 5
    assert not caplog.records


def test_limited_takes_five_calls_a_second_of_each_user(caller, token):
    """Then 429 with the seconds to wait; other users are not concerned."""
    now = caller.pool.clock()
    caller.pool.clock = lambda: now
    assert [get(caller, "/limited", token).status_code for _ in range(7)] == [200] * 5 + [429] * 2
    assert get(caller, "/limited", token).headers["Retry-After"] == "1"
    assert get(caller, "/limited", caller.tokens("grace")["access_token"]).json() == {"left": 4}
    caller.pool.clock = lambda: now + 1
    assert get(caller, "/limited", token).json() == {"left": 4}


def test_flaky_fails_every_third_time(caller, token):
    """503 in between, whoever calls."""
    assert [get(caller, "/flaky", token).status_code for _ in range(6)] == [200, 200, 503, 200, 200, 503]


def test_note_is_kept_with_its_order(caller, token):
    """201 and the note with author and time; it outlasts a restart of the pool."""
    pool, headers = caller.pool, {"Authorization": f"Bearer {token}"}
    pool.clock = lambda: claims_of(token)["iat"]
    path = "/orders/ORD-2025-00007/notes"
    response = caller.web.post(f"{pool.api_url}{path}", json={"text": "Zurückrufen"}, headers=headers)
    note = response.json()
    assert response.status_code == 201
    assert [note["order_id"], note["text"], note["author"]] == ["ORD-2025-00007", "Zurückrufen", "ada"]
    assert note["created"].endswith("+00:00")
    pool.stop()
    pool.start()
    assert get(caller, path, token).json() == {"items": [note]}
    assert get(caller, "/orders/ORD-2025-00008/notes", token).json() == {"items": []}


@pytest.mark.parametrize(
    "body",
    ["", "text", "[]", "[" * 100_000, "{}", '{"text": ""}', '{"text": 1}', json.dumps({"text": "x" * 1001}), b"\xff"],
)
def test_note_needs_a_text(caller, token, body):
    """400 for anything but JSON with 1 to 1,000 characters."""
    url = f"{caller.pool.api_url}/orders/ORD-2025-00007/notes"
    response = caller.web.post(url, content=body, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 400
    assert '"text"' in response.json()["error"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_order_has_no_notes(caller, token, method):
    """404 in JSON for both."""
    url = f"{caller.pool.api_url}/orders/ORD-2025-99999/notes"
    response = caller.web.request(method, url, headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()) == (404, {"error": "Not Found"})


def test_head_is_get_without_a_body(caller, token):
    """The same header fields, so a client can ask for the size."""
    headers = {"Authorization": f"Bearer {token}"}
    response = caller.web.head(f"{caller.pool.api_url}/shipments", headers=headers)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Content-Length"] == str(len(get(caller, "/shipments", token).content))
    assert "next" in response.links


def test_wrong_method_is_refused_in_json(caller, token):
    """405."""
    response = caller.web.delete(f"{caller.pool.api_url}/orders", headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()) == (405, {"error": "Method Not Allowed"})


def test_me_tells_whom_the_api_sees(caller):
    """User name, groups and scopes of the access token."""
    answer = get(caller, "/me", caller.tokens("grace")["access_token"]).json()
    assert answer == {"username": "grace", "groups": ["analysts"], "scopes": ["openid", "profile", "email"]}


def test_me_of_a_client_of_its_own_has_no_user(caller, token):
    """A token of the client_credentials grant names no user."""
    claims = claims_of(token)
    for name in ("username", "cognito:groups"):
        del claims[name]
    answer = get(caller, "/me", caller.pool.keys.access_token.sign(claims)).json()
    assert (answer["username"], answer["groups"]) == (None, [])


def test_health_is_open(caller):
    """No token needed; and the API is not Cognito, so none of its header fields are there."""
    response = get(caller, "/health")
    assert response.json() == {"status": "ok"}
    assert "x-amz-cognito-request-id" not in response.headers


def test_api_without_token_asks_for_one(caller):
    """RFC 6750 section 3.1: a challenge without an error code."""
    response = get(caller, "/orders")
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_api_refuses_every_other_token(caller, make_pool, advance):
    """An ID token, another pool's token under the same keys, an unknown client's, a forged one, an expired one."""
    tokens = caller.tokens()
    pool = caller.pool
    claims = claims_of(tokens["access_token"])
    sign = pool.keys.access_token.sign
    assert get(caller, "/me", sign(claims)).status_code == 200
    bad = [
        tokens["id_token"],
        sign(claims | {"iss": make_pool().issuer}),
        sign(claims | {"client_id": AppClient().client_id}),
        sign(claims | {"token_use": "id"}),
        pool.keys.id_token.sign(claims),
        jwt.encode(claims, "a-secret-that-is-long-enough-for-hs256", algorithm="HS256"),
        "garbage",
    ]
    for token in bad:
        response = get(caller, "/me", token)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    advance(3600)
    assert get(caller, "/me", tokens["access_token"]).status_code == 401


def test_api_does_not_know_of_revocation(caller):
    """It verifies offline, as most APIs do: a revoked sign-in's access token works until it expires."""
    tokens = caller.tokens()
    caller.revoke(token=tokens["refresh_token"])
    assert get(caller, "/me", tokens["access_token"]).status_code == 200
